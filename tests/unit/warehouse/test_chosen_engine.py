"""Which engine a setting names, and what is told where it names none."""

from pathlib import Path

import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from warehouse.store import engines
from warehouse.store.engines import DuckDBFile, DuckLake, Engine, chosen_engine, extension_path

HOME = Path("/home/of/the/feeds")


def choose(patch: pytest.MonkeyPatch, named: str, data: str | None = None) -> Engine:
    patch.setenv("SITREP_WAREHOUSE", named)
    if data is not None:
        patch.setenv("SITREP_WAREHOUSE_DATA", data)
    settings.cache_clear()
    try:
        return chosen_engine(HOME)
    finally:
        patch.undo()
        settings.cache_clear()


@pytest.mark.parametrize(
    ("named", "data", "expected"),
    [
        ("", None, DuckDBFile(HOME / "warehouse.duckdb")),
        ("ducklake:c.ducklake", None, DuckLake("", f"{HOME}/c.ducklake", HOME / "lake")),
        ("ducklake:/var/c.ducklake", "files", DuckLake("", "/var/c.ducklake", HOME / "files")),
        ("ducklake:sqlite:c.sqlite", "/d", DuckLake("sqlite", f"{HOME}/c.sqlite", Path("/d"))),
        ("ducklake:postgres:host=x", None, DuckLake("postgres", "host=x", HOME / "lake")),
    ],
)
def test_relative_paths_stand_under_the_home(
    monkeypatch: pytest.MonkeyPatch, named: str, data: str | None, expected: Engine
) -> None:
    assert choose(monkeypatch, named, data) == expected


@pytest.mark.parametrize(
    "named",
    [
        "ducklake",
        "ducklake:",
        "ducklake: ",
        "ducklake::c",
        "ducklake:sqlite:",
        "ducklake:mysql:password=hush",
        "sqlite:hush.sqlite",
        "hush.duckdb",
    ],
)
def test_any_other_value_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    with pytest.raises(ConfigurationError, match="SITREP_WAREHOUSE must be") as caught:
        choose(monkeypatch, named)
    assert "hush" not in str(caught.value)


def test_a_lake_without_its_extension_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"Install duckdb-extension-sqlite-scanner==\d"):
        extension_path("sqlite_scanner")
