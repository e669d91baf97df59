"""Commands about where feeds come from: sources, sources check."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import told_in_a_line
from pipelines.cli.console import progress, say, say_error, say_json, say_styled, say_table
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    from pipelines.cli.source_report import EndpointReport
    from pipelines.collect.collected_source import CollectedSource
    from pipelines.registry.registry import Registry

_COLUMNS = ("endpoint", "kind", "feeds", "state", "last_success", "owed", "owed_since")


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    group = typer.Typer(name="sources", rich_markup_mode=None)
    group.callback(invoke_without_command=True)(sources)
    group.command()(check)
    app.add_typer(group)


def sources(
    context: typer.Context,
    look: Annotated[
        bool,
        typer.Option("--look", help="Ask each endpoint how many files wait there, too."),
    ] = False,
    as_json: Json = False,
) -> int:
    """List each endpoint: kind, feeds, when it was last collected from, answers it is owed.

    Nothing is asked without --look: what is shown was noted by the runs that collect, to ten
    minutes. State: fine; failing (the last run could not collect, the reason stands below); not
    yet (no run has collected); switched off (no feed there accepts files). `sitrep sources check`
    tries an endpoint step by step.
    """
    if context.invoked_subcommand is not None:
        return 0
    from pipelines.base.settings import settings
    from pipelines.cli.source_report import look_at, report_endpoints
    from pipelines.registry.registry import load_registry
    from warehouse.ledger.answers_owed import owed_to_all
    from warehouse.store.warehouse_reader import read_warehouse

    home, registry = settings().root, load_registry()
    _tell_problems(registry)
    with read_warehouse(home) as reader:
        owed = owed_to_all(reader)
    reports = report_endpoints(registry, home, owed)
    if look:
        with progress("Looking") as line:
            for one in reports:
                line.update(f"Looking at {one.endpoint}")
                look_at(one, registry, home)
    if as_json:
        say_json([one.as_row() for one in reports])
    else:
        _tell(reports, with_waiting=look)
    return 0


def check(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A connection, an endpoint or a feed; default: every endpoint.",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Try a source step by step: its connection, its host, the sign-in, a listing, one file.

    Nothing is taken or changed there. It ends with the first step that fails, and says what to do.
    Exit code 0 where all is fine, 1 where a step failed, 2 where nothing is called NAME.
    """
    from pipelines.base.settings import settings
    from pipelines.cli.source_report import sources_named
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    if name is None:
        _tell_problems(registry)
    tried = []
    for source in sources_named(registry, name):
        if not as_json:
            say(f"{source.endpoint} ({source.kind})", flush=True)
        tried.append(_try(source, settings().root, is_told=not as_json))
    if as_json:
        say_json(tried)
    elif not tried:
        say("No feed names an endpoint.")
    return 0 if all(one["is_fine"] for one in tried) else 1


def _try(source: "CollectedSource", home: Path, *, is_told: bool) -> dict[str, Any]:
    """The steps of one source, each told as soon as it was tried."""
    steps: list[dict[str, Any]] = []

    def note(step: str, is_fine: bool, told: str) -> None:
        steps.append({"step": step, "is_fine": is_fine, "told": told})
        if is_told:
            mark = _mark(is_fine)
            say_styled(f"  {mark} {step}: {told}", "green" if is_fine else "red")

    try:
        for one in source.check(home):
            note(one.step.value, one.is_fine, one.told)
    except Exception as error:
        note("check", False, f"could not go on: {told_in_a_line(error)}")
    if not steps and is_told:
        say(f"  The kind '{source.kind}' has no steps of its own; `sitrep collect` tries it.")
    return {
        "endpoint": source.endpoint,
        "kind": source.kind,
        "is_fine": all(one["is_fine"] for one in steps),
        "steps": steps,
    }


def _mark(is_fine: bool) -> str:
    """A tick or a cross, in words where the terminal has no such signs."""
    sign, word = ("✓", "ok") if is_fine else ("✗", "FAILED")
    try:
        sign.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return word
    return sign


def _tell(reports: Sequence["EndpointReport"], *, with_waiting: bool) -> None:
    if not reports:
        say("No feed names an endpoint. Feed files stand in SITREP_FEEDS_DIR.")
        return
    columns = (*_COLUMNS, "waiting") if with_waiting else _COLUMNS
    rows = [{**one.as_row(), "feeds": _feeds_told(one)} for one in reports]
    say_table(columns, [[row[name] for name in columns] for row in rows])
    for row in rows:
        if row["state"] == "failing":
            say(f"{row['endpoint']}: failing since {row['failing_since']}: {row['why']}")
        elif row["last_failure"]:
            say(f"{row['endpoint']}: last failed at {row['last_failure']}: {row['why']}")
        if row["not_looked"]:
            say(f"{row['endpoint']}: cannot be looked at now: {row['not_looked']}")
        if row["owed_told"]:
            say(f"{row['endpoint']}: answers could not be given back: {row['owed_told']}")
    if any(row["state"] == "failing" for row in rows):
        say("`sitrep sources check NAME` tries one step by step.")


def _feeds_told(report: "EndpointReport") -> str:
    """The feeds by name, or the number of many."""
    return ", ".join(report.feeds) if len(report.feeds) <= 3 else f"{len(report.feeds)} feeds"


def _tell_problems(registry: "Registry") -> None:
    for problem in registry.problems:
        say_error(f"Cannot be used, and so not shown: {problem.message}")
