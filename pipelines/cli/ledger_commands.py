"""Commands that ask the ledger: status, submissions."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import DiskFault, UsageError
from pipelines.cli.console import say, say_json, say_page, say_table
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    from pipelines.registry.registry import Registry


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    app.command()(status)
    app.command()(submissions)
    app.command()(slots)


def status(as_json: Json = False) -> int:
    """Show the publication, each feed's last submission, what waits, and what is broken.

    That is feed files that cannot be used, sources that cannot be reached, answers that are owed.

    Exit code 2 where a contract or a feed file cannot be used.
    """
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from pipelines.storage.disk_use import disk_use

    registry = load_registry()
    try:
        with disk_faults_told():
            state = _state(registry)
    except DiskFault:
        # The ledger cannot be opened now; what takes the space is what matters.
        _tell_disk(disk_use(settings().root))
        raise
    state["problems"] = [problem.message for problem in registry.problems]
    if as_json:
        say_json(state)
    else:
        _tell_state(state)
    return 2 if registry.problems else 0


def submissions(
    known_as: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID | HASH | FILE]",
            help="Show the whole answer to this one: its id, the beginning of its id or of the "
            "SHA-256 of its bytes, or its file's name.",
        ),
    ] = None,
    feed: Annotated[str | None, typer.Option(help="Only those of this feed.")] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Only accepted, accepted_with_rejections, rejected, empty or duplicate ones."
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(help="Only files with this in their name, or that fit it, like 'RX9_*.csv'."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only those received from this time on: 2026-11-01T00:00")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many submissions to list.")] = 20,
    as_json: Json = False,
) -> int:
    """List the last submissions, or show one with every line of its answer."""
    from pipelines.cli.outcomes import latest
    from pipelines.cli.submission_search import wanted

    if known_as is not None:
        if (feed, status, file, since) != (None, None, None, None):
            raise UsageError("Name one submission, or say which to list by options, not both.")
        return _show(known_as, as_json)
    asked = wanted(feed, status, file, since)
    found = latest(limit, asked.condition())
    if as_json:
        say_json(found)
    elif found:
        _tell_submissions(found)
    elif asked.is_everything:
        say("There are no submissions yet. Run `sitrep ingest FILE` to load one.")
    else:
        say("No submission is like that. `sitrep submissions` lists the latest.")
    return 0


def _tell_submissions(found: Sequence[dict[str, Any]]) -> None:
    names = (
        "submission_id",
        "file_name",
        "received_at",
        "status",
        "rows_accepted",
        "rows_quarantined",
        "values_rejected",
    )
    say_table(names, [[one[name] for name in names] for one in found])


def slots(
    feed: Annotated[str, typer.Argument(help="A feed, as `sitrep feeds` lists it.")],
    start: Annotated[
        str | None,
        typer.Option("--from", help="Like 2026-11-17T00:00 (London); default: a day ago."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Default: now.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only slots that are on_time, late, missing or awaited.")
    ] = None,
    as_json: Json = False,
) -> int:
    """List the expected slots of a feed and what came for each."""
    from pipelines.cli.feed_report import read_slots

    found = read_slots(feed, start, end, status)
    if as_json:
        say_json(found)
        return 0
    if not found:
        say(
            "There are no such slots. Slots are expected of feeds that are testing or live, from "
            "slots_from on."
        )
        return 0
    say_table(list(found[0]), [list(one.values()) for one in found])
    return 0


_MOST_ALIKE = 20
"""Submissions that are listed where a text names several."""


def _show(text: str, as_json: bool) -> int:
    """The answer to the submission that goes by that text; a list where several do, exit code 2."""
    from pipelines.answer.answer import page_of, read_answer
    from pipelines.base.settings import settings
    from pipelines.cli.submission_search import known_as
    from pipelines.registry.registry import load_registry
    from warehouse.store.warehouse_reader import read_warehouse

    with read_warehouse(settings().root) as connection:
        found = known_as(connection, text)
        if len(found) == 1:
            registry = load_registry()
            answer = read_answer(connection, found[0], registry)
    if not found:
        raise UsageError(
            f"No submission goes by '{text}': no id or hash begins with it, and no file's name has "
            "it. `sitrep submissions` lists them."
        )
    if len(found) > 1:
        told = "\n".join(f"  {one}" for one in found[:_MOST_ALIKE])
        rest = f"\n  and {len(found) - _MOST_ALIKE:,} more" if len(found) > _MOST_ALIKE else ""
        raise UsageError(f"{len(found):,} submissions go by '{text}'. Name one:\n{told}{rest}")
    if as_json:
        say_json(answer)
    else:
        say_page(page_of(answer, registry))
    return 0


def _state(registry: "Registry") -> dict[str, Any]:
    """The publication, the inbox and the feeds as they stand."""
    from pipelines.base.settings import settings
    from pipelines.base.state.documents import all_damaged
    from pipelines.cli.source_report import report_endpoints
    from pipelines.landing.landing import Landing
    from pipelines.landing.left_at_source import all_left
    from warehouse.ledger.answers_owed import owed_to_all
    from warehouse.publish.publications import read_description
    from warehouse.store.warehouse_reader import read_warehouse

    home = settings().root
    with read_warehouse(home) as connection:
        cursor = connection.execute(
            """
            SELECT feed_id, count(*) AS submissions, max(received_at) AS last_received,
                   arg_max(status, received_at) AS last_status,
                   sum(rows_quarantined)::BIGINT AS rows_quarantined
            FROM warehouse.ops.submission GROUP BY feed_id ORDER BY feed_id
            """
        )
        names = [column[0] for column in cursor.description or ()]
        feeds = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        owed = owed_to_all(connection)
    from pipelines.storage.disk_use import disk_use

    landing = Landing(home)
    waiting = landing.waiting()
    endpoints = [one.as_row() for one in report_endpoints(registry, home, owed)]
    return {
        "home": str(home),
        "publication": read_description(home),
        "waiting": len(waiting),
        "feeds": feeds,
        "damaged": list(landing.damage_among(waiting).values()),
        "set_aside": [str(one.path) for one in all_damaged(home)],
        "left": [
            f"'{thing.name}' in {source.endpoint} {thing.why}"
            for source in all_left(home)
            for thing in source.things
        ],
        "failing": [
            f"{one['endpoint']} since {one['failing_since']}: {one['why']}"
            for one in endpoints
            if one["state"] == "failing"
        ],
        "owed": [
            f"{one['owed']:,} to {one['endpoint']} since {one['owed_since']}"
            for one in endpoints
            if one["owed"]
        ],
        "disk": disk_use(home),
    }


def _tell_disk(use: dict[str, dict[str, Any]]) -> None:
    say("On the disk:")
    for name, used in use.items():
        least = "" if used["is_all"] else "at least "
        say(f"  {name}: {least}{used['bytes'] / 1e6:,.1f} MB in {used['files']:,} files")


def _tell_state(state: dict[str, Any]) -> None:
    from pipelines.base.clock import now

    say(f"Home: {state['home']}")
    made = state["publication"]
    if made:
        age = now() - datetime.fromisoformat(made["made_at"])
        minutes = int(age.total_seconds() // 60)
        say(f"Publication: {made['publication']}, made {minutes} minutes ago")
        for collection, day in made["data_as_of"].items():
            rows = made["rows"].get(collection, 0)
            say(f"  {collection}: {rows:,} rows, data as of {day or 'never'}")
        for name, reason in made.get("faults", {}).items():
            say(f"  Not new, because it could not be made: {name}: {reason}")
    else:
        say("Publication: none yet. Run `sitrep publish` to make one.")
    say(f"Landed and waiting: {state['waiting']}")
    _tell_disk(state["disk"])
    if state["feeds"]:
        names = list(state["feeds"][0])
        say_table(names, [[feed[name] for name in names] for feed in state["feeds"]])
    for damage in state["damaged"]:
        say(f"Damaged: {damage}")
    for path in state["set_aside"]:
        say(f"Set aside, because it was damaged: {path}")
    for thing in state["left"]:
        say(f"Left at its source: {thing}")
    for failing in state["failing"]:
        say(f"Cannot be reached: {failing}")
    for owed in state["owed"]:
        say(f"Answers to be given back: {owed}")
    for problem in state["problems"]:
        say(f"Cannot be used: {problem}")
