"""The command that collects from sources: collect."""

from typing import Annotated

import typer

from pipelines.base.errors import SitrepError, SourceUnavailable, UsageError
from pipelines.cli.console import progress, say, say_error, say_json, say_table
from pipelines.cli.load_commands import Json


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command()(collect)


def collect(
    feed: Annotated[str | None, typer.Option(help="Only the source of this feed.")] = None,
    collection: Annotated[
        str | None, typer.Option(help="Only the sources of this collection's feeds.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Ask addresses for every missing slot from this time on."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Collect what is new at the sources now, as the DAGs do, and land it; `drain` then loads it.

    Takes files from the folders and asks the addresses that feed files name. Exit code 3 where a
    source could not be reached; the others were collected.
    """
    from pipelines import steps
    from pipelines.base.clock import parse_instant
    from pipelines.registry.registry import load_registry

    if feed is not None and collection is not None:
        raise UsageError("Give --feed or --collection, not both.")
    registry = load_registry()
    for problem in registry.problems:
        say_error(f"Cannot be used, so nothing is collected for it: {problem.message}")
    if feed is not None:
        one = registry.feed(feed)
        if not one.accepts_files:
            raise UsageError(f"The feed {feed} is {one.stage}, so nothing is collected for it.")
        endpoints = [one.source.endpoint]
    else:
        names = registry.collections if collection is None else [collection]
        chosen = [registry.collection(name).collection for name in names]
        endpoints = sorted({one for name in chosen for one in registry.endpoints_of(name)})
    start = parse_instant(since) if since else None
    landed: dict[str, int] = {}
    faults: dict[str, SitrepError] = {}
    with progress("Collecting") as line:
        for endpoint in endpoints:
            line.update(f"Collecting from {endpoint}")
            try:
                landed[endpoint] = steps.collect(endpoint, start)
            except SourceUnavailable as fault:
                faults[endpoint] = fault
    if as_json:
        unreachable = {endpoint: str(fault) for endpoint, fault in faults.items()}
        say_json({"landed": landed, "unreachable": unreachable})
    else:
        say_table(("source", "files landed"), list(landed.items()))
        if any(landed.values()):
            say("Run `sitrep drain` to check and load them.")
    for told in faults.values():
        say_error(str(told))
    return 3 if faults else 0
