"""Commands about feeds: feeds, and what is done with one from its first sample on."""

import importlib
from typing import Annotated

import typer

from pipelines.cli.console import say, say_json, say_table
from pipelines.cli.load_commands import Json

_MODULES: tuple[str, ...] = ("feeds_new_command", "check_command", "stage_commands")
"""Modules that register a command of the group, in the order of its help."""


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    group = typer.Typer(name="feeds", rich_markup_mode=None)
    group.callback(invoke_without_command=True)(feeds)
    for name in _MODULES:
        importlib.import_module(f"pipelines.cli.{name}").register(group)
    app.add_typer(group)


def feeds(
    context: typer.Context,
    collection: Annotated[
        str | None, typer.Option(help="Only the feeds of this collection.")
    ] = None,
    as_json: Json = False,
) -> int:
    """List the feeds: stage, health, what came last, and how many recent slots were on time.

    Recent is a day for quarter-hour feeds and two weeks for daily ones. Health: ok; late or gaps
    (a slot came late, or is missing); silent (the newest ones are missing); nothing yet.
    """
    if context.invoked_subcommand is not None:
        return 0
    from pipelines.cli.feed_report import read_coverage, read_feeds

    found, coverage = read_feeds(collection), read_coverage(collection)
    if as_json:
        say_json({"feeds": found, "coverage": coverage})
        return 0
    names = (
        "feed_id",
        "stage",
        "health",
        "last_received_at",
        "last_status",
        "data_as_of",
        "slots_on_time",
        "slots_late",
        "slots_missing",
    )
    say_table(names, [[one[name] for name in names] for one in found])
    for line in coverage:
        say(f"{line['collection']}: {line['coverage']}")
    return 0
