"""Commands that bring data in: ingest, drain, reprocess, publish."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.base.errors import CollectionFault, SitrepError, UsageError
from pipelines.base.outgoing import one_line
from pipelines.cli.console import (
    STATUS_STYLES,
    progress,
    say,
    say_error,
    say_json,
    say_styled,
    say_table,
)
from pipelines.cli.read_again import offer
from pipelines.findings.status import Status

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    for command in (ingest, drain, reprocess, publish):
        app.command()(command)


def ingest(
    files: Annotated[list[Path], typer.Argument(help="Files to land, check and load.")],
    feed: Annotated[
        list[str] | None,
        typer.Option(help="Feed of the files; default: the feeds that expect their names."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Land files, check them, load the valid rows and write an answer to each file.

    Exit code 1 where a file or a row was rejected, 2 where a file could not be landed, 3 where a
    collection could not be loaded; what could be is loaded and told all the same. The tables that
    readers see change with the next `sitrep publish`.
    """
    from pipelines import steps
    from pipelines.registry.registry import load_registry

    _refuse_missing(files)
    for problem in load_registry().problems:
        say_error(f"Cannot be used, so nothing is loaded for it: {problem.message}")
    faults: list[SitrepError] = []
    with progress("Landing") as line:
        try:
            landed = steps.land_files(files, feed or ())
        except steps.NotLanded as error:
            faults.append(error)
            landed = list(error.landed)
        with _told_at_the_end(faults):
            steps.drain(line.update)
    return _tell([one.delivery_id for one in landed], as_json, faults)


def drain(as_json: Json = False) -> int:
    """Check and load every landed file, and write the answers."""
    from pipelines import steps
    from pipelines.base.settings import settings
    from pipelines.landing.landing import Landing

    with progress("Looking for landed files") as line:
        waiting = [one.delivery_id for one in Landing(settings().root).in_order()]
        faults: list[SitrepError] = []
        with _told_at_the_end(faults):
            steps.drain(line.update)
    return _tell(waiting, as_json, faults)


