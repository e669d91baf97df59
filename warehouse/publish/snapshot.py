"""Builds the tables of a publication into a DuckDB file, and the same as Parquet beside it.

A table that cannot be made anew costs itself only: that of the publication before stands in its
place, the others go on, and why is told.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.registry.contract import Collection
from pipelines.registry.feed import collection_named_in
from pipelines.registry.registry import Registry
from warehouse.marts.now.now import (
    CHANGE,
    EXPECTED,
    NOW_TABLES,
    age_values,
    begin_now,
    expect_as_before,
    gather_now,
)
from warehouse.marts.shadow.scorecard import SCORECARD, enter_scorecards
from warehouse.marts.slot_grid import ensure_grid
from warehouse.publish.carry_over import carry_rows, is_in_earlier
from warehouse.publish.empty_tables import (
    EARLIER,
    enter_tables,
    fingerprint,
    keep_empty,
    table_path,
)
from warehouse.publish.fill import fill, second_thread
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.parquet_copies import write_copies
from warehouse.publish.publications import Earlier
from warehouse.publish.published_tables import (
    PublishedTable,
    collection_tables,
    published_tables,
)
from warehouse.publish.published_views import make_views, view_statements
from warehouse.publish.queries import Query, queries_of, without_rows
from warehouse.publish.shrinkage import Loss, columns_of_earlier, find_losses
from warehouse.store import literals
from warehouse.store.histories import ensure_history, held_shapes
from warehouse.store.shape import Shape

if TYPE_CHECKING:
    import duckdb

_GRID = "slots of {}"
"""What is at fault where a collection's slots cannot be entered up to now."""
_NOW = "newest values of {}"
"""What is at fault where a collection's newest values, and changes, cannot be gathered."""
_VIEWS = "figures over time"
_PLACES = "names and regions of organisations"
_TOLD_BESIDE = ("organisation", EXPECTED, *NOW_TABLES, CHANGE)
"""Tables that are made from the temporary ones, by a second thread."""
_Told = TypeVar("_Told", Query, PublishedTable)
_OF_ALL_FEEDS = ("slot_status", "feed_status", "feed_day_status", "coverage")
"""Tables in which every collection has rows; those of one that cannot be told are carried over."""


@dataclass(frozen=True)
class Snapshot:
    """What was built: the rows of each table, and what is not new."""

    rows: dict[str, int]
    faults: Faults = field(default_factory=dict)
    contract: str | None = None
    """Fingerprint of the contracts, None where the tables are not what they say."""
    losses: tuple[Loss, ...] | None = None
    """What the one before has and this one lacks, though its windows should hold it.

    None where there is none before it that can be opened.
    """


def build_snapshot(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    path: Path,
    made_at: datetime,
    earlier: Earlier | None = None,
    told: Faults | None = None,
) -> Snapshot:
    """The publication's tables stand in the file; `told` is what went wrong before.

    Parquet copies stand in the folder of the same name that ends in `.parquet`.
    """
    faults: Faults = {**(told or {})}
    untold = _broken_parts(registry)
    shapes = prepare(connection, registry, made_at, faults)
    queries = queries_of(registry, shapes, made_at) | without_rows(connection, registry, shapes)
    tables = _described(registry, faults)
    views: dict[str, list[str]] = {}
    with costs_only(_VIEWS, faults):
        views = view_statements(_sound(registry, tables, faults))
    contract = fingerprint(tables, views)
    with _attached(connection, path, earlier) as before:
        as_before = before is not None and before.contract == contract
        has_views = enter_tables(connection, tables, faults, contract, as_before=as_before)
        broken = untold if before is not None and is_in_earlier(connection, EXPECTED) else ()
        rows = _fill_all(connection, registry, made_at, sorted(broken), queries, tables, faults)
        stale = untold.keys() | {
            name
            for name in registry.collections
            if not faults.keys().isdisjoint((_GRID.format(name), _NOW.format(name)))
        }
        for name in stale & faults.keys():
            # What is wrong with its table is wrong with its newest values too, and told once.
            faults.pop(_NOW.format(name), None)
        rows |= _carry_rows(connection, sorted(stale), rows, faults, made_at)
        faults |= untold
        if not has_views or (faults and not as_before):
            with costs_only(_VIEWS, faults):
                make_views(connection, view_statements(_sound(registry, rows, faults)), faults)
        if not as_before and not faults:
            keep_empty(connection, contract)
        losses = None
        if before is not None:
            # To ask DuckDB for 300 columns takes longer than to count the rows.
            columns = {name: table.columns for name, table in tables.items()}
            held = columns if as_before else columns_of_earlier(connection)
            losses = find_losses(connection, shapes, rows, made_at, faults, held)
        write_copies(connection, rows, path.with_suffix(".parquet"))
        connection.execute("CHECKPOINT publication")
    is_as_told = not faults and rows.keys() == tables.keys()
    return Snapshot(rows, faults, contract if is_as_told else None, losses)


