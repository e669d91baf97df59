"""Landing alone: the files of ticks, each tick's together when they came, on one growing home.

python -m tests.bench.national.landed WORK      (JSON, see `harness`)
"""

from collections.abc import Sequence
from pathlib import Path

from tests.bench.national.harness import serve
from tests.bench.national.land import TickLanding, use_home
from tests.bench.national.ticks import Tick


class Landed:
    """What comes before anything is read: bytes and manifests, durable."""

    def __init__(self) -> None:
        self._home = Path()
        self._files = 0
        self._landing: TickLanding | None = None

    def open(self, home: Path) -> None:
        """What follows lands in that home."""
        self._home, self._files, self._landing = home, 0, None

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """It is the time at which the last of the files came."""
        use_home(self._home, ticks[0].folder.parents[1] / "feeds", ticks[-1].received_at)
        self._landing = self._landing or TickLanding(self._home)

    def load(self, ticks: Sequence[Tick]) -> None:
        """The files have landed."""
        assert self._landing is not None
        self._files += self._landing.land(ticks)

    def close(self) -> dict[str, int]:
        """The number of the files."""
        return {"files": self._files}


if __name__ == "__main__":
    serve(Landed)
