"""A check in a child process: a file that kills its reader costs nobody else anything."""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.base.errors import SitrepError
from pipelines.base.settings import PROJECT

_MEMORY_BYTES = 1536 * 1024 * 1024
"""Four times what a check of the largest winter workbook takes with Great Expectations."""
_SECONDS = 60
"""A workbook of a million cells is checked in half of it."""


class CheckEnded(SitrepError):
    """A check gave no report: it took too much time or memory, or what was asked cannot be done."""


def report_in_child(
    feed: str,
    files: Sequence[tuple[str, bytes]],
    publication: Path | None,
    organisations: frozenset[str] | None,
    back: str,
    seconds: int = _SECONDS,
) -> str:
    """The report of these files (name, content) as HTML.

    The contents go by a pipe, and the child's folder for temporary files is gone afterwards, also
    where it was killed. Raises `CheckEnded`, with a sentence for who asked.
    """
    asked = {
        "feed": feed,
        "files": list(files),
        "publication": str(publication) if publication else None,
        "organisations": organisations,
        "back": back,
        "memory_bytes": _MEMORY_BYTES,
        "seconds": seconds,
    }
    with TemporaryDirectory(prefix="sitrep-check-") as scratch:
        child = subprocess.Popen(
            [sys.executable, "-m", "pipelines.check.check_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": scratch},
            start_new_session=True,
        )
        try:
            answer, _ = child.communicate(pickle.dumps(asked), timeout=seconds)
        except subprocess.TimeoutExpired:
            answer = b""
        finally:
            # With what it has started itself.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    try:
        became, told = json.loads(answer)
    except ValueError:
        raise CheckEnded(
            f"The check was ended: it takes more than {seconds} seconds or "
            f"{_MEMORY_BYTES // 1024 // 1024:,} MB. Send a smaller file, or a part of it."
        ) from None
    if became != "page":
        raise CheckEnded(told)
    return str(told)
