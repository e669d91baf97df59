"""Refreshes the marts for the days that a load touched, so that its cost follows the load."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from pipelines.contract import Collection

if TYPE_CHECKING:
    import duckdb

MARTS = Path(__file__).parent / "marts"


def mart_sql(name: str, **words: str) -> str:
    """The SQL of `marts/<name>.sql` with its `$words` filled in."""
    text = (MARTS / f"{name}.sql").read_text(encoding="utf-8")
    return Template(text).safe_substitute(words)


def current_rows(collection: str) -> str:
    """A query for the collection's values of live feeds that are held now."""
    return (
        f"(SELECT * FROM warehouse.history.{collection} "
        "WHERE superseded_at IS NULL AND stage = 'live')"
    )


def collection_sql(source: str, measures: Iterable[str]) -> str:
    """A query for a collection's table as readers see it, from the rows of `source`."""
    columns = ", ".join(f"h.{name}" for name in measures)
    return mart_sql("collection", source=source, columns=columns)


def national_daily_sql(collection: Collection, source: str, published: str) -> str | None:
    """A query for England per day and measure, or None where no measure has a national figure."""
    measures = [column for column in collection.measures if column.national != "none"]
    counted = [f"'{one.name}'" for one in measures if one.national == "count_reporting"]
    if not measures:
        return None
    return mart_sql(
        "national_daily",
        collection=collection.collection,
        source=source,
        published=published,
        measures=", ".join(f"{column.name}::DOUBLE AS {column.name}" for column in measures),
        names=", ".join(column.name for column in measures),
        counted=", ".join(counted) or "''",
        units=" ".join(f"WHEN '{column.name}' THEN '{column.unit}'" for column in measures),
    )


def refresh_national_daily(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, days: Iterable[date]
) -> None:
    """`mart.national_daily` holds what the history says of these days."""
    touched = sorted(days)
    chosen = "WHERE list_contains($days, report_date)"
    sql = national_daily_sql(
        collection,
        source=f"(FROM {current_rows(collection.collection)} {chosen})",
        published="(FROM warehouse.history.published_total "
        f"{chosen} AND superseded_at IS NULL AND stage = 'live')",
    )
    if sql is None or not touched:
        return
    connection.execute(
        "DELETE FROM warehouse.mart.national_daily "
        "WHERE collection = $collection AND list_contains($days, report_date)",
        {"collection": collection.collection, "days": touched},
    )
    connection.execute(f"INSERT INTO warehouse.mart.national_daily {sql}", {"days": touched})
