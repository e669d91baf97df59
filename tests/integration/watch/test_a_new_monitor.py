"""A monitor is one file and its SQL: put into the package it is found, run, told and remembered."""

import importlib
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.watch import monitors
from pipelines.watch.look import WatchFault, watch
from pipelines.watch.state import Watched
from pipelines.watch.watch_memory import read_open
from tests.support.each_time import others_are_long
from warehouse.store.connection import open_warehouse

NOW = datetime(2026, 11, 9, 10, tzinfo=UTC)

MONITOR = '''
"""The first slot of a collection is told: nobody needs to know it, and it is always there."""

from pathlib import Path

from pipelines.watch.monitor import PerCollection
from pipelines.watch.watch_finding import WatchKind, watch_finding
from warehouse.store import literals
from warehouse.store.sql import render
from warehouse.store.stored_time import from_stored

FIRST_SLOT = WatchKind(
    "WATCH-900", "Slots are expected", urgency=5, fix="Read on.", no_help="Looking away."
)


def _look(scene, collection):
    name = collection.collection
    sql = render(Path(__file__).parent, "first_slot", collection=literals.text(name))
    return [
        watch_finding(FIRST_SLOT, name, None, "", from_stored(first), f"{count} of {name}.")
        for first, count in scene.connection.execute(sql).fetchall()
    ]


MONITOR = PerCollection((FIRST_SLOT,), _look)
'''
SQL = """
SELECT min(slot_start), count(*) FROM warehouse.ops.slot WHERE collection = {{ collection }}
HAVING count(*) > 0
"""
BROKEN = {
    "no such library": "import a_library_that_nobody_has\n",
    "no Python": "MONITOR = (\n",
    "no monitor": "SOMETHING = 1\n",
    "another thing": "MONITOR = 'look at the feeds'\n",
    "an end of the process": "raise SystemExit(4)\n",
    "a code that is taken": (
        "from dataclasses import replace\n"
        "from pipelines.watch.monitors.first_slot import MONITOR as taken\n"
        "MONITOR = replace(taken)\n"
    ),
}


