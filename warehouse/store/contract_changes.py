"""How a contract differs from the history that was made by an earlier state of it.

A change that keeps the meaning of what is held is made (`warehouse.store.histories` does it);
any other is refused, with what to do instead. Decision 37 says which is which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pipelines.base.errors import ContractFault
from pipelines.registry.column import SQL_TYPES, Column
from pipelines.registry.contract import Collection
from pipelines.registry.registry import column_place
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

WIDER = frozenset({("INTEGER", "DOUBLE")})
"""Stored type and wanted type, where every value of the first is one of the second."""


class ChangeKind(StrEnum):
    """What becomes of a column of the history."""

    RENAME = "rename"
    RETYPE = "retype"
    ADD = "add"
    DROP = "drop"
    RETURN = "return"
    REFUSED = "refused"


@dataclass(frozen=True)
class ContractChange:
    """One column that the contract says otherwise than the history, and what is done about it."""

    kind: ChangeKind
    column: str
    """As the contract calls it; of the key, `key`."""
    before: str
    """The earlier name or type; empty where there was none."""
    after: str
    done: str
    """What is done, or why it is refused and what to do."""


@dataclass(frozen=True)
class HeldColumns:
    """The columns that a history has, and what is known of its measures."""

    types: Mapping[str, str]
    """The stored type of each column of the contract's own."""
    bits: Mapping[str, int]
    """Every measure that the collection ever had, with its bit."""
    dropped: Mapping[str, datetime]
    """The measures that no contract had when it was last looked at, and since when."""
    renamed: Mapping[str, str]
    """Earlier names of columns → the names that they were given last."""


def find_changes(collection: Collection, held: HeldColumns) -> list[ContractChange]:
    """What of the history the contract says otherwise: refusals first, then in its own order."""
    renames = _renames(collection, held)
    changes = [change for column in collection.columns for change in _of_column(
        column, collection, held, renames.get(column.name))]  # fmt: skip
    gone = set(held.bits) - {column.name for column in collection.columns} - set(renames.values())
    changes += [
        ContractChange(ChangeKind.DROP, name, held.types[name], "", _DROPPED)
        for name in sorted(gone & set(held.types) - set(held.dropped), key=held.bits.__getitem__)
    ]
    if held.bits and (change := _of_key(collection, held, renames)):
        changes.append(change)
    return sorted(changes, key=lambda one: one.kind is not ChangeKind.REFUSED)


_DROPPED = (
    "it is no longer published or loaded; the history keeps its values, and the column under "
    "the same name brings them back"
)


def _renames(collection: Collection, held: HeldColumns) -> dict[str, str]:
    """The columns that are held under an earlier name only, with that name."""
    found = {}
    for column in collection.columns:
        earlier = [name for name in column.was if name in held.types]
        if len(earlier) == 1 and column.name not in held.types:
            found[column.name] = earlier[0]
    return found


def _of_column(
    column: Column, collection: Collection, held: HeldColumns, earlier: str | None
) -> list[ContractChange]:
    """What is done with one column of the contract; several things where it is renamed too."""
    name, wanted = column.name, SQL_TYPES[column.type]
    ambiguous = [one for one in column.was if one in held.types]
    if earlier is None and len(ambiguous) + (name in held.types) > 1:
        # A measure that no contract has keeps its values; to join the two would invent a history.
        return [_refused(name, ambiguous[0], name, _both_held(collection, name, ambiguous))]
    if name not in held.types and earlier is None:
        known = {one.name for one in collection.columns}
        if (later := held.renamed.get(name)) and later not in known and later in held.types:
            return [_refused(name, later, name, _renamed_away(collection, name, later))]
        return [ContractChange(ChangeKind.ADD, name, "", wanted, "it is added; nothing is held")]
    changes = []
    if earlier is not None:
        done = "it is renamed with all its values, revisions and figures of England"
        changes.append(ContractChange(ChangeKind.RENAME, name, earlier, name, done))
    if (earlier or name) in held.dropped:
        done = "it is published again, with the values that the history has kept"
        changes.append(ContractChange(ChangeKind.RETURN, name, "", wanted, done))
    stored = held.types[earlier or name]
    if stored != wanted:
        changes.append(_retype(collection, column, stored, wanted))
    return changes


