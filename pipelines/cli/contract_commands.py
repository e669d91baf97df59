"""Commands about contracts: contract diff, contract odcs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
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
    a: Annotated[
        str | None,
        typer.Argument(
            metavar="COLLECTION|A",
            help="Alone: the collection that is compared with the warehouse; default: all. With B: "
            "the contract as it is.",
        ),
    ] = None,
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="The contract as it would be. A and B are contract files, folders of contracts, "
            "names of collections (the contract in use), or a version: "
            "ambulance_sitrep@2027-28.",
        ),
    ] = None,
    submissions: Annotated[
        int | None,
        typer.Option(min=0, help="With B: how many recent submissions of each feed to try."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_600, help="With B: try all submissions of so many last days."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Show what a changed contract does: to the values held, or (A and B) to those who send.

    With one name or none: what contracts say otherwise than the warehouse holds, and what would be
    done; the next load or publication does it. Exit code 2 where it would be refused. With A and
    B: what differs for those who send, and what each feed's recent submissions (3 of each, unless
    said otherwise) would become by A and by B. Exit code 1 where B takes less of a feed than A, or
    of files in general. Nothing is changed by either.
    """
    if b is None:
        if submissions is not None or days is not None:
            raise UsageError("--submissions and --days go with two contracts, A and B.")
        return _diff_from_warehouse(a, as_json)
    if submissions is not None and days is not None:
        raise UsageError("Give --submissions or --days, not both.")
    from pipelines.cli.contract_comparison import compare

    assert a is not None
    return compare(a, b, submissions, days, as_json)


def _diff_from_warehouse(collection: str | None, as_json: bool) -> int:
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
