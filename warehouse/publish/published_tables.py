"""What every table and column of a publication means, from the contracts and one file beside this.

The tables of collections follow from `expectations/`, all others from `published_tables.yaml`. The
data dictionary and the comments inside a publication are made from what stands here.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from pipelines.base.yamlfile import Strict, read_model
from pipelines.registry.cadence import SlotKind
from pipelines.registry.column import SQL_TYPES, Column
from pipelines.registry.contract import Collection

TESTING = "testing"
"""Schema of a publication that holds the values of feeds that are not live yet, apart."""
REVISIONS = "revisions"
"""Schema of a publication that holds what was superseded lately, to see how things stood."""
SCHEMAS = (TESTING, REVISIONS)

LONDON = "slot_start_london"
"""Column that tells a quarter-hour's slot as clocks in London do."""

_UNITS = {SlotKind.MINUTES: "slots", SlotKind.DAY: "days", SlotKind.MONTH: "months"}
"""What slots are called in the plural."""

_FILE = Path(__file__).parent / "published_tables.yaml"

SqlType = Literal[
    "VARCHAR", "BOOLEAN", "DOUBLE", "INTEGER", "BIGINT", "HUGEINT", "DATE", "TIMESTAMP"
]
Time = Literal["UTC instant", "London time", "London day", "calendar date"]

_TIMES: dict[str, tuple[Time | None, ...]] = {
    "TIMESTAMP": ("UTC instant", "London time"),
    "DATE": ("London day", "calendar date"),
}
"""What the column's time may be, by its type; a column of another type has none."""


class PublishedColumn(Strict):
    """One column of a published table."""

    type: SqlType
    meaning: str = Field(min_length=1)
    unit: str | None = None
    time: Time | None = None

    @model_validator(mode="after")
    def _says_what_its_time_is(self) -> "PublishedColumn":
        allowed = _TIMES.get(self.type, (None,))
        if self.time not in allowed:
            told = " or ".join(f"'{one}'" for one in allowed if one) or "none"
            raise ValueError(f"time of a {self.type} is {told}")
        return self

    @property
    def text(self) -> str:
        """The meaning with the unit and what its time is, in sentences."""
        unit = f" Unit: {self.unit}." if self.unit else ""
        return f"{self.meaning}{unit}{f' {self.time}.' if self.time else ''}"


class PublishedTable(Strict):
    """One table of a publication."""

    title: str = Field(min_length=1)
    row: str = Field(min_length=1, description="What a row is, for 'A row is …'.")
    key: tuple[str, ...] = Field(min_length=1, description="Columns that no two rows share.")
    meaning: str = Field(min_length=1)
    freshness: str = Field(min_length=1)
    window: str = Field(min_length=1, description="From when on rows are held.")
    columns: dict[str, PublishedColumn]

    @model_validator(mode="after")
    def _has_its_key(self) -> "PublishedTable":
        if unknown := sorted(set(self.key) - set(self.columns)):
            raise ValueError(f"key names no column: {', '.join(unknown)}")
        return self

    @property
    def text(self) -> str:
        """All that is said of the table as a whole, in sentences."""
        return (
            f"{self.title}. A row is {self.row}. {self.meaning} Freshness: {self.freshness} "
            f"Window: {self.window}"
        )


class Revisions(Strict):
    """What the table of revisions of every collection says, and has besides its contract."""

    meaning: str
    window: str
    columns: dict[str, PublishedColumn]


class EveryCollection(Strict):
    """What the table of every collection says and has besides its contract."""

    freshness: str
    live: str
    testing: str
    revisions: Revisions
    columns: dict[str, PublishedColumn]


class PublishedTables(Strict):
    """The file: tables that are no collection's, and what all those of collections share."""

    every_collection: EveryCollection
    tables: dict[str, PublishedTable]


@cache
def published_tables() -> PublishedTables:
    """The contract of the tables that no collection's contract describes."""
    return read_model(_FILE, PublishedTables)


def collection_tables(collection: Collection) -> dict[str, PublishedTable]:
    """The tables of one collection: of live feeds, of those in testing, and of revisions."""
    shared = published_tables().every_collection
    name = collection.collection
    return {
        name: _collection_table(collection, shared.live),
        f"{TESTING}.{name}": _collection_table(collection, shared.testing),
        f"{REVISIONS}.{name}": _revisions_table(collection, shared.revisions),
    }


def owner_of(table: str) -> str:
    """The collection that the table belongs to, or the table itself."""
    schema, _, name = table.partition(".")
    return name if schema in SCHEMAS else table


def _collection_table(collection: Collection, whose: str) -> PublishedTable:
    """The table of a collection; `whose` says which feeds' values it holds."""
    return PublishedTable(
        title=collection.title,
        row=collection.row,
        key=collection.key,
        meaning=f"{collection.description} {whose}",
        freshness=published_tables().every_collection.freshness,
        window=window(collection),
        columns=dict(_columns(collection)),
    )


def _revisions_table(collection: Collection, told: Revisions) -> PublishedTable:
    names = (*collection.key, *(one.name for one in collection.measures))
    columns = {name: contract_column(collection.column(name)) for name in names}
    return PublishedTable(
        title=f"{collection.title}, revised",
        row=f"{collection.row}, as it was before it was revised",
        key=(*collection.key, "superseded_at"),
        meaning=told.meaning,
        freshness=published_tables().every_collection.freshness,
        window=told.window,
        columns=columns | told.columns,
    )


def window(collection: Collection) -> str:
    """From when on a publication holds the collection's rows."""
    days = collection.publish_days
    unit = _UNITS[collection.cadence.kind]
    if days is None:
        return f"All {unit} that were ever loaded."
    return f"{unit.capitalize()} of the last {days} days."


def _columns(collection: Collection) -> Iterator[tuple[str, PublishedColumn]]:
    """The columns in the order in which `marts/collection.sql` gives them."""
    shared = published_tables().every_collection.columns
    organisation, time = collection.organisation_column, collection.time_column
    others = [name for name in collection.key if name not in (organisation, time)]
    yield organisation, contract_column(collection.column(organisation))
    yield from ((name, shared[name]) for name in ("org_name", "region_code"))
    yield from ((name, contract_column(collection.column(name))) for name in (*others, time))
    if not collection.cadence.is_dated:
        yield LONDON, shared[LONDON]
    yield from ((one.name, contract_column(one)) for one in collection.measures)
    yield from ((name, shared[name]) for name in ("submission_id", "recorded_at"))


def contract_column(column: Column) -> PublishedColumn:
    """The column as a contract describes it; one of a time has no unit and says what time it is."""
    times: dict[str, Time] = {
        "date": "London day",
        "month": "calendar date",
        "slot": "UTC instant",
    }
    time = times.get(column.type)
    item = f" Source item {column.source_item}." if column.source_item else ""
    return PublishedColumn.model_validate(
        {
            "type": SQL_TYPES[column.type],
            "meaning": f"{column.description}{item}",
            "unit": None if time else column.unit or None,
            "time": time,
        }
    )
