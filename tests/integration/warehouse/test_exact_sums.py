"""England's decimals are the same to the last digit, in whatever order the values were loaded."""

import random
from collections.abc import Sequence

import duckdb
import pytest

from pipelines.registry.registry import load_registry
from warehouse.marts.mart_queries import (
    daily_from_slots_sql,
    national_dated_sql,
    national_slot_sql,
)

VALUES = [0.1, 0.2, 0.3, 1e9 + 0.7, 1e-9, 123456.789, 7.7, 99999.99] * 40
NOTHING = (
    "(SELECT '' AS collection, DATE '2025-01-01' AS report_date, '' AS measure, 0.0 AS value "
    "WHERE false)"
)


def england(name: str, values: Sequence[float]) -> set[str]:
    """England's figures of the decimals, from values that stand in this order."""
    collection = load_registry().collections[name]
    decimals = [one.name for one in collection.measures if one.type == "decimal"]
    time, kind = collection.time_column, "DATE" if collection.cadence.is_daily else "TIMESTAMP"
    columns = ", ".join(
        f"{'value' if one.name in decimals else '1'} AS {one.name}" for one in collection.measures
    )
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE given (value DOUBLE)")
        connection.executemany("INSERT INTO given VALUES (?)", [[value] for value in values])
        who = f"'X' AS {collection.organisation_column}"
        source = f"(SELECT {kind} '2025-01-01' AS {time}, {who}, {columns} FROM given)"
        if collection.cadence.is_daily:
            sql = national_dated_sql(collection, source, NOTHING)
        else:
            sql = national_slot_sql(collection, source)
        rows = connection.execute(f"SELECT measure, value FROM ({sql})").fetchall()
    return {f"{measure} {value!r}" for measure, value in rows if measure in decimals}


@pytest.mark.parametrize("name", ["ambulance_handover", "ambulance_sitrep", "nhs111"])
def test_the_order_of_loading_changes_no_digit(name: str) -> None:
    orders = [VALUES, VALUES[::-1], sorted(VALUES), random.Random(8).sample(VALUES, len(VALUES))]
    assert len({sum(order) for order in orders}) > 1, "values whose plain sum depends on the order"
    figures = [england(name, order) for order in orders]
    assert figures[0] and all(one == figures[0] for one in figures)


def test_the_order_of_slots_changes_no_digit_of_a_day() -> None:
    collection = load_registry().collections["nhs111"]
    days = set()
    for order in (VALUES, VALUES[::-1]):
        with duckdb.connect() as connection:
            connection.execute("CREATE MACRO london_day(slot) AS slot::DATE")
            connection.execute(
                "CREATE TABLE slots AS SELECT TIMESTAMP '2025-01-01' AS slot_start, "
                "'answer_time_total_seconds' AS measure, unnest(?::DOUBLE[]) AS value, "
                "'seconds' AS unit, 1 AS organisations, NULL::BIGINT AS sites_reporting",
                [order],
            )
            rows = connection.execute(str(daily_from_slots_sql(collection, "slots"))).fetchall()
        days.add(repr(rows[0][3]))
    assert len(days) == 1
