"""What a changed contract does to a history, on both engines."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.base.errors import ContractFault
from pipelines.registry.contract import Collection
from pipelines.registry.registry import load_registry
from tests.support.small_tables import BEDS_OF_A_DAY
from warehouse.publish.queries import queries_of
from warehouse.store.connection import open_warehouse
from warehouse.store.contract_changes import ChangeKind
from warehouse.store.histories import (
    ensure_history,
    held_shapes,
    history_sql,
    pending_changes,
)

pytestmark = pytest.mark.usefixtures("engine")
TABLE = "warehouse.history.small"


def changed(name: str, /, **update: object) -> Collection:
    """The small contract with one column changed, or without it."""
    columns = tuple(
        one.model_copy(update=update) if one.name == name else one
        for one in BEDS_OF_A_DAY.columns
        if one.name != name or update
    )
    return BEDS_OF_A_DAY.model_copy(update={"columns": columns})


def fill(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The history has so many rows that they stand in a file; the bits of its measures."""
    bits = ensure_history(connection, BEDS_OF_A_DAY)
    connection.execute(
        f"INSERT INTO {TABLE} (org_code, report_date, beds, hours, stage) "
        "SELECT 'R0A', DATE '2026-11-01' + range::INTEGER, range, 0.5, 'live' FROM range(2000)"
    )
    return bits


def test_a_column_is_renamed_and_widened_at_once_and_once_only(home: Path) -> None:
    contract = changed("beds", name="beds_open", was=("beds",), type="decimal")
    with open_warehouse(home) as connection:
        bits = fill(connection)
        source = history_sql(connection, contract)
        assert connection.execute(f"SELECT sum(beds_open) FROM {source}").fetchall() == [(1999000,)]
        assert connection.execute(f"SELECT sum(beds) FROM {TABLE}").fetchall() == [(1999000,)]
        kinds = [one.kind for one in pending_changes(connection, contract)]
        assert kinds == [ChangeKind.RENAME, ChangeKind.RETYPE]
        new = ensure_history(connection, contract)
        assert new == {"beds_open" if name == "beds" else name: bit for name, bit in bits.items()}
        assert pending_changes(connection, contract) == []
        assert ensure_history(connection, contract) == new
        connection.execute(f"UPDATE {TABLE} SET beds_open = 3.5 WHERE beds_open = 7")
        found = connection.execute(
            f"SELECT sum(beds_open), any_value(typeof(beds_open)) FROM {TABLE}"
        )
        assert found.fetchall() == [(1999000 - 3.5, "DOUBLE")]
        told = connection.execute(
            "SELECT change, held FROM warehouse.ops.contract_change"
        ).fetchall()
        assert told == [("rename", 2000), ("retype", 2000)]


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        (changed("hours", type="count"), "stored as DOUBLE, and the contract says count"),
        (changed("beds", type="text"), "stored as INTEGER, and the contract says text"),
        (changed("beds", name="hours_open", was=("beds", "hours")), "are not put together"),
        (
            BEDS_OF_A_DAY.model_copy(update={"key": ("org_code", "report_date", "reported_by")}),
            "stored by the key org_code, report_date",
        ),
    ],
)
def test_what_would_give_values_another_meaning_is_refused(
    home: Path, contract: Collection, said: str
) -> None:
    with open_warehouse(home) as connection:
        fill(connection)
        before = connection.execute(f"FROM {TABLE} ORDER BY report_date").fetchall()
        for use in (ensure_history, history_sql):
            with pytest.raises(ContractFault, match=said) as caught:
                use(connection, contract)
            assert caught.value.place is not None and "small.yaml:" in caught.value.place
        assert connection.execute(f"FROM {TABLE} ORDER BY report_date").fetchall() == before


def test_a_process_with_the_contract_of_before_begins_no_second_column(home: Path) -> None:
    with open_warehouse(home) as connection:
        fill(connection)
        ensure_history(connection, changed("beds", name="beds_open", was=("beds",)))
        with pytest.raises(ContractFault, match="was renamed to beds_open"):
            ensure_history(connection, BEDS_OF_A_DAY)
        back = changed("beds", was=("beds_open",))
        ensure_history(connection, back)
        assert connection.execute(f"SELECT sum(beds) FROM {TABLE}").fetchall() == [(1999000,)]
        ensure_history(connection, BEDS_OF_A_DAY)


def test_england_s_figures_follow_a_measure_that_is_renamed_dropped_and_back(home: Path) -> None:
    published = queries_of(load_registry(), (), datetime(2026, 11, 8, tzinfo=UTC))["national_daily"]
    renamed = changed("beds", name="beds_open", was=("beds",))
    without = BEDS_OF_A_DAY.model_copy(
        update={"columns": tuple(one for one in renamed.columns if one.name != "beds_open")}
    )
    with open_warehouse(home) as connection:
        fill(connection)
        connection.execute(
            "INSERT INTO warehouse.mart.national_daily (report_date, collection, measure, value) "
            "VALUES (DATE '2026-11-01', 'small', 'beds', 7)"
        )
        for contract, measures in (
            (renamed, ["beds_open"]),
            (without, []),
            (renamed, ["beds_open"]),
        ):
            ensure_history(connection, contract)
            found = connection.execute(f"SELECT measure FROM ({published()})").fetchall()
            assert [name for (name,) in found] == measures
            (shape,) = (one for one in held_shapes(connection) if one.collection == "small")
            assert ("beds_open" in shape.measures) == bool(measures)
            assert shape.key == ("org_code", "report_date")
        assert connection.execute(f"SELECT sum(beds_open) FROM {TABLE}").fetchall() == [(1999000,)]


def test_a_change_that_fails_in_the_middle_changes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = changed("beds", name="beds_open", was=("beds",), type="decimal")
    with open_warehouse(home) as connection:
        fill(connection)
        with monkeypatch.context() as patch:
            patch.setattr("warehouse.store.make_changes.tell_change", _fail)
            with pytest.raises(ZeroDivisionError):
                ensure_history(connection, contract)
        assert len(pending_changes(connection, contract)) == 2
        assert connection.execute("FROM warehouse.ops.contract_change").fetchall() == []
        ensure_history(connection, contract)
        assert pending_changes(connection, contract) == []


def _fail(*_: object) -> str:
    raise ZeroDivisionError
