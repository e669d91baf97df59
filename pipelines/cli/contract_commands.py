"""Commands about contracts: contract diff, contract odcs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.console import say, say_json
from pipelines.cli.load_commands import Json
from pipelines.cli.open_contract_command import odcs

if TYPE_CHECKING:
    import duckdb

    from pipelines.registry.contract import Collection


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    group = typer.Typer(
        name="contract",
        help="What a changed contract does to the values that are held; a contract as a standard.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.callback()(_contract)
    group.command()(diff)
    group.command()(odcs)
    app.add_typer(group)


def _contract() -> None:
    """What a changed contract does to the values that are held; a contract as a standard."""


def diff(
    collection: Annotated[
        str | None, typer.Argument(help="Name of the collection; default: all.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show what contracts say otherwise than the warehouse holds, and what would be done.

    Nothing is changed: the next load or publication does it. Exit code 2 where it would be refused.
    """
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from warehouse.store.warehouse_reader import read_warehouse

    registry = load_registry()
    if collection is None:
        registry.refuse_problems("Not every contract can be compared")
        chosen = list(registry.collections.values())
    else:
        chosen = [registry.collection(collection)]
    with read_warehouse(settings().root) as reader:
        found = [row for one in chosen for row in _rows(reader, one)]
    if as_json:
        say_json(found)
    for row in () if as_json else found:
        say(f"{row['place']}: {row['told']}")
    if not found and not as_json:
        say("The warehouse holds what the contracts say; nothing would be changed.")
    return 2 if any(row["change"] == "refused" for row in found) else 0


def _rows(
    reader: "duckdb.DuckDBPyConnection", collection: "Collection"
) -> Iterator[dict[str, Any]]:
    """Each change of the collection with its file, its line, and how many values are held."""
    from pipelines.registry.registry import column_place
    from warehouse.store.contract_changes import ChangeKind
    from warehouse.store.histories import count_values, pending_changes
    from warehouse.store.make_changes import tell_change

    for change in pending_changes(reader, collection):
        held, newest = count_values(reader, collection, change)
        told = tell_change(change, held)
        if change.kind is ChangeKind.REFUSED:
            told = f"refused: {change.done} ({held:,} values held)"
        yield {
            "collection": collection.collection,
            "change": change.kind.value,
            "column": change.column,
            "before": change.before,
            "after": change.after,
            "values_in_history": held,
            "values_held_now": newest,
            "place": column_place(collection.collection, change.column),
            "told": told,
        }