ONE_THAT_FAILS = """
from datetime import UTC, datetime
from pipelines.watch.monitor import AcrossCollections, Check, Monitor
from pipelines.watch.watch_finding import WatchFinding, WatchKind

KIND = WatchKind("WATCH-901", "A kind", urgency=6, fix="Read on.", no_help="Looking away.")


class OfItsOwn(Monitor):
    def checks(self, scene):
        {checks}


def _look(scene):
    {look}


MONITOR = {monitor}((KIND,){given})
"""
FAILING = {
    "its checks fail": {"checks": "raise ZeroDivisionError"},
    "its checks are none": {"checks": "yield 'a question'"},
    "its checks end the process": {"checks": "raise SystemExit(4)"},
    "it fails": {"look": "raise ZeroDivisionError"},
    "it ends the process": {"look": "raise SystemExit(4)"},
    "it gives texts": {"look": "return ['a', 'b']"},
    "it gives nothing": {"look": "return None"},
    "it gives a kind of no kind": {
        "look": "return [WatchFinding('W', 'nhs111', None, '', datetime.now(UTC), 'm', 'f')]"
    },
    "it gives no time": {"look": "return [WatchFinding(KIND, 'nhs111', None, '', None, 'm', 'f')]"},
    "its time has no zone": {
        "look": "return [WatchFinding(KIND, 'nhs111', None, '', datetime(2026, 1, 1), 'm', 'f')]"
    },
    "its text is none": {
        "look": "return [WatchFinding(KIND, 'a', None, '', datetime.now(UTC), chr(0xD800), 'f')]"
    },
    "it breaks a transaction": {
        "look": "scene.connection.execute('BEGIN'); scene.connection.execute('SELECT nothing')"
    },
}


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that belongs to the package of monitors, in which a new one lies."""
    monkeypatch.setenv("SITREP_NOW", NOW.isoformat())
    settings.cache_clear()
    path = tmp_path / "more_monitors"
    path.mkdir()
    (path / "first_slot.py").write_text(MONITOR, "utf-8")
    (path / "first_slot.sql").write_text(SQL, "utf-8")
    monkeypatch.setattr(monitors, "__path__", [*monitors.__path__, str(path)])
    yield path
    for file in path.glob("*.py"):
        forget(file.stem)


def forget(name: str) -> None:
    """The next look imports the module again, as another process would."""
    importlib.invalidate_caches()
    sys.modules.pop(f"{monitors.__name__}.{name}", None)
    if hasattr(monitors, name):
        delattr(monitors, name)


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    texts = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    caplog.clear()
    return texts


def remembered(home: Path) -> dict[str, Watched]:
    """The open findings of the new monitor, by collection."""
    with open_warehouse(home) as connection:
        rows = read_open(connection)
    return {row.finding.collection: row for row in rows if row.finding.code == "WATCH-900"}


def test_a_new_monitor_is_found_run_told_and_remembered(
    home: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch()
    (alert,) = alerts(caplog)
    assert "SLOTS ARE EXPECTED (WATCH-900)\n" in alert
    assert "  Do: Read on.\n  Will not help: Looking away.\n" in alert
    assert alert.index("WATCH-900") < alert.index("WATCH-009"), "it is the most urgent"
    rows = remembered(home)
    assert {"nhs111", "acute_realtime"} <= set(rows)
    assert rows["nhs111"].finding.kind.title == "Slots are expected"
    assert rows["nhs111"].finding.since == datetime(2026, 11, 1, tzinfo=UTC)
    watch()
    assert alerts(caplog) == [], "what was told once is not told again"


@pytest.mark.parametrize("kind", others_are_long(BROKEN, "no Python", "a code that is taken"))
def test_a_broken_monitor_beside_it_costs_only_itself(
    home: Path, folder: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    (folder / "worn_out.py").write_text(BROKEN[kind], "utf-8")
    with pytest.raises(WatchFault, match=r"^The monitor worn_out cannot be used: .+"):
        watch()
    (alert,) = alerts(caplog)
    assert "WATCH-900" in alert and "WATCH-009" in alert
    assert remembered(home)


@pytest.mark.parametrize("kind", others_are_long(FAILING, "it fails", "it ends the process"))
def test_a_monitor_that_fails_costs_only_itself(
    home: Path, folder: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    how = FAILING[kind]
    is_own = "checks" in how
    given = {
        "checks": "pass",
        "look": "return []",
        "monitor": "OfItsOwn" if is_own else "AcrossCollections",
        "given": "" if is_own else ", _look",
        **how,
    }
    text = ONE_THAT_FAILS
    for word, value in given.items():
        text = text.replace(f"{{{word}}}", value)
    (folder / "ailing.py").write_text(text, "utf-8")
    with pytest.raises(WatchFault, match=r"^The check WATCH-901 of all collections failed: "):
        watch()
    (alert,) = alerts(caplog)
    assert "WATCH-900" in alert and "WATCH-009" in alert
    assert remembered(home)


def test_a_transaction_that_a_monitor_leaves_open_costs_nobody(
    home: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = ONE_THAT_FAILS.replace("{checks}", "pass").replace("{given}", ", _look")
    text = text.replace("{look}", "scene.connection.execute('BEGIN'); return []")
    (folder / "ailing.py").write_text(text.replace("{monitor}", "AcrossCollections"), "utf-8")
    watch()
    assert remembered(home)


def test_what_a_monitor_found_stays_while_it_cannot_look_and_goes_with_it(
    home: Path, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch()
    forget("first_slot")
    (folder / "first_slot.py").write_text("raise RuntimeError('worn out')\n", "utf-8")
    monkeypatch.setenv("SITREP_NOW", (NOW + timedelta(minutes=1)).isoformat())
    with pytest.raises(WatchFault, match="RuntimeError: worn out"):
        watch()
    assert remembered(home)["nhs111"].last_seen_at == NOW
    (folder / "first_slot.py").unlink()
    caplog.clear()
    watch()
    assert remembered(home) == {}
    assert alerts(caplog) == []
