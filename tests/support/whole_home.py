"""A home with something of everything, made in one process, and all that its warehouse holds."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from tests.support.ledger_questions import all_tables
from tests.support.small_slots import ENDPOINT, write_slots

FEED = "acute_realtime.r0a"
_LAST = "2019-03-08T13:30:00Z"
CHANGED = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": 9}}
REVISED = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": 11}}
WRONG: dict[tuple[str, str], dict[str, str | int | float]] = {
    ("R0A07", "2019-03-08T11:30:00Z"): {"arrivals": -1},
    ("R0A02", "2019-03-08T11:30:00Z"): {"opel_level": "3 - sustained"},
}
PATIENT = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": "943 476 5919"}}


def name_of(minute: int) -> str:
    """A file name that the feed expects, made at that minute after noon."""
    return f"R0A_acute_realtime_20190308T12{minute:02d}00.csv"


def use(patch: pytest.MonkeyPatch, home: Path, clock: str) -> None:
    """The commands of this process work in that home at that time, with feed files of its own."""
    feeds = home.parent / "feeds"
    if not feeds.exists():
        shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    patch.setenv("SITREP_HOME", str(home))
    patch.setenv("SITREP_FEEDS_DIR", str(feeds))
    patch.setenv("SITREP_NOW", clock)
    patch.setenv("SITREP_QUIET_SECONDS", "0")
    settings.cache_clear()


def fill_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Accepted, revised, outdated, quarantined, refused and repeated files, one read again.

    The feed was in testing at first. Two publications were made, and the watch has looked. A
    process makes all that once.
    """
    shutil.copytree(_model(), home.parent, symlinks=True, dirs_exist_ok=True)
    use(patch, home, _LAST)


@cache
def _model() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sitrep-whole-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        _fill(patch, folder / "home")
    settings.cache_clear()
    return folder


def _fill(patch: pytest.MonkeyPatch, home: Path) -> None:
    folder = home.parent / "files"

    def ingest(minute: int, *arguments: Any) -> None:
        path = write_slots(folder / name_of(minute), *arguments)
        assert _run(["ingest", str(path)]) in (0, 1)

    use(patch, home, "2019-03-08T13:00:00Z")
    set_stage(home, "testing")
    ingest(10)
    set_stage(home, "live")
    ingest(30, CHANGED)
    assert _run(["publish"]) == 0
    use(patch, home, "2019-03-08T13:15:00Z")
    ingest(20, WRONG)
    ingest(45, REVISED)
    ingest(40, PATIENT)
    shutil.copy(folder / name_of(30), folder / name_of(50))
    assert _run(["ingest", str(folder / name_of(50))]) == 0
    (folder / "nobody.csv").write_text("a,b\n1,2\n")
    assert _run(["ingest", str(folder / "nobody.csv")]) == 1
    use(patch, home, _LAST)
    assert _run(["reprocess", "--feed", FEED, "--since", "2019-03-08T13:10Z"]) == 1
    _run(["watch", "--no-alert"])
    assert _run(["publish"]) == 0
    (home / ENDPOINT).mkdir(parents=True)


def set_stage(home: Path, stage: str) -> None:
    """The feed file says that the feed is at that stage."""
    path = home.parent / "feeds" / "acute_realtime" / "r0a.yaml"
    lines = path.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("stage:", "slots_from:"))]
    path.write_text("\n".join([*kept, f"stage: {stage}", ""]), "utf-8")


def whole_warehouse(home: Path) -> dict[str, list[str]]:
    """Every cell of the ledger, the histories and the marts, but for when answers were entered."""
    state = {}
    for name, rows in all_tables(home, "schema_name IN ('ops', 'history', 'mart')").items():
        for row in rows:
            row.pop("answered_at", None)
        state[name] = sorted(map(repr, rows))
    return state