def _sound(registry: Registry, tables: Mapping[str, object], faults: Faults) -> list[Collection]:
    """The collections whose tables are there, and that nothing is wrong with."""
    return [
        one for name, one in registry.collections.items() if name in tables and name not in faults
    ]


def prepare(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    made_at: datetime,
    faults: Faults,
) -> list[Shape]:
    """The shapes of all histories, after what a publication reads has been brought up to date."""
    contracts: dict[str, Shape] = {}
    for name, collection in registry.collections.items():
        with costs_only(name, faults):
            ensure_history(connection, collection)
            contracts[name] = Shape.of(collection)
        with costs_only(_GRID.format(name), faults):
            ensure_grid(connection, registry.of_collection(name), made_at)
    with costs_only(SCORECARD, faults):
        enter_scorecards(connection, registry, made_at)
    # A collection whose contract is broken just now is published all the same.
    return [contracts.get(one.collection, one) for one in held_shapes(connection)]


def prepare_now(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    made_at: datetime,
    faults: Faults,
) -> None:
    """The connection has the temporary tables that the tables of now are made from."""
    with costs_only(_PLACES, faults):
        begin_now(connection)
    for name in registry.collections:
        with costs_only(_NOW.format(name), faults):
            gather_now(connection, registry, name, made_at)


def _fill_all(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    made_at: datetime,
    broken: Sequence[str],
    queries: Mapping[str, Query],
    tables: Mapping[str, PublishedTable],
    faults: Faults,
) -> dict[str, int]:
    """The rows of each table, in the tables' order; two threads share them.

    `broken` collections and feeds are expected as before.
    """
    told_faults = dict(faults)

    def tell_beside(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
        prepare_now(connection, registry, made_at, told_faults)
        if broken:
            expect_as_before(connection, f"{EARLIER}.{table_path(EXPECTED)}", broken)
        return fill(connection, _told_beside(queries), _told_beside(tables), told_faults)

    with second_thread(connection) as (other, thread):
        beside_it = thread.submit(tell_beside, other)
        filled = fill(connection, _told_here(queries), _told_here(tables), faults)
        filled |= beside_it.result()
    faults |= told_faults
    return {table: filled[table] for table in (*queries, *tables) if table in filled}


def _told_beside(told: Mapping[str, _Told]) -> dict[str, _Told]:
    return {table: one for table, one in told.items() if table in _TOLD_BESIDE}


def _told_here(told: Mapping[str, _Told]) -> dict[str, _Told]:
    return {table: one for table, one in told.items() if table not in _TOLD_BESIDE}


def _broken_parts(registry: Registry) -> Faults:
    """The collections and feeds whose files cannot be used, and why; values held stay published."""
    return {
        problem.collection or problem.feed_id or str(problem.path): problem.message
        for problem in registry.problems
        # That of a feed without a contract follows from the contract's own.
        if not registry.is_broken(problem.feed_id)
    }


def _carry_rows(
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


def _described(registry: Registry, faults: Faults) -> dict[str, PublishedTable]:
    """The tables with their contracts, without those of a collection that describes them badly."""
    tables: dict[str, PublishedTable] = {}
    for name, collection in registry.collections.items():
        with costs_only(name, faults):
            tables |= collection_tables(collection)
    return {**tables, **published_tables().tables}


@contextmanager
def _attached(
    connection: "duckdb.DuckDBPyConnection", path: Path, earlier: Earlier | None
) -> Iterator[Earlier | None]:
    """The file that is built is attached as `publication`, the one before as `earlier`.

    Yields the one before, or None where it cannot be opened: a broken one must not be the last.
    """
    import duckdb

    # Nobody goes on with a file that was left in the middle: it needs no log for that.
    connection.execute(
        f"ATTACH {literals.text(str(path))} AS publication (RECOVERY_MODE 'no_wal_writes')"
    )
    try:
        if earlier is not None:
            file = literals.text(str(earlier.path))
            try:
                connection.execute(f"ATTACH {file} AS {EARLIER} (READ_ONLY)")
            except duckdb.Error:
                logging.getLogger(__name__).exception("%s cannot be opened", earlier.path)
                earlier = None
        yield earlier
    finally:
        connection.execute(f"DETACH DATABASE IF EXISTS {EARLIER}")
        connection.execute("DETACH publication")
