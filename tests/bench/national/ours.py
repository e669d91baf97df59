"""Ours: from files in providers' folders to rows, ledger, quarantine, revisions and answers.

Landing counts: each collection is collected, checked, loaded and answered as its DAG does it.

python -m tests.bench.national.ours WORK      (JSON, see `harness`)
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipelines.steps import bring_in
from tests.bench.national.harness import serve
from tests.bench.national.land import use_home
from tests.bench.national.ticks import COLLECTIONS, Tick, lay_files


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
        """The files lie in providers' folders, and it is when the last of them came."""
        feeds = ticks[0].folder.parents[1] / "feeds"
        use_home(self._home, feeds, ticks[-1].received_at)
        self._files += sum(lay_files(self._home, tick) for tick in ticks)
        self._since = self._since or ticks[0].received_at

    def load(self, ticks: Sequence[Tick]) -> None:
        """Everything that lies there is collected, loaded and answered."""
        for collection in COLLECTIONS:
            bring_in(collection)

    def close(self) -> dict[str, int]:
        """The counts of the ledger, which add up."""
        # Not above: what it imports is no part of ours, and takes memory.
        from tests.bench.national.check import count_and_check

        assert self._since is not None
        return count_and_check(self._home, self._files, self._since)


if __name__ == "__main__":
    serve(Ours)
