"""Rows of collections and feeds that cannot be told just now, in tables that others are in too."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.registry.feed import collection_named_in
from warehouse.marts.now.now import CHANGE, NOW_TABLES, age_values
from warehouse.publish.carry_over import carry_rows
from warehouse.publish.empty_tables import table_path
from warehouse.publish.kept_apart import Faults, costs_only

if TYPE_CHECKING:
    import duckdb

_OF_ALL_FEEDS = ("slot_status", "feed_status", "feed_day_status", "coverage")
"""Tables in which every collection has rows; those of one that cannot be told are carried over."""


def carry_stale_rows(
    connection: "duckdb.DuckDBPyConnection",
    stale: Sequence[str],
    rows: Mapping[str, int],
    faults: Faults,
    made_at: datetime,
) -> dict[str, int]:
    """Collections and feeds that cannot be told have the rows of the publication before.

    Of the newest values a collection's are carried over as a whole: one feed less is told there.
    """
    collections = [name for name in stale if collection_named_in(name) == name]
    wanted = [(table, stale) for table in _OF_ALL_FEEDS if stale]
    wanted += [(table, collections) for table in (*NOW_TABLES, CHANGE) if collections]
    counted: dict[str, int] = {}
    for table, names in wanted:
        if table in rows and table not in faults:
            with costs_only(table, faults):
                counted[table] = carry_rows(connection, table, names)
                if table in NOW_TABLES:
                    age_values(connection, f"publication.{table_path(table)}", made_at)
    return counted
