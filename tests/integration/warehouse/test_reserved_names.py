"""The names that a contract cannot give are those of the warehouse and of a publication."""

from pathlib import Path

import pytest

from pipelines import steps
from pipelines.landing.landing import UNMATCHED
from pipelines.registry.registry import load_registry
from pipelines.registry.reserved_names import ADDED_COLUMNS, OTHER_TABLES, why_no_column
from tests.support.ledger_questions import ask_ledger, ask_publication
from tests.support.small_slots import FIRST_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook

COLUMNS = (
    "SELECT table_name, column_name FROM duckdb_columns() "
    "WHERE NOT internal AND schema_name IN ('history', 'main', 'testing')"
)


@pytest.fixture
def published(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a daily collection and one of slots, published."""
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    steps.land_files([write_workbook(tmp_path / FILE_NAME), write_slots(tmp_path / FIRST_FILE)])
    steps.drain()
    steps.publish()
    return home


def test_no_column_beside_those_of_a_contract_is_free(published: Path) -> None:
    contracts = load_registry().collections
    rows = ask_ledger(published, COLUMNS) + ask_publication(published, COLUMNS)
    beside = {
        row["column_name"]
        for row in rows
        if (contract := contracts.get(row["table_name"])) is not None
        and row["column_name"] not in {column.name for column in contract.columns}
    }

    further_bits = {name for name in beside if name[-2:] in ("_2", "_3")}
    assert all(why_no_column(name) for name in further_bits)
    assert {"stage", "superseded_at", "org_name", "recorded_at"} <= beside
    assert beside - further_bits <= ADDED_COLUMNS


def test_no_table_beside_those_of_the_collections_is_free(published: Path) -> None:
    rows = ask_ledger(published, COLUMNS) + ask_publication(published, COLUMNS)
    beside = {row["table_name"] for row in rows} - set(load_registry().collections)

    assert {"national_daily", "published_total"} <= beside <= OTHER_TABLES
    assert UNMATCHED in OTHER_TABLES
