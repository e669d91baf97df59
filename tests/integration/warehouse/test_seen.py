"""How things stood at an earlier time, told from a later publication alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.base.clock import parse_instant
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.seen import LATER, THEN, then_and_later
from warehouse.publish.seen import NotSeen, make_seen
from warehouse.store.reader import QuestionEnded

MOMENT = parse_instant(THEN)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    with then_and_later(tmp_path_factory.mktemp("seen")) as files:
        yield files


def _tables(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Each table's rows, in one order."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        return {
            name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for (name,) in names
        }


@pytest.mark.long
def test_tables_are_those_that_were_published_then(both: tuple[Path, Path], tmp_path: Path) -> None:
    then, later = both
    made = make_seen(later, MOMENT, load_registry(), tmp_path)
    assert made.faults == {}
    seen = _tables(made.path)
    published, now = _tables(then), _tables(later)
    assert seen.keys() == published.keys()
    differ = [name for name in published if seen[name] != published[name]]
    # Feeds in testing are not told of, nor what was found in the files of the day itself.
    differ = [name for name in differ if not name.startswith("testing.")]
    assert differ == ["main.finding_day"]
    assert seen["main.finding_day"] == []
    # What is compared has changed since.
    changed = {name for name in published if now[name] != published[name]}
    assert {"main.now_england", "main.acute_realtime", "main.feed_status"} <= changed


@pytest.mark.long
def test_nothing_is_left_of_the_work(both: tuple[Path, Path], tmp_path: Path) -> None:
    seen = make_seen(both[1], MOMENT, load_registry(), tmp_path).path
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted({seen.name, seen.stem})
    assert (tmp_path / seen.stem / "now_england.parquet").is_file()


def test_it_ends_when_it_takes_too_long(
    both: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_QUERY_SECONDS", "0.01")
    settings.cache_clear()
    with pytest.raises(QuestionEnded, match="SITREP_QUERY_SECONDS"):
        make_seen(both[1], MOMENT, load_registry(), tmp_path)
    settings.cache_clear()


@pytest.mark.parametrize("days", [-1, 36])
def test_time_that_it_does_not_tell_of_is_refused(
    both: tuple[Path, Path], tmp_path: Path, days: int
) -> None:
    moment = parse_instant(LATER) - timedelta(days=days)
    with pytest.raises(NotSeen, match="tells how things stood from 2026-10-21T12:20Z to"):
        make_seen(both[1], moment, load_registry(), tmp_path)
    assert not list(tmp_path.iterdir())
