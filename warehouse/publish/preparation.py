"""What a publication reads is brought up to date, and what the tables of now are made from."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.registry.registry import Registry
from warehouse.marts.now.now import CHANGE, begin_now, gather_now
from warehouse.marts.shadow.scorecard import SCORECARD, enter_scorecards
from warehouse.marts.slot_grid import ensure_grid, held_once
from warehouse.publish.empty_tables import EARLIER, table_path
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.revised_moments import begin_moments, find_moments
from warehouse.store import literals
from warehouse.store.histories import ensure_history, held_shapes
from warehouse.store.shape import Shape

if TYPE_CHECKING:
    import duckdb

SLOTS_OF = "slots of {}"
"""What is at fault where a collection's slots cannot be entered up to now."""
NEWEST_OF = "newest values of {}"
"""What is at fault where a collection's newest values, and changes, cannot be gathered."""
_PLACES = "names and regions of organisations"


def prepare(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    made_at: datetime,
    faults: Faults,
) -> list[Shape]:
    """The shapes of all histories, after what a publication reads has been brought up to date."""
    contracts: dict[str, Shape] = {}
    held = held_once(connection)
    for name, collection in registry.collections.items():
        with costs_only(name, faults):
            ensure_history(connection, collection)
            contracts[name] = Shape.of(collection)
        with costs_only(SLOTS_OF.format(name), faults):
            ensure_grid(connection, registry.of_collection(name), made_at, held)
    with costs_only(SCORECARD, faults):
        enter_scorecards(connection, registry, made_at)
    # A collection whose contract is broken just now is published all the same.
    return [contracts.get(one.collection, one) for one in held_shapes(connection)]


def prepare_now(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    made_at: datetime,
    faults: Faults,
    empty: Collection[str] = (),
    *,
    is_patched: bool = False,
) -> None:
    """The connection has the temporary tables that the tables of now are made from.

    With `is_patched` they have those changes only that the publication before does not tell.
    Nobody looks for values and changes of collections whose histories are `empty`.
    """
    told_before = _with_changes_before(connection) if is_patched and empty else ()
    with costs_only(_PLACES, faults):
        begin_now(connection)
        begin_moments(connection, made_at)
    for name, collection in registry.collections.items():
        with costs_only(NEWEST_OF.format(name), faults):
            told = (connection, registry, name, made_at)
            if name in empty and name not in told_before:
                gather_now(*told, has_rows=False)
            elif is_patched:
                gather_now(*told, find_moments(connection, Shape.of(collection), made_at))
            else:
                gather_now(*told)


def _with_changes_before(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    """The collections of which the publication before tells changes."""
    rows = connection.execute(
        f"SELECT DISTINCT collection FROM {EARLIER}.{table_path(CHANGE)}"
    ).fetchall()
    return {name for (name,) in rows}


def empty_histories(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, shapes: Sequence[Shape]
) -> frozenset[str]:
    """The collections of contracts whose histories hold nothing."""
    known = [one.collection for one in shapes if registry.knows(one.collection)]
    if not known:
        return frozenset()
    told = " UNION ALL ".join(
        f"SELECT {literals.text(name)} WHERE NOT EXISTS (SELECT 1 FROM warehouse.history.{name})"
        for name in known
    )
    return frozenset(name for (name,) in connection.execute(told).fetchall())
