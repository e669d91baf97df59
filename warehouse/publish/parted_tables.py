"""The large tables of a publication, whose rows belong to parts: slots, days, moments of loads.

A part that the publication before has as the warehouse has it is not made again. Whether it has is
told by the number of its rows and by few columns: a state of a row is recorded once and never
altered, and whatever is recorded later has a later time of recording.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pipelines.registry.cadence import SlotKind
from warehouse.marts.mart_queries import NATIONAL_MARTS, current_rows
from warehouse.publish.published_tables import REVISIONS, TESTING, published_tables
from warehouse.publish.queries import (
    SEEN_DAYS,
    SUBMISSION_DAYS,
    collection_rows_sql,
    national_rows,
    national_sql,
    revisions_sql,
    submissions_sql,
)
from warehouse.store import literals
from warehouse.store.shape import Shape


@dataclass(frozen=True)
class PartedTable:
    """A table in parts, and how those of the warehouse are told from those of a publication."""

    table: str
    part: str
    """The column whose values are the parts, in the table and in what it is made from."""
    kind: str
    """Its type: DATE or TIMESTAMP."""
    told_by: tuple[str, ...]
    """The columns that tell rows of one part from others of it, in both."""
    held: str
    """What the table is made from, as something to select from."""
    rows: Callable[[str], str]
    """A query for the table's rows of those parts for which a condition is true."""


def parted_tables(shapes: Iterable[Shape], made_at: datetime) -> dict[str, PartedTable]:
    """Each table in parts of a publication made at that moment, by its name."""
    tables = [*_of_collections(shapes, made_at), *_of_the_nation(made_at), _submissions(made_at)]
    return {one.table: one for one in tables}


def _of_collections(shapes: Iterable[Shape], made_at: datetime) -> Iterator[PartedTable]:
    for shape in shapes:
        window = shape.published_from(made_at)
        for table, stage in (
            (shape.collection, "live"),
            (f"{TESTING}.{shape.collection}", TESTING),
        ):
            yield PartedTable(
                table,
                shape.time_column,
                "DATE" if shape.is_dated else "TIMESTAMP",
                ("recorded_at",),
                current_rows(shape, stage, window),
                partial(collection_rows_sql, shape, stage, made_at),
            )
        yield revised(shape, made_at, made_at - timedelta(days=SEEN_DAYS))


def revised(shape: Shape, made_at: datetime, since: datetime) -> PartedTable:
    """The revisions of a collection from `since` on; each moment of superseding is a part."""
    held = (
        f"(SELECT * FROM warehouse.history.{shape.collection} WHERE stage = 'live' "
        f"AND superseded_at >= {literals.instant(since)} AND recorded_at < superseded_at)"
    )
    return PartedTable(
        f"{REVISIONS}.{shape.collection}",
        "superseded_at",
        "TIMESTAMP",
        ("recorded_at",),
        held,
        partial(revisions_sql, shape, made_at),
    )


def _of_the_nation(made_at: datetime) -> Iterator[PartedTable]:
    for kind in SlotKind:
        mart = NATIONAL_MARTS[kind]
        columns = tuple(published_tables().tables[mart.table].columns)
        yield PartedTable(
            mart.table,
            mart.time_column,
            "TIMESTAMP" if kind is SlotKind.MINUTES else "DATE",
            tuple(name for name in columns if name != mart.time_column),
            f"({national_rows(kind, made_at)})",
            partial(national_sql, kind, made_at),
        )


def _submissions(made_at: datetime) -> PartedTable:
    """A line of the ledger is never altered; one that is read again gets another moment."""
    since = literals.instant(made_at - timedelta(days=SUBMISSION_DAYS))
    return PartedTable(
        "submission",
        "settled_at",
        "TIMESTAMP",
        ("received_at",),
        f"(SELECT * FROM warehouse.ops.submission WHERE received_at >= {since})",
        partial(submissions_sql, "submission", made_at),
    )