def _retype(collection: Collection, column: Column, stored: str, wanted: str) -> ContractChange:
    if (stored, wanted) in WIDER:
        done = "the type is widened; every value stays what it is"
        return ContractChange(ChangeKind.RETYPE, column.name, stored, wanted, done)
    told = (
        f"column {column.name} of '{collection.collection}' is stored as {stored}, and the "
        f"contract says {column.type}, which is {wanted}. Take the type back, or give the column "
        "another name: the values held keep their place, the new column starts empty"
    )
    return _refused(column.name, stored, wanted, told)


def _of_key(
    collection: Collection, held: HeldColumns, renames: Mapping[str, str]
) -> ContractChange | None:
    """The refusal of another key; None where it is the same."""
    stored = sorted(set(held.types) - set(held.bits))
    wanted = sorted(renames.get(name, name) for name in collection.key)
    if stored == wanted:
        return None
    before, after = ", ".join(stored), ", ".join(collection.key)
    told = (
        f"the values of '{collection.collection}' are stored by the key {before}, and the "
        f"contract says {after}. Take the key back, or give the collection another name: a new "
        "key is another table. If a column of the key has a new name only, say so: "
        "`was: <earlier name>`"
    )
    return _refused("key", before, after, told)


def _both_held(collection: Collection, name: str, earlier: list[str]) -> str:
    return (
        f"column {name} of '{collection.collection}' is said to have been {earlier[0]}, and the "
        f"history has columns {', '.join([*earlier, name] if len(earlier) == 1 else earlier)}, "
        "which are not put together. Take `was` away, name the earlier headings in the feed "
        "files, and run `sitrep reprocess --collection` to read the values again under the "
        "new name"
    )


def _renamed_away(collection: Collection, name: str, later: str) -> str:
    return (
        f"column {name} of '{collection.collection}' was renamed to {later}, which holds its "
        f"values, and the contract has no {later}. To take the renaming back write "
        f"`was: {later}` below {name}; for another measure choose another name"
    )


def _refused(column: str, before: str, after: str, told: str) -> ContractChange:
    return ContractChange(ChangeKind.REFUSED, column, before, after, told)


def refuse_changes(collection: Collection, changes: list[ContractChange]) -> None:
    """Raises `ContractFault` with file and line where one of the changes is refused."""
    for change in changes:
        if change.kind is ChangeKind.REFUSED:
            place = column_place(collection.collection, change.column)
            raise ContractFault(change.done, place=place)


def held_columns(
    connection: "duckdb.DuckDBPyConnection", collection: str, types: Mapping[str, str]
) -> HeldColumns:
    """What the warehouse knows of a history that has these columns; none of them is technical."""
    named = f"collection = {literals.text(collection)}"
    measures = connection.execute(
        f"SELECT measure, bit, dropped_at FROM warehouse.ops.measure WHERE {named} ORDER BY bit"
    ).fetchall()
    bits = {name: bit for name, bit, _ in measures}
    dropped = {name: at for name, _, at in measures if at is not None}
    return HeldColumns(types, bits, dropped, {})


def with_renamed(
    connection: "duckdb.DuckDBPyConnection", collection: str, held: HeldColumns
) -> HeldColumns:
    """The same, with the names that columns had before; asked only where a column is lacking."""
    rows = connection.execute(
        "SELECT before, column_name FROM warehouse.ops.contract_change "
        f"WHERE collection = {literals.text(collection)} AND change = 'rename' ORDER BY changed_at"
    ).fetchall()
    return HeldColumns(held.types, held.bits, held.dropped, dict(rows))
