"""When a publication is made as a whole, and what a patched one shares with the one before."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from tests.support.warehouse import tamper_with
from tests.support.whole_beside import assert_like_a_whole_one, is_patched
from warehouse.publish import patching, whole_or_patched
from warehouse.publish.publications import copy_path, current_path
from warehouse.publish.publish import publish

FIRST_SLOTS = tuple(f"2019-03-08T{hour:02d}:15:00Z" for hour in range(1, 11))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with days and quarter-hours, published, and two later slots that are not."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.land_files([write_slots(folder / FIRST_FILE, slots=FIRST_SLOTS)])
        steps.drain()
        publish(folder / "home", load_registry())
        patch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
        steps.land_files([write_slots(folder / SECOND_FILE)])
        steps.drain()
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def published(prepared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    return Path(shutil.copytree(prepared, home, dirs_exist_ok=True, symlinks=True))


def current(home: Path) -> Path:
    path = current_path(home)
    assert path is not None
    return path


def copy_of(home: Path, table: str) -> Path:
    return copy_path(current(home).with_suffix(""), table)


def test_only_what_changed_is_written(published: Path, tmp_path: Path) -> None:
    before = current(published)
    content = before.read_bytes()
    files = {path: path.stat() for path in before.with_suffix("").rglob("*.parquet")}
    made = publish(published, load_registry())
    assert is_patched(published)
    assert_like_a_whole_one(published, tmp_path / "scratch")
    assert before.read_bytes() == content, "the one before is never written to"
    folder = current(published).with_suffix("")
    written = {
        table
        for table in made.rows
        if copy_path(folder, table).stat().st_ino
        != files[copy_path(before.with_suffix(""), table)].st_ino
    }
    aging = {"now_site", "now_trust", "now_region", "now_england"}
    assert written == {
        *("acute_realtime", "national_daily", "national_slot", "submission"),
        *("feed_status", "publication", *aging),
    }


def spoil_a_byte(home: Path, patch: pytest.MonkeyPatch) -> None:
    path = current(home)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lose_the_description(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "publications" / "current.json").unlink()


def change_the_reference_data(home: Path, patch: pytest.MonkeyPatch) -> None:
    with tamper_with(home) as connection:
        connection.execute("INSERT INTO warehouse.ops.reference VALUES ('another', 'list')")


def be_another_warehouse(home: Path, patch: pytest.MonkeyPatch) -> None:
    with tamper_with(home) as connection:
        connection.execute("UPDATE warehouse.ops.origin SET id = 'made again'")


def forget_the_publication(home: Path, patch: pytest.MonkeyPatch) -> None:
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM warehouse.ops.publication")


def delete_old_rows(home: Path, patch: pytest.MonkeyPatch) -> None:
    with tamper_with(home) as connection:
        connection.execute(
            "INSERT INTO warehouse.ops.retention "
            "VALUES ('2019-03-08 12:30:00', 'ledger_lines', '2019-03-01', 4)"
        )


def change_the_code(home: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(whole_or_patched, "_code", lambda: "other code")


def let_a_day_pass(home: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SITREP_NOW", "2019-03-09T12:00:00Z")


def set_the_clock_back(home: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SITREP_NOW", "2019-03-08T11:59:59Z")


def break_a_try_off(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "publications" / "uec-20190308T123000Z-00000000.duckdb.tmp").write_bytes(b"half")


def fail_to_patch(home: Path, patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("of a part")

    patch.setattr(patching, "Parts", fail)


OFTEN = (spoil_a_byte, fail_to_patch)
SELDOM = (
    let_a_day_pass,
    break_a_try_off,
    lose_the_description,
    change_the_reference_data,
    be_another_warehouse,
    forget_the_publication,
    delete_old_rows,
    change_the_code,
    set_the_clock_back,
)


@pytest.mark.parametrize(
    "happens",
    [*OFTEN, *(pytest.param(one, marks=pytest.mark.long) for one in SELDOM)],
    ids=lambda one: one.__name__,
)
def test_a_whole_one_is_made_where_a_patch_could_be_wrong(
    published: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    happens(published, monkeypatch)
    made = publish(published, load_registry(), allow_shrink=True)
    assert made.faults == {}
    assert made.rows["acute_realtime"] == 24
    assert not is_patched(published)
    left = [path.name for path in (published / "publications").iterdir()]
    assert [name for name in left if name.endswith((".tmp", ".parquet", ".wal"))] == []


@pytest.mark.long
def test_a_whole_one_can_be_asked_for(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a repair by hand, which a patch does not see."""
    with tamper_with(published) as connection:
        connection.execute("UPDATE warehouse.history.acute_realtime SET arrivals = 7")
    publish(published, load_registry(), whole=True)
    assert not is_patched(published)
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:05:00Z")
    publish(published, load_registry())
    assert is_patched(published)


def test_a_damaged_parquet_file_is_not_handed_on(published: Path, tmp_path: Path) -> None:
    path = copy_of(published, "organisation")
    path.write_bytes(path.read_bytes()[:-20] + bytes(20))
    damaged = hashlib.sha256(path.read_bytes()).digest()
    publish(published, load_registry())
    assert is_patched(published)
    assert hashlib.sha256(copy_of(published, "organisation").read_bytes()).digest() != damaged
    assert_like_a_whole_one(published, tmp_path / "scratch")
