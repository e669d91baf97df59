"""The command that plays the providers: simulate."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import progress, say, say_error, say_json, say_table
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    from pipelines.simulate.faults import Rates
    from pipelines.simulate.plan import Window
    from pipelines.simulate.session import Outcome

_QUARTER_SECONDS = 900
_DIFFERENCES_SHOWN = 50


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    app.command()(simulate)


def simulate(
    start: Annotated[
        str | None,
        typer.Option("--from", help="First slot start: 2026-11-01 (London) or 2026-11-01T08:00Z."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--to", help="Slots must start before this time. Default: now; with --live, no end."
        ),
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option(help="Only feeds of this collection; may be repeated.")
    ] = None,
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 2026,
    faults: Annotated[
        float | None, typer.Option(help="Rate of all kinds of fault together, like 0.03.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Rate of one kind, like late=0.01; may be repeated. Kinds: late, missing, "
            "duplicate, corrected, out_of_order, malformed, stuck, wrong_code, text_in_number, "
            "nhs_number."
        ),
    ] = None,
    land: Annotated[
        bool,
        typer.Option(
            "--land/--folder",
            help="Land files as received at their own time, or put them into the folders that "
            "feeds are collected from.",
        ),
    ] = True,
    live: Annotated[
        bool,
        typer.Option("--live", help="Send each file when it is due, until --to or Ctrl-C."),
    ] = False,
    past_as_due: Annotated[
        bool,
        typer.Option(
            "--past-as-due",
            help="With --live and --from: land what was due before now as received when it was "
            "due, so that no slot of the past is late.",
        ),
    ] = False,
    pace: Annotated[
        float,
        typer.Option(min=0.001, help="With --live and --from: replay this many times as fast."),
    ] = 1.0,
    national: Annotated[
        Path | None,
        typer.Option(help="Write feed files at national scale into this folder and use them."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Send nothing: compare the ledger with the expected answers.",
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Send files as plausible providers would, each in its own format, with faults at given rates.

    Feeds that are onboarding, testing or live send. Figures have the shape of real weeks and
    the size of real days, and are invented. SITREP_HOME/simulation records every file:
    its fault, if any, and the expected answer.

    \b
    A past week, sent and then loaded:
      sitrep simulate --from 2026-11-01 --to 2026-11-08 --faults 0.03
      sitrep drain
    Live; with --from, files due since then are sent first, all at once:
      sitrep simulate --live --folder
    A past day replayed at an hour a minute; it never runs ahead of the clock:
      sitrep simulate --live --from 2026-11-01 --to 2026-11-02 --pace 60
    All of England (without --from it only writes the feed files):
      sitrep simulate --national feeds --from 2026-11-01 --to 2026-11-08
      SITREP_FEEDS_DIR=feeds sitrep drain
    Check that every fault was found and nothing else was rejected (exit code 1 if not):
      sitrep simulate --check
    """
    from pipelines.base.clock import now

    if check:
        return _check(as_json)
    rates = _read_rates(faults, fault or [])
    if pace != 1 and not (live and start):
        raise UsageError("--pace replays past slots: give --live and --from with it.")
    moment = now()
    if past_as_due and not (live and start):
        raise UsageError("--past-as-due is about the past of a live one: give --live and --from.")
    window = _read_window(start, end, live, moment)
    if national is not None:
        _use_national(national, window.start if window else moment, as_json)
    if window is None:
        if national is None:
            raise UsageError(
                "Give a start, like --from 2026-11-01, or send from now on with --live."
            )
        return 0
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from pipelines.simulate.pace import PacedClock
    from pipelines.simulate.session import Request, simulate_live, simulate_past

    registry = load_registry()
    for problem in registry.problems:
        say_error(f"Cannot be used, so it sends nothing: {problem.message}")
    request = Request(
        window, seed, rates, tuple(collection or ()), tuple(feed or ()), not land, past_as_due
    )
    home = settings().root
    if live and not as_json:
        say("Sending each file when it is due. Press Ctrl-C to stop.", flush=True)
    with progress("Simulating") as line:
        if live:
            clock = PacedClock(window.start, pace)
            outcome = simulate_live(home, registry, request, clock, line.update)
        else:
            outcome = simulate_past(home, registry, request, line.update)
    _tell(outcome, as_json)
    return 0


def _check(as_json: bool) -> int:
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from pipelines.simulate.check import compare

    found = compare(settings().root, load_registry())
    if as_json:
        say_json(vars(found))
        return 1 if found.differences else 0
    rows = [(name, found.sent[name], found.found[name]) for name in found.sent | found.found]
    say_table(("status", "sent", "in the ledger"), rows)
    told = ", ".join(f"{name} {count}" for name, count in sorted(found.faults.items()))
    say(f"Faults among them: {told or 'none'}")
    if found.on_their_way:
        say(f"{found.on_their_way:,} more files are on their way: sent, and not loaded yet")
    for difference in found.differences[:_DIFFERENCES_SHOWN]:
        say(difference)
    say(f"{len(found.differences):,} differences")
    return 1 if found.differences else 0


def _read_rates(faults: float | None, fault: list[str]) -> "Rates":
    from pipelines.simulate.faults import parse_rates, share_rate

    if faults is not None and fault:
        raise UsageError("Give --faults for all kinds together, or --fault for each, not both.")
    return parse_rates(fault) if faults is None else share_rate(faults)


def _read_window(
    start: str | None, end: str | None, live: bool, moment: datetime
) -> "Window | None":
    """The window that was asked for, None where none was."""
    from pipelines.base.clock import parse_instant
    from pipelines.simulate.plan import Window

    if start is None and not live:
        return None
    quarter = timedelta(seconds=moment.timestamp() % _QUARTER_SECONDS)
    begin = parse_instant(start) if start else moment - quarter
    until = parse_instant(end) if end else None if live else moment
    if until is not None and until <= begin:
        raise UsageError(
            f"The window is empty: --to ({until:%Y-%m-%dT%H:%MZ}) is not after --from "
            f"({begin:%Y-%m-%dT%H:%MZ})."
        )
    return Window(begin, until)


def _use_national(folder: Path, begin: datetime, as_json: bool) -> None:
    """The folder holds feeds at national scale, and the registry reads those from now on."""
    from pipelines.base.clock import london_date
    from pipelines.base.settings import pass_on, settings
    from pipelines.simulate.national import write_national

    folder = folder.absolute()
    written = write_national(folder, settings().feeds_dir, london_date(begin))
    if not as_json:
        feeds = ", ".join(f"{name} {count}" for name, count in written.feeds.items())
        say(f"Feeds in {folder}: {feeds} ({written.sites} sites)")
        say(f"To use them, set SITREP_FEEDS_DIR={folder}")
    pass_on("feeds_dir", str(folder))


def _tell(outcome: "Outcome", as_json: bool) -> None:
    """The result is on standard output."""
    tally = outcome.tally
    if as_json:
        say_json(
            {
                "deliveries": dict(sorted(tally.deliveries.items())),
                "faults": dict(sorted(tally.faults.items())),
                "bytes": tally.bytes,
                "not_yet_due": outcome.not_yet_due,
                "record": str(outcome.record),
            }
        )
        return
    say_table(("collection", "files"), sorted(tally.deliveries.items()))
    if tally.faults:
        say_table(("fault", "files or slots"), sorted(tally.faults.items()))
    say(f"{tally.deliveries.total():,} files, {tally.bytes:,} bytes")
    if outcome.not_yet_due:
        say(f"{outcome.not_yet_due:,} files of these slots are not due yet and were not sent.")
    say(f"Record: {outcome.record}")
