"""How things stood at an earlier time, told from a later publication alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from pipelines import steps
from pipelines.base.clock import parse_instant
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.figures_of_now import make_home, write, write_trust
from warehouse.publish.publications import current_path
from warehouse.publish.publish import publish
from warehouse.publish.seen import NotSeen, make_seen

THEN = "2026-11-25T12:00:01Z"
LATER = "2026-11-25T12:20:00Z"
MOMENT = parse_instant(THEN)


@pytest.fixture(scope="module")
def then_and_later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The publication of `THEN`, and one after corrections, late, new and refused files."""
    folder = tmp_path_factory.mktemp("seen")
    home = make_home(folder)
    later = folder / "later"
    later.mkdir()
    files = [
        # Corrected, confirmed and new in one file.
        write_trust(later, "R0A", [
            ("R0A02", "2026-11-25T11:30", {"ambulances_waiting": 9, "ga_beds_open": 900}),
            ("R0A07", "2026-11-25T11:30", {"ambulances_waiting": 2}),
            ("R0A02", "2026-11-25T12:00", {"ambulances_waiting": 1}),
        ]),
        # Late.
        write_trust(later, "RX1", [("RX101", "2026-11-25T11:30", {"ambulances_waiting": 7})]),
        write_trust(later, "RWE", [("RWE01", "2026-11-25T11:45", {"ambulances_waiting": 1})]),
        # Refused.
        write(later / "RJ1_2.csv", [{"org_code": "RJ1", "nothing": "that is known"}]),
        write(later / "RRU_2.csv", [
            {"org_code": "RRU", "report_date": "2026-11-24", "incidents_c2": 2900,
             "response_c2_mean_seconds": 2000, "incidents": 5000},
        ]),
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", THEN)
        settings.cache_clear()
        publish(home, load_registry())
        then = current_path(home)
        assert then is not None
        kept = Path(copy(then, folder / "then.duckdb"))
        patch.setenv("SITREP_NOW", LATER)
        settings.cache_clear()
        steps.land_files(files)
        steps.drain()
        steps.publish()
        newest = current_path(home)
        assert newest is not None and newest != then
        yield kept, newest
    settings.cache_clear()


def _tables(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Each table's rows, in one order."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        return {
            name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for (name,) in names
        }


def test_tables_are_those_that_were_published_then(
    then_and_later: tuple[Path, Path], tmp_path: Path
) -> None:
    then, later = then_and_later
    seen = _tables(make_seen(later, MOMENT, load_registry(), tmp_path))
    published, now = _tables(then), _tables(later)
    assert seen.keys() == published.keys()
    differ = [name for name in published if seen[name] != published[name]]
    # Feeds in testing are not told of.
    assert [name for name in differ if not name.startswith("testing.")] == []
    # What is compared has changed since.
    changed = {name for name in published if now[name] != published[name]}
    assert {"main.now_england", "main.acute_realtime", "main.feed_status"} <= changed


def test_nothing_is_left_of_the_work(then_and_later: tuple[Path, Path], tmp_path: Path) -> None:
    seen = make_seen(then_and_later[1], MOMENT, load_registry(), tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted({seen.name, seen.stem})
    assert (tmp_path / seen.stem / "now_england.parquet").is_file()


@pytest.mark.parametrize("days", [-1, 36])
def test_time_that_it_does_not_tell_of_is_refused(
    then_and_later: tuple[Path, Path], tmp_path: Path, days: int
) -> None:
    moment = parse_instant(LATER) - timedelta(days=days)
    with pytest.raises(NotSeen, match="tells how things stood from 2026-10-21T12:20Z to"):
        make_seen(then_and_later[1], moment, load_registry(), tmp_path)
    assert not list(tmp_path.iterdir())
