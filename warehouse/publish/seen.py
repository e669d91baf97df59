"""A publication as it was seen at an earlier time, made from one that was made later.

The later one holds what was superseded lately, so nothing but its file is read. The tables of then
are made by the code that publishes, from a warehouse for the moment that is thrown away. Decision
35 tells what cannot be known of an earlier time.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import UsageError
from pipelines.base.settings import settings
from pipelines.registry.cadence import SlotKind
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry
from warehouse.marts.mart_queries import NATIONAL_MARTS
from warehouse.marts.refresh import refresh_marts
from warehouse.publish.kept_apart import Faults
from warehouse.publish.publications import copy_path
from warehouse.publish.published_tables import REVISIONS
from warehouse.publish.queries import SEEN_DAYS
from warehouse.publish.snapshot import build_snapshot
from warehouse.store import literals
from warehouse.store.connection import macros
from warehouse.store.histories import ensure_history
from warehouse.store.migrate import migrate
from warehouse.store.reader import ended_after, open_memory
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_SQL = Path(__file__).parent
_DATED = (NATIONAL_MARTS[SlotKind.DAY], NATIONAL_MARTS[SlotKind.MONTH])
"""Tables with the national figures that files state themselves."""


class NotSeen(UsageError):
    """A publication cannot tell of that time."""


@dataclass(frozen=True)
class Seen:
    """The file of a publication of then, and what could not be told of that time."""

    path: Path
    faults: Faults


def make_seen(later: Path, moment: datetime, registry: Registry, folder: Path) -> Seen:
    """A publication with the tables of `later` as they stood at the moment (UTC).

    It stands in the folder, with its Parquet copies beside it. Raises `NotSeen` where the moment is
    after the publication, before what it tells of, or where it holds no revisions; and
    `QuestionEnded` where it takes longer than SITREP_QUERY_SECONDS.
    """
    path = folder / f"seen-{as_stored(moment):%Y%m%dT%H%M%S}Z.duckdb"
    limit = settings().query_seconds
    with (
        _opened(later, folder / "warehouse.duckdb") as connection,
        ended_after(connection, limit, "SITREP_QUERY_SECONDS"),
    ):
        made_at = _made_at(connection)
        _refuse_unknown(made_at, moment)
        marts = [mart for mart in _DATED if _columns(connection, "main", mart.table)]
        connection.execute(render(_SQL, "seen_ledger", moment=moment, marts=marts))
        for name, collection in registry.collections.items():
            if _is_held(connection, name):
                _enter(connection, collection, moment, made_at)
        connection.execute(render(_SQL, "seen_feeds", moment=moment))
        if _columns(connection, "main", "stage_change"):
            connection.execute(render(_SQL, "seen_stages", moment=moment))
        snapshot = build_snapshot(connection, registry, path, moment)
        path.with_suffix(".parquet").rename(path.with_suffix(""))
        copy = str(copy_path(path.with_suffix(""), "finding_day"))
        connection.execute(f"ATTACH {literals.text(str(path))} AS seen")
        connection.execute(render(_SQL, "seen_findings", moment=moment, copy=copy))
    return Seen(path, snapshot.faults)


def first_seen(made_at: datetime) -> datetime:
    """The first moment that a publication made then can tell of."""
    return made_at - timedelta(days=SEEN_DAYS)


@contextmanager
def _opened(later: Path, scratch: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """An empty warehouse, with the publication attached as `later`."""
    scratch.unlink(missing_ok=True)
    try:
        with closing(open_memory()) as connection:
            connection.execute(f"ATTACH {literals.text(str(scratch))} AS warehouse")
            connection.execute(f"ATTACH {literals.text(str(later))} AS later (READ_ONLY)")
            migrate(connection)
            connection.execute("USE warehouse")
            connection.execute(macros())
            yield connection
    finally:
        for left in scratch.parent.glob(f"{scratch.name}*"):
            left.unlink(missing_ok=True)


def _made_at(connection: "duckdb.DuckDBPyConnection") -> datetime:
    """When the later publication was made; raises `NotSeen` where it holds no revisions."""
    if not _columns(connection, REVISIONS, "published_total"):
        raise NotSeen(
            "This publication holds no revisions, so it cannot tell how things stood earlier. "
            "The next publication will: run `sitrep publish`."
        )
    ((made_at,),) = connection.execute("SELECT made_at FROM later.main.publication").fetchall()
    return from_stored(made_at)


def _refuse_unknown(made_at: datetime, moment: datetime) -> None:
    first = first_seen(made_at)
    if not first <= moment <= made_at:
        raise NotSeen(
            f"This publication tells how things stood from {first:%Y-%m-%dT%H:%MZ} to "
            f"{made_at:%Y-%m-%dT%H:%MZ}, and not at {moment:%Y-%m-%dT%H:%MZ}. Earlier times: "
            "`sitrep as-of` asks the warehouse."
        )


def _enter(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    moment: datetime,
    made_at: datetime,
) -> None:
    """The warehouse has what was held of the collection, and England's figures of it."""
    ensure_history(connection, collection)
    name = collection.collection
    words: dict[str, object] = {
        "collection": name,
        "moment": moment,
        "columns": _held_as(collection, _columns(connection, "main", name)),
        "revised": _held_as(collection, _columns(connection, REVISIONS, name)),
        "time": collection.time_column,
        "is_dated": collection.cadence.is_dated,
    }
    connection.execute(render(_SQL, "seen_rows", **words))
    refresh_marts(connection, collection)
    days = collection.publish_days
    if days is not None:
        cut = made_at - timedelta(days=days)
        mart = NATIONAL_MARTS[SlotKind.MONTH if collection.cadence.is_monthly else SlotKind.DAY]
        if _columns(connection, "main", mart.table):
            words = {"collection": collection, "cut": cut, "mart": mart}
            connection.execute(render(_SQL, "seen_marts", **words))


def _is_held(connection: "duckdb.DuckDBPyConnection", collection: str) -> bool:
    return bool(
        _columns(connection, "main", collection) and _columns(connection, REVISIONS, collection)
    )


def _held_as(collection: Collection, held: set[str]) -> dict[str, str]:
    """The collection's columns that a table has, with the names that it has them under."""
    return {
        column.name: name
        for column in collection.columns
        if (name := next((one for one in (column.name, *column.was) if one in held), None))
    }


def _columns(connection: "duckdb.DuckDBPyConnection", schema: str, table: str) -> set[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'later' "
        f"AND schema_name = {literals.text(schema)} AND table_name = {literals.text(table)}"
    ).fetchall()
    return {name for (name,) in rows}