def reprocess(
    feed: Annotated[str | None, typer.Option(help="Only submissions of this feed.")] = None,
    collection: Annotated[
        str | None, typer.Option(help="Only submissions of this collection.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only those received from this time on, e.g. 2026-11-01T00:00"),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only those received before this time.")] = None,
    as_json: Json = False,
) -> int:
    """Read submissions again from landing after a contract or feed has changed.

    A value becomes a new revision only where it differs from the one that is held.
    """
    if (feed, collection, since) == (None, None, None):
        raise UsageError(
            "Choose what to reprocess: --feed ID, --collection NAME, --since TIME, or several."
        )
    from pipelines.base.clock import parse_instant
    from pipelines.cli.outcomes import by_submission
    from pipelines.reprocess import Chosen, read_again
    from pipelines.settle import raise_for

    start, end = (parse_instant(time) if time else None for time in (since, until))
    with progress("Reading submissions again") as line:
        done, faulty = read_again(Chosen(feed, collection, start, end), line.update)
    faults: list[SitrepError] = []
    with _told_at_the_end(faults):
        raise_for(faulty)
    return _tell_submissions(by_submission(done), as_json, faults)


def publish(
    allow_shrink: Annotated[
        bool,
        typer.Option("--allow-shrink", help="Publish although tables have lost rows."),
    ] = False,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Make every table anew, as after a repair by hand."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Make a new publication of the tables that readers see, and make it current.

    Exit code 3 where tables have lost rows that their windows should hold: the previous publication
    stays current. Also where a table could not be made anew: the previous publication's table
    stands there.
    """
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from warehouse.publish.publications import read_description
    from warehouse.publish.publish import FaultyPublication
    from warehouse.publish.publish import publish as make

    fault = None
    with progress("Publishing"):
        try:
            made = make(settings().root, load_registry(), allow_shrink=allow_shrink, whole=whole)
        except FaultyPublication as error:
            fault, made = error, error.publication
    if as_json:
        say_json(read_description(settings().root))
    else:
        say(f"Published {made.name}")
        for table, rows in made.rows.items():
            say(f"  {table}: {rows:,} rows")
        for remark in made.remarks:
            say(remark)
        say(f"Readers open {settings().root / 'publications' / 'current.duckdb'}")
    if fault is not None:
        raise fault
    return 0


def _refuse_missing(files: list[Path]) -> None:
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageError(f"No such file: {', '.join(missing)}. Nothing was landed.")


@contextmanager
def _told_at_the_end(faults: list[SitrepError]) -> Iterator[None]:
    """That a collection could not be loaded is kept until it is told what became of the others."""
    try:
        yield
    except CollectionFault as fault:
        faults.append(fault)


def _tell(delivery_ids: list[str], as_json: bool, faults: Sequence[SitrepError]) -> int:
    from pipelines.cli.outcomes import by_delivery

    return _tell_submissions(by_delivery(delivery_ids), as_json, faults)


def _tell_submissions(
    outcomes: list[dict[str, Any]], as_json: bool, faults: Sequence[SitrepError]
) -> int:
    """What became of the submissions, on standard output; the exit code that follows from it.

    Raises the last of the faults after that, the others are said before it.
    """
    if as_json:
        say_json(outcomes)
    elif not outcomes:
        say("Nothing was waiting.")
    elif len(outcomes) > _TOLD_ONE_BY_ONE:
        _tell_in_short(outcomes)
    else:
        for outcome in outcomes:
            _tell_one(outcome)
    for fault in faults[:-1]:
        say_error(str(fault))
    if faults:
        sys.stdout.flush()
        raise faults[-1]
    rejected = (*_REJECTED, "waiting")
    return 1 if any(_final_status(outcome) in rejected for outcome in outcomes) else 0


_REJECTED = (Status.REJECTED, Status.ACCEPTED_WITH_REJECTIONS)
_TOLD_ONE_BY_ONE = 50
_REJECTIONS_SHOWN = 20


def _tell_in_short(outcomes: list[dict[str, Any]]) -> None:
    """How many came of each collection and status, then the first that were rejected."""
    from pipelines.registry.feed import collection_named_in

    counted = Counter((collection_named_in(one["feed_id"]), one["status"]) for one in outcomes)
    rows = [(*key, f"{count:,}") for key, count in sorted(counted.items())]
    say_table(("collection", "status", "submissions"), rows)
    wrong = [one for one in outcomes if one["status"] in _REJECTED]
    for outcome in wrong[:_REJECTIONS_SHOWN]:
        say(f"{one_line(outcome['file_name'])} → {outcome['feed_id']}: {outcome['status']}")
        for line in outcome["findings"][:1]:
            say(f"  {line}")
    if len(wrong) > _REJECTIONS_SHOWN:
        say(f"… and {len(wrong) - _REJECTIONS_SHOWN:,} more with rejections.")
    say("Run `sitrep submissions` to list the latest; answers are in the folder answers.")


def _final_status(outcome: dict[str, Any]) -> str:
    """The status, for a duplicate that of what it repeats: a bad file sent again stays bad."""
    return str(outcome.get("status_of_original") or outcome["status"])


def _tell_one(outcome: dict[str, Any]) -> None:
    from pipelines.answer.answer_page import verdict_of

    status = outcome["status"]
    say_styled(
        f"{one_line(outcome['file_name'])} → {outcome['feed_id']}: {status}",
        STATUS_STYLES.get(status, ""),
    )
    if status == "waiting":
        say("  Landed and kept. It waits until its feed's configuration can be used again, or")
        say("  its landed bytes are whole again; see `sitrep status`.")
        return
    if outcome["rows_read"]:
        say(
            f"  rows read {outcome['rows_read']:,} = accepted {outcome['rows_accepted']:,} + "
            f"quarantined {outcome['rows_quarantined']:,} + skipped {outcome['rows_skipped']:,}; "
            f"new {outcome['rows_new']:,}, revised {outcome['rows_revised']:,}, "
            f"unchanged {outcome['rows_unchanged']:,}, outdated {outcome['rows_outdated']:,}"
        )
    else:
        codes = (line.split()[1] for line in outcome["findings"])
        say(f"  {verdict_of(status, codes)}")
        if outcome["status_of_original"]:
            first = f"{outcome['duplicate_of']}, which was {outcome['status_of_original']}"
            say(f"  It repeats {first}.")
            for told in offer(outcome):
                say(f"  {told}")
    if outcome["values_rejected"]:
        say(f"  values rejected in accepted rows: {outcome['values_rejected']:,}")
    for line in outcome["findings"]:
        say(f"  {line}")
    say(f"  answer: {outcome['answer']}")
