"""A workbook that is opened in a child process, because it may not be small."""

import pickle
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Any

from pipelines.base.settings import settings
from pipelines.findings.finding import finding
from pipelines.parse.files.damage_found import damage_found
from pipelines.parse.files.limits import too_large
from pipelines.parse.files.refusal import Refusal

_CHILD = Path(__file__).with_name("workbook_child.py")
_MEMORY_BYTES = 320 * 1024 * 1024
_SECONDS = 20


class WorkbookProcess:
    """The child with the workbook, until it is closed."""

    def __init__(self, content: bytes) -> None:
        """Opens it, or raises `Refusal` where it is damaged, or costs too much to open."""
        self._child = subprocess.Popen(
            [sys.executable, "-I", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._timer = Timer(_SECONDS, self._child.kill)
        self._timer.daemon = True
        self._timer.start()
        try:
            asked = (content, _MEMORY_BYTES, _SECONDS, settings().most_cells)
            self.visible: dict[str, bool] = self._ask(asked)
        except BaseException:
            self.close()
            raise

    def grid(self, sheet_name: str) -> Any:
        """All cells of a sheet from A1 on; raises `Refusal` where it costs too much to read."""
        return self._ask(sheet_name)

    def close(self) -> None:
        """The child is gone."""
        self._timer.cancel()
        self._child.kill()
        self._child.communicate()

    def _ask(self, request: Any) -> Any:
        assert self._child.stdin is not None and self._child.stdout is not None
        try:
            pickle.dump(request, self._child.stdin, pickle.HIGHEST_PROTOCOL)
            self._child.stdin.flush()
            became, answer = pickle.load(self._child.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            # Killed for its memory or its time, or aborted by its reader.
            raise too_large(
                f"it takes more than {_SECONDS} seconds or {_MEMORY_BYTES // 1024 // 1024} MB"
            ) from None
        if became == "too large":
            raise too_large(answer)
        if became == "damaged":
            raise Refusal(finding("FILE-003", value=damage_found(answer)))
        return answer
