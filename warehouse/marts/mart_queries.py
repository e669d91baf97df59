"""The queries of the marts, from the rows that they are asked for."""

from pathlib import Path
from typing import NamedTuple

from pipelines.registry.cadence import SlotKind
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.shape import Shape
from warehouse.store.sql import render

_FOLDER = Path(__file__).parent


class NationalMart(NamedTuple):
    """A table of England's figures, and the column that names the slot of each."""

    table: str
    time_column: str


NATIONAL_MARTS = {
    SlotKind.MINUTES: NationalMart("national_slot", "slot_start"),
    SlotKind.DAY: NationalMart("national_daily", "report_date"),
    SlotKind.MONTH: NationalMart("national_monthly", "month"),
}
"""Where England's figures of a collection stand, by what a slot of it is."""


def mart_sql(name: str, **words: object) -> str:
    """The SQL of `<name>.sql` of this folder with its words filled in."""
    return render(_FOLDER, name, **words)


def current_rows(shape: Shape, stage: str = "live", condition: str = "true") -> str:
    """A query for the collection's values of that stage that are held now."""
    return (
        f"(SELECT * FROM warehouse.history.{shape.collection} "
        f"WHERE superseded_at IS NULL AND stage = {literals.text(stage)} AND {condition})"
    )


def collection_sql(source: str, shape: Shape) -> str:
    """A query for a collection's table as readers see it, from the rows of `source`."""
    organisation, time = shape.organisation_column, shape.time_column
    return mart_sql(
        "collection",
        source=source,
        organisation=organisation,
        time=time,
        is_dated=shape.is_dated,
        others=[name for name in shape.key if name not in (organisation, time)],
        measures=shape.measures,
    )


def national_dated_sql(collection: Collection, source: str, published: str) -> str | None:
    """A query for England per day or month and measure, or None where no measure has a figure.

    `source` gives rows of a collection of days or months, `published` the figures of files.
    """
    mart = NATIONAL_MARTS[collection.cadence.kind]
    stated = [
        column
        for column in collection.measures
        if column.national == "none" and column.is_number and collection.cadence.is_monthly
    ]
    words = {"published": published, "named": mart.time_column, "stated": stated}
    return _national_sql("national_dated", collection, source, **words)


def national_slot_sql(collection: Collection, source: str) -> str | None:
    """A query for England per slot and measure, or None where no measure has a national figure."""
    return _national_sql("national_slot", collection, source)


def daily_from_slots_sql(collection: Collection, source: str) -> str | None:
    """A query for England per London day, from England's slots in `source`; None without any."""
    flows = [one.name for one in _national(collection) if one.daily == "sum"]
    if not flows:
        return None
    return mart_sql(
        "daily_from_slots", collection=collection.collection, source=source, flows=flows
    )


def _national_sql(name: str, collection: Collection, source: str, **words: object) -> str | None:
    measures = _national(collection)
    if not measures:
        return None
    figures = mart_sql(
        "national_figures",
        source=source,
        organisation=collection.organisation_column,
        time=collection.time_column,
        measures=measures,
        counted=[one.name for one in measures if one.national == "count_reporting"],
        largest=[one.name for one in measures if one.national == "max"],
        decimal=[one.name for one in measures if one.type == "decimal"],
    )
    return mart_sql(
        name,
        collection=collection.collection,
        figures=figures,
        has_sites=collection.site_column is not None,
        measures=measures,
        **words,
    )


def _national(collection: Collection) -> list[Column]:
    return [column for column in collection.measures if column.national != "none"]
