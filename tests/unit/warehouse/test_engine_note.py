"""A home's warehouse is opened by the engine that made it, or the setting at fault is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from pipelines.base.state_files import damaged_files
from tests.support.each_time import others_are_long
from warehouse.store.connection import open_warehouse
from warehouse.store.engine_note import NOTE

LAKE, SQLITE = "ducklake:c.ducklake", "ducklake:sqlite:c.sqlite"


def use(patch: pytest.MonkeyPatch, engine: str, data: str | None = None) -> None:
    patch.setenv("SITREP_WAREHOUSE", engine)
    if data is not None:
        patch.setenv("SITREP_WAREHOUSE_DATA", data)
    settings.cache_clear()


def make(home: Path) -> None:
    with open_warehouse(home):
        pass


@pytest.mark.parametrize(
    ("first", "then", "wanted"),
    others_are_long(
        [
            (LAKE, "", f"has to be {LAKE}"),
            ("", LAKE, "has to be empty"),
            (LAKE, SQLITE, f"has to be {LAKE}"),
            (LAKE, "ducklake:other.ducklake", f"has to be {LAKE}"),
        ],
        ("", LAKE, "has to be empty"),
        (LAKE, SQLITE, f"has to be {LAKE}"),
    ),
)
@pytest.mark.parametrize("is_noted", [True, False], ids=["noted", "older home"])
def test_another_engine_makes_no_empty_warehouse_beside_the_true_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, first: str, then: str, wanted: str, is_noted: bool
) -> None:
    use(monkeypatch, first)
    make(home)
    make(home)
    if not is_noted:
        (home / NOTE).unlink()
        wanted = "SITREP_WAREHOUSE has to"
        if first and then:
            return  # Which of two lakes it was, an older home does not know.
    use(monkeypatch, then)
    before = sorted(home.iterdir())
    with pytest.raises(ConfigurationError, match=wanted):
        make(home)
    assert sorted(home.iterdir()) == before
    use(monkeypatch, first)
    make(home)


def is_no_database(path: Path) -> None:
    path.write_bytes(b"these are no pages of a database " * 500)


@pytest.mark.parametrize(
    ("engine", "data", "spoil", "told"),
    [
        ("ducklake:sub/c.ducklake", None, lambda home: None, "SITREP_WAREHOUSE: the folder .*sub"),
        ("ducklake:sqlite:sub/c", None, lambda home: None, "SITREP_WAREHOUSE: the folder .*sub"),
        (LAKE, None, lambda home: is_no_database(home / "c.ducklake"), "c.ducklake is no database"),
        (SQLITE, None, lambda home: is_no_database(home / "c.sqlite"), "c.sqlite is no database"),
        ("", None, lambda home: is_no_database(home / "warehouse.duckdb"), "duckdb is no database"),
        (LAKE, "figures", lambda home: (home / "figures").touch(), "SITREP_WAREHOUSE_DATA: .*figu"),
    ],
)
def test_what_cannot_hold_a_warehouse_is_told_with_its_setting(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    data: str | None,
    spoil: Callable[[Path], object],
    told: str,
) -> None:
    home.mkdir()
    use(monkeypatch, engine, data)
    spoil(home)
    with pytest.raises(ConfigurationError, match=told):
        make(home)


@pytest.mark.parametrize("engine", ["", pytest.param(LAKE, marks=pytest.mark.long)])
@pytest.mark.parametrize("damage", [b"", b"null", b"\xff\xfe", b"a DuckDB fi", None])
def test_a_damaged_note_is_set_aside_and_made_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch, engine: str, damage: bytes | None
) -> None:
    use(monkeypatch, engine)
    make(home)
    note = home / NOTE
    noted = note.read_bytes()
    note.unlink()
    note.mkdir() if damage is None else note.write_bytes(damage)
    make(home)
    assert note.read_bytes() == noted
    assert [one.was for one in damaged_files(home)] == [NOTE]


def test_a_folder_in_place_of_the_warehouse_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "")
    (home / "warehouse.duckdb").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"is no database: .*sitrep rebuild"):
        make(home)


def test_no_password_is_noted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from warehouse.store.engines import chosen_engine

    use(monkeypatch, "ducklake:postgres:host=x password=secret")
    assert chosen_engine(home).name == "ducklake:postgres"
