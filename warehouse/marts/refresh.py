"""Refreshes the marts for the slots that a load touched, so that its cost follows the load."""

from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection, Column
from warehouse.store import literals
from warehouse.store.shape import Shape

if TYPE_CHECKING:
    import duckdb

MARTS = Path(__file__).parent


def mart_sql(name: str, **words: str) -> str:
    """The SQL of `marts/<name>.sql` with its `$words` filled in, without its comments.

    A comment may name a word; what is filled in there could have lines that are no comment.
    """
    return _template(name).safe_substitute(words)


@cache
def _template(name: str) -> Template:
    lines = (MARTS / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return Template("\n".join(line for line in lines if not line.lstrip().startswith("--")))


def current_rows(shape: Shape, stage: str = "live", condition: str = "true") -> str:
    """A query for the collection's values of that stage that are held now."""
    return (
        f"(SELECT * FROM warehouse.history.{shape.collection} "
        f"WHERE superseded_at IS NULL AND stage = {literals.text(stage)} AND {condition})"
    )


def collection_sql(source: str, shape: Shape) -> str:
    """A query for a collection's table as readers see it, from the rows of `source`."""
    organisation, time = shape.organisation_column, shape.time_column
    others = [name for name in shape.key if name not in (organisation, time)]
    return mart_sql(
        "collection",
        source=source,
        organisation=organisation,
        time=time,
        day=f"h.{time}" if shape.is_daily else _london_day(f"h.{time}"),
        others="".join(f"h.{name}, " for name in others),
        columns=", ".join(f"h.{name}" for name in shape.measures),
        order=", ".join(f"h.{name}" for name in (time, organisation, *others)),
    )


def national_daily_sql(collection: Collection, source: str, published: str) -> str | None:
    """A query for England per day and measure, or None where no measure has a national figure.

    `source` gives rows of a daily collection, `published` the national figures of files.
    """
    measures = _national(collection)
    if not measures:
        return None
    return mart_sql(
        "national_daily",
        source=source,
        published=published,
        time=collection.time_column,
        **_words(collection, measures),
    )


def national_slot_sql(collection: Collection, source: str) -> str | None:
    """A query for England per slot and measure, or None where no measure has a national figure."""
    measures = _national(collection)
    if not measures:
        return None
    return mart_sql(
        "national_slot",
        source=source,
        time=collection.time_column,
        **_words(collection, measures),
    )


def daily_from_slots_sql(collection: Collection, source: str) -> str | None:
    """A query for England per London day, from England's slots in `source`; None without any."""
    flows = [one.name for one in _national(collection) if one.daily == "sum"]
    if not flows:
        return None
    return mart_sql(
        "daily_from_slots",
        collection=collection.collection,
        source=source,
        day=_london_day("slot_start"),
        flows=literals.texts(flows),
    )


def refresh_marts(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> None:
    """The marts hold what the history says of the slots in `touched`."""
    if collection.cadence.is_daily:
        _refresh_daily(connection, collection)
    else:
        _refresh_slots(connection, collection)


def _refresh_daily(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> None:
    time = collection.time_column
    bounds = _bounds(connection, "touched", "slot")
    if bounds is None:
        return
    chosen = f"{time} BETWEEN {bounds} AND {time} IN (SELECT slot FROM touched)"
    published = chosen.replace(time, "report_date")
    sql = national_daily_sql(
        collection,
        current_rows(Shape.of(collection), condition=chosen),
        "(SELECT * FROM warehouse.history.published_total "
        f"WHERE superseded_at IS NULL AND stage = 'live' AND {published})",
    )
    if sql is not None:
        _replace(connection, "national_daily", collection, published, sql)


def _refresh_slots(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> None:
    time = collection.time_column
    bounds = _bounds(connection, "touched", "slot")
    if bounds is None:
        return
    chosen = f"{time} BETWEEN {bounds} AND {time} IN (SELECT slot FROM touched)"
    sql = national_slot_sql(collection, current_rows(Shape.of(collection), condition=chosen))
    if sql is None:
        return
    _replace(connection, "national_slot", collection, chosen.replace(time, "slot_start"), sql)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched_day AS "
        f"SELECT DISTINCT {_london_day('slot')} AS day FROM touched"
    )
    days = _bounds(connection, "touched_day", "day")
    whole_days = (
        "slot_start >= (SELECT min(london_day_start(day)) "
        "FROM touched_day) AND "
        "slot_start < (SELECT max(london_day_start(day + 1)) FROM touched_day)"
    )
    name = literals.text(collection.collection)
    daily = daily_from_slots_sql(
        collection,
        "(SELECT * FROM warehouse.mart.national_slot "
        f"WHERE collection = {name} AND {whole_days} "
        f"AND {_london_day('slot_start')} IN (SELECT day FROM touched_day))",
    )
    if daily is not None:
        in_days = f"report_date BETWEEN {days} AND report_date IN (SELECT day FROM touched_day)"
        _replace(connection, "national_daily", collection, in_days, daily)
    connection.execute("DROP TABLE temp.touched_day")


def _replace(
    connection: "duckdb.DuckDBPyConnection",
    mart: str,
    collection: Collection,
    condition: str,
    sql: str,
) -> None:
    """The collection's rows of the mart that meet the condition are those of the query."""
    connection.execute(
        f"DELETE FROM warehouse.mart.{mart} "
        f"WHERE collection = {literals.text(collection.collection)} AND {condition}"
    )
    connection.execute(f"INSERT INTO warehouse.mart.{mart} {sql}")


def _bounds(connection: "duckdb.DuckDBPyConnection", table: str, column: str) -> str | None:
    """First and last value for BETWEEN, so that only their part of a history is read."""
    first, last = connection.execute(
        f"SELECT min({column})::VARCHAR, max({column})::VARCHAR FROM {table}"
    ).fetchall()[0]
    return None if first is None else f"'{first}' AND '{last}'"


def _london_day(instant: str) -> str:
    """SQL for the calendar day in London of a stored instant."""
    return f"london_day({instant})"


def _national(collection: Collection) -> list[Column]:
    return [column for column in collection.measures if column.national != "none"]


def _words(collection: Collection, measures: list[Column]) -> dict[str, str]:
    counted = [f"'{one.name}'" for one in measures if one.national == "count_reporting"]
    return {
        "collection": collection.collection,
        "measures": ", ".join(f"{one.name}::DOUBLE AS {one.name}" for one in measures),
        "names": ", ".join(one.name for one in measures),
        "counted": ", ".join(counted) or "''",
        "units": " ".join(f"WHEN '{one.name}' THEN '{one.unit}'" for one in measures),
    }
