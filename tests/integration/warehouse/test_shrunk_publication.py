"""A publication that would hold less than the one before it is refused, unless someone insists."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from pipelines.watch.look import look_now
from tests.support.each_time import others_are_long
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from tests.support.warehouse import lay_empty_warehouse, tamper_with, use_engine
from warehouse.publish.comparison import ShrunkPublication
from warehouse.publish.publications import current_path, read_description
from warehouse.publish.publish import publish
from warehouse.publish.refused_publication import read_refused

LATER = ("2019-03-08T12:15:00Z", "2019-03-08T12:30:00Z")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with days and quarter-hours, published once, to copy."""
    folder = tmp_path_factory.mktemp("shrunk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME), write_slots(folder / FIRST_FILE)])
        steps.drain()
        publish(folder / "home", load_registry())
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def published(prepared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    return Path(shutil.copytree(prepared, home, symlinks=True))


def lose_the_warehouse(home: Path) -> None:
    for path in (*home.glob("warehouse.duckdb*"), *home.glob("*ducklake*"), home / "lake"):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def drop_a_history(home: Path) -> None:
    with tamper_with(home) as connection:
        connection.execute("DROP TABLE history.acute_sitrep")


def empty_a_history(home: Path) -> None:
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM history.acute_realtime")


def empty_a_mart(home: Path) -> None:
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM mart.national_daily WHERE collection = 'acute_sitrep'")


def forget_a_submission(home: Path) -> None:
    """As an older copy of the warehouse does."""
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM ops.submission WHERE feed_id = 'acute_realtime.r0a'")


LOST: dict[Callable[[Path], None], str] = {
    lose_the_warehouse: "acute_sitrep: 9 → 0 rows",
    drop_a_history: "acute_sitrep: 9 → 0 rows",
    empty_a_history: "acute_realtime: 4 → 0 rows",
    empty_a_mart: "national_daily:",
    forget_a_submission: "submission: 3 → 2 rows",
}


@pytest.mark.parametrize(
    "lose",
    others_are_long(LOST, lose_the_warehouse),
    ids=lambda lose: lose.__name__,
)
def test_what_was_lost_stops_the_publication_and_is_told(
    published: Path, lose: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = current_path(published), read_description(published)
    lose(published)
    assert _run(["publish"]) == 3
    assert LOST[lose] in capsys.readouterr().err
    assert (current_path(published), read_description(published)) == before
    assert not list((published / "publications").glob("*.tmp*"))
    told = [row.finding for row in look_now().open if row.finding.code == "WATCH-011"]
    assert any(LOST[lose] in finding.message for finding in told)
    with pytest.raises(ShrunkPublication):
        steps.publish()

    assert _run(["publish", "--allow-shrink"]) == 0
    assert LOST[lose] in capsys.readouterr().out
    after = read_description(published)
    assert after is not None and any(LOST[lose] in one for one in after["remarks"])
    assert read_refused(published) is None
    assert not publish(published, load_registry()).remarks, "what was allowed is the new measure"


@pytest.mark.long
def test_a_lost_lake_stops_the_publication(home: Path, tmp_path: Path) -> None:
    with use_engine("ducklake"):
        lay_empty_warehouse(home)
        steps.land_files([write_slots(tmp_path / FIRST_FILE)])
        steps.drain()
        publish(home, load_registry())
        lose_the_warehouse(home)
        with pytest.raises(ShrunkPublication):
            publish(home, load_registry())


@pytest.mark.long
def test_an_older_copy_of_the_warehouse_is_noticed(published: Path, tmp_path: Path) -> None:
    older = shutil.copytree(published, tmp_path / "older", symlinks=True)
    steps.land_files([write_slots(tmp_path / SECOND_FILE, slots=LATER)])
    steps.drain()
    publish(published, load_registry())
    lose_the_warehouse(published)
    for path in older.iterdir():
        if path.name != "publications":
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            if not (published / path.name).exists():
                copy(path, published / path.name)
    with pytest.raises(ShrunkPublication) as stopped:
        publish(published, load_registry())
    assert "submission" in {loss.table for loss in stopped.value.losses}


def test_rows_that_leave_their_window_are_no_loss(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-09-08T13:00:00Z")
    made = publish(published, load_registry())
    assert made.rows["acute_realtime"] == made.rows["submission"] == made.rows["national_slot"] == 0
    assert made.rows["acute_sitrep"] == 9 and not made.remarks


@pytest.mark.long
def test_an_unreadable_publication_is_compared_by_its_counts(published: Path) -> None:
    path = current_path(published)
    assert path is not None
    path.write_bytes(b"no database")
    assert not publish(published, load_registry()).remarks
    path = current_path(published)
    assert path is not None
    path.write_bytes(b"no database")
    lose_the_warehouse(published)
    with pytest.raises(ShrunkPublication):
        publish(published, load_registry())


def damage_the_rows_of(path: Path, table: str) -> None:
    """A byte of the table is another one; the file can be opened all the same."""
    with duckdb.connect(str(path), read_only=True) as connection:
        ((block, *_),) = connection.execute(
            f"SELECT block_id FROM pragma_storage_info('{table}') WHERE persistent LIMIT 1"
        ).fetchall()
    content = bytearray(path.read_bytes())
    # Three headers of 4 KiB come before the blocks of 256 KiB.
    content[(3 << 12) + (block << 18) + 100] ^= 1
    path.write_bytes(content)


def test_a_publication_that_is_damaged_inside_is_compared_by_its_counts(published: Path) -> None:
    """It is no fault of the new one, nor of the warehouse."""
    path = current_path(published)
    assert path is not None
    damage_the_rows_of(path, "submission")
    made = publish(published, load_registry())
    assert (made.faults, made.rows["submission"]) == ({}, 3)
    path = current_path(published)
    assert path is not None
    damage_the_rows_of(path, "submission")
    lose_the_warehouse(published)
    with pytest.raises(ShrunkPublication):
        publish(published, load_registry())


def test_a_folder_without_publications_is_remarked(published: Path) -> None:
    shutil.rmtree(published / "publications")
    made = publish(published, load_registry())
    assert "the ledger knows 1 earlier publication" in made.remarks[0]


def test_a_damaged_note_of_a_refusal_stops_nothing(published: Path) -> None:
    note = published / "publications" / "refused.json"
    note.write_bytes(b"{")
    assert read_refused(published) is None
    note.write_bytes(json.dumps({"since": 1}).encode())
    assert read_refused(published) is None
    publish(published, load_registry())
    assert not note.exists()
