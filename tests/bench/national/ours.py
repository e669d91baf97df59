"""Ours: `drain()`, from landed files to rows, ledger, quarantine, revisions and answers.

python -m tests.bench.national.ours WORK      (JSON, see `harness`)
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipelines.base.settings import PROJECT
from pipelines.steps import drain
from tests.bench.national.check import count_and_check
from tests.bench.national.harness import serve
from tests.bench.national.land import land_ticks, use_home
from tests.bench.national.ticks import Tick

_KEPT = "landed"
"""Beside a home: its inbox as it was when all had landed, so that it can be drained again."""


class Ours:
    """The project's own pipeline, on a home of its own."""

    def __init__(self) -> None:
        self._home = Path()
        self._files = 0
        self._since: datetime | None = None

    def open(self, home: Path) -> None:
        """What is prepared from now on is for that home."""
        self._home, self._files, self._since = home, 0, None

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """The files have landed, and it is the time at which the last of them came."""
        feeds = ticks[0].folder.parents[1] / "feeds"
        use_home(self._home, feeds, ticks[-1].received_at)
        self._files += sum(len(tick.files()) for tick in ticks)
        self._since = self._since or ticks[0].received_at
        if len(ticks) == 1:
            land_ticks(self._home, ticks)
        else:
            _land_apart(self._home, ticks)

    def load(self, ticks: Sequence[Tick]) -> None:
        """Everything that has landed is loaded and answered."""
        drain()

    def close(self) -> dict[str, int]:
        """The counts of the ledger, which add up."""
        assert self._since is not None
        return count_and_check(self._home, self._files, self._since)


def _land_apart(home: Path, ticks: Sequence[Tick]) -> None:
    """Many files land in a process of their own, so that its memory does not count.

    Where they have landed before, all that came after is undone instead.
    """
    kept = home.with_name(_KEPT)
    if not (home / "landing").exists():
        data = ticks[0].folder.parents[1]
        command = [sys.executable, "-m", "tests.bench.national.land"]
        subprocess.run([*command, str(home), str(data), str(len(ticks))], cwd=PROJECT, check=True)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(home / "landing" / "inbox", kept)
        return
    for entry in home.iterdir():
        if entry.is_dir() and entry.name != "landing":
            shutil.rmtree(entry)
        elif entry.is_file():
            entry.unlink()
    shutil.rmtree(home / "landing" / "settled")
    shutil.rmtree(home / "landing" / "inbox")
    shutil.copytree(kept, home / "landing" / "inbox")


if __name__ == "__main__":
    serve(Ours)
