"""Builds the tables of a publication into a DuckDB file, and the same as Parquet beside it.

A table that cannot be made anew costs itself only: that of the publication before stands in its
place, the others go on, and why is told.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.kill_points import reached
from pipelines.registry.registry import Registry
from warehouse.marts.now.now import CHANGE, EXPECTED, NOW_TABLES, expect_as_before
from warehouse.publish.attached_files import attached_files
from warehouse.publish.carry_over import is_in_earlier
from warehouse.publish.empty_tables import (
    EARLIER,
    enter_tables,
    fingerprint,
    keep_empty,
    table_path,
)
from warehouse.publish.fill import fill, second_thread
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.old_publications import drop_build
from warehouse.publish.parquet_copies import write_copies
from warehouse.publish.parted_tables import PartedTable, parted_tables
from warehouse.publish.patching import Patching
from warehouse.publish.preparation import NEWEST_OF, SLOTS_OF, empty_histories, prepare, prepare_now
from warehouse.publish.publications import Build, Earlier
from warehouse.publish.published_tables import PublishedTable
from warehouse.publish.published_views import make_views, view_statements
from warehouse.publish.queries import Query, queries_of, tables_of
from warehouse.publish.shrinkage import Loss, columns_of_earlier, find_losses
from warehouse.publish.sound_parts import broken_parts, described_tables, sound_collections
from warehouse.publish.stale_rows import carry_stale_rows
from warehouse.publish.whole_or_patched import copy_undamaged, find_basis, why_whole
from warehouse.store.shape import Shape
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_VIEWS = "figures over time"
_TOLD_BESIDE = ("organisation", EXPECTED, *NOW_TABLES, CHANGE)
"""Tables that are made from the temporary ones, by a second thread."""
_Told = TypeVar("_Told", Query, PublishedTable)


@dataclass(frozen=True)
class Snapshot:
    """What was built: the rows of each table, and what is not new."""

    rows: dict[str, int]
    faults: Faults = field(default_factory=dict)
    contract: str | None = None
    """Fingerprint of the contracts, None where the tables are not what they say."""
    losses: tuple[Loss, ...] | None = None
    """What the one before has and this one lacks, though its windows should hold it.

    None where there is none before it that can be read.
    """
    build: Build | None = None


@dataclass(frozen=True)
class _Plan:
    """What a publication is made from, whether as a whole or from a copy of the one before."""

    registry: Registry
    made_at: datetime
    shapes: Sequence[Shape]
    empty: frozenset[str]
    """Collections whose histories hold nothing."""
    queries: Mapping[str, Query]
    tables: Mapping[str, PublishedTable]
    parted: Mapping[str, PartedTable]
    contract: str
    basis: str
    untold: Faults
    """Collections and feeds whose files cannot be used."""
    faults: Faults


def build_snapshot(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    path: Path,
    made_at: datetime,
    earlier: Earlier | None = None,
    told: Faults | None = None,
    whole: bool = False,
) -> Snapshot:
    """The publication's tables stand in the file; `told` is what went wrong before.

    Parquet copies stand in the folder of the same name that ends in `.parquet`. Where nothing
    speaks against it, all that did not change since the earlier publication is taken from there,
    unless a `whole` one is asked for.
    """
    plan = _plan(connection, registry, made_at, told)
    reason: str | None = "it is asked for, or the last try was broken off"
    if not whole:
        reason = why_whole(connection, earlier, plan.contract, plan.basis, made_at)
    if reason is None and earlier is not None and not (plan.faults or plan.untold):
        snapshot = _build_patched(connection, plan, path, earlier)
        if snapshot is not None:
            return snapshot
    logging.getLogger(__name__).info("The publication is made as a whole: %s", reason or "faults")
    return _build(connection, plan, path, earlier)


def _plan(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    made_at: datetime,
    told: Faults | None,
) -> _Plan:
    faults: Faults = {**(told or {})}
    untold = broken_parts(registry)
    shapes = prepare(connection, registry, made_at, faults)
    empty = empty_histories(connection, registry, shapes)
    # No query has to be made for the tables of a history that holds nothing.
    queries = queries_of(registry, shapes, made_at) | {
        table: str for name in empty for table in tables_of(name)
    }
    tables = described_tables(registry, faults)
    views: dict[str, list[str]] = {}
    with costs_only(_VIEWS, faults):
        views = view_statements(sound_collections(registry, tables, faults))
    contract, basis = fingerprint(tables, views), find_basis(connection)
    parted = parted_tables(shapes, made_at)
    return _Plan(
        registry, made_at, shapes, empty, queries, tables, parted, contract, basis, untold, faults
    )


def _build_patched(
    connection: "duckdb.DuckDBPyConnection", plan: _Plan, path: Path, earlier: Earlier
) -> Snapshot | None:
    """The snapshot from a copy of the earlier one; None where that fails, and nothing is left."""
    import duckdb

    if not copy_undamaged(earlier, path):
        return None
    reached("publish: copied")
    patching = Patching(plan.parted, plan.made_at)
    try:
        snapshot = _build(connection, plan, path, earlier, patching)
    except duckdb.InterruptException:
        raise
    except Exception as error:
        raise_disk_fault(error)
        logging.getLogger(__name__).exception("The publication before could not be patched")
    else:
        if not snapshot.faults:
            return snapshot
        logging.getLogger(__name__).warning("The publication before could not be patched")
    drop_build(path)
    return None


def _build(
    connection: "duckdb.DuckDBPyConnection",
    plan: _Plan,
    path: Path,
    earlier: Earlier | None,
    patching: Patching | None = None,
) -> Snapshot:
    """The snapshot in the file, which is a copy of the earlier one where that is patched."""
    registry, tables, untold = plan.registry, plan.tables, plan.untold
    faults = {**plan.faults}
    with attached_files(connection, path, earlier) as before:
        as_before = before is not None and before.contract == plan.contract
        has_views = patching is not None or enter_tables(
            connection, tables, faults, plan.contract, as_before=as_before
        )
        broken = untold if before is not None and is_in_earlier(connection, EXPECTED) else ()
        rows = _fill_all(connection, plan, sorted(broken), faults, patching)
        stale = untold.keys() | {
            name
            for name in registry.collections
            if not faults.keys().isdisjoint((SLOTS_OF.format(name), NEWEST_OF.format(name)))
        }
        for name in stale & faults.keys():
            # What is wrong with its table is wrong with its newest values too, and told once.
            faults.pop(NEWEST_OF.format(name), None)
        rows |= carry_stale_rows(connection, sorted(stale), rows, faults, plan.made_at)
        faults |= untold
        if not has_views or (faults and not as_before):
            with costs_only(_VIEWS, faults):
                make_views(
                    connection, view_statements(sound_collections(registry, rows, faults)), faults
                )
        if not as_before and not faults:
            keep_empty(connection, plan.contract)
        losses = None
        if before is not None:
            # To ask DuckDB for 300 columns takes longer than to count the rows.
            columns = {name: table.columns for name, table in tables.items()}
            held = columns if as_before else columns_of_earlier(connection)
            losses = find_losses(connection, plan.shapes, rows, plan.made_at, faults, held)
        parquet = path.with_suffix(".parquet")
        copies = write_copies(connection, rows, parquet, plan.parted, before, patching)
        connection.execute("CHECKPOINT publication")
    is_as_told = not faults and rows.keys() == tables.keys()
    whole_at = earlier.build.whole_at if patching and earlier and earlier.build else plan.made_at
    build = Build(whole_at, plan.basis, copies)
    return Snapshot(rows, faults, plan.contract if is_as_told else None, losses, build)


def _fill_all(
    connection: "duckdb.DuckDBPyConnection",
    plan: _Plan,
    broken: Sequence[str],
    faults: Faults,
    patching: Patching | None,
) -> dict[str, int]:
    """The rows of each table, in the tables' order; two threads share them.

    `broken` collections and feeds are expected as before.
    """
    queries, tables, told_faults = plan.queries, plan.tables, dict(faults)

    def tell_beside(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
        told = (connection, plan.registry, plan.made_at, told_faults)
        own = _of(queries, beside=True), _of(tables, beside=True)
        with _together(connection, patching):
            prepare_now(*told, plan.empty, is_patched=patching is not None)
            if broken:
                expect_as_before(connection, f"{EARLIER}.{table_path(EXPECTED)}", broken)
            return fill(connection, *own, told_faults, patching)

    with second_thread(connection) as (other, thread):
        beside_it = thread.submit(tell_beside, other)
        own = _of(queries, beside=False), _of(tables, beside=False)
        with _together(connection, patching):
            filled = fill(connection, *own, faults, patching)
        filled |= beside_it.result()
    faults |= told_faults
    return {table: filled[table] for table in (*queries, *tables) if table in filled}


def _together(
    connection: "duckdb.DuckDBPyConnection", patching: Patching | None
) -> AbstractContextManager[None]:
    """A patch is one transaction of each thread; what is made as a whole is one of each table."""
    return transaction(connection) if patching is not None else nullcontext()


def _of(told: Mapping[str, _Told], *, beside: bool) -> dict[str, _Told]:
    """Those of the tables that the second thread makes, or the others."""
    return {table: one for table, one in told.items() if (table in _TOLD_BESIDE) == beside}
