"""One simulation from request to outcome; the command and the tests call it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.errors import UsageError
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.simulate.deliver import FolderReceiver, LandingReceiver, Receiver
from pipelines.simulate.faults import Fault
from pipelines.simulate.pace import PacedClock
from pipelines.simulate.plan import Plan, Window, simulated_feeds
from pipelines.simulate.record import Recorder, RunNote
from pipelines.simulate.sending import Tally, deliver_live, deliver_until


@dataclass(frozen=True)
class Request:
    """What to simulate and where to deliver it."""

    window: Window
    seed: int
    rates: Mapping[Fault, float] = field(default_factory=dict)
    collections: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    into_folders: bool = False
    is_past_as_due: bool = False
    """Whether files due before a live simulation began are landed as received when due."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a simulation."""

    tally: Tally
    record: Path
    not_yet_due: int
    """Files of the window that arrive only after now and were not delivered."""


def simulate_past(
    home: Path, registry: Registry, request: Request, report: Callable[[str], None]
) -> Outcome:
    """Everything of the window that has arrived by now is delivered.

    Raises `UsageError` where the window ends after now, or no feed is left.
    """
    moment = now()
    if request.window.end is None or request.window.end > moment:
        raise UsageError(
            f"The window ends after now ({moment:%Y-%m-%dT%H:%MZ}), and slots that have not begun "
            "would be refused. Choose an earlier --to, use --live, or set SITREP_NOW."
        )
    feeds = _feeds(registry, request)
    plan = Plan(registry, list(feeds.values()), request.seed, request.rates)
    tally = Tally()
    with Recorder(home, _note(request, feeds)) as recorder:
        left = deliver_until(
            plan.events(request.window),
            moment,
            _receiver(home, request, feeds),
            recorder,
            tally,
            report,
        )
    return Outcome(tally, recorder.path, left)


def simulate_live(
    home: Path,
    registry: Registry,
    request: Request,
    clock: PacedClock,
    report: Callable[[str], None],
) -> Outcome:
    """Files are delivered as they become due, until the window ends or Ctrl-C comes."""
    feeds = _feeds(registry, request)
    plan = Plan(registry, list(feeds.values()), request.seed, request.rates)
    tally = Tally()
    with Recorder(home, _note(request, feeds)) as recorder:
        receiver = _receiver(home, request, feeds)
        try:
            events = plan.events(request.window)
            past = LandingReceiver(home, feeds) if request.is_past_as_due else receiver
            deliver_live(events, clock, receiver, recorder, tally, report, past)
        except KeyboardInterrupt:
            # The ordinary way to end it; what was delivered is recorded.
            report("Stopped")
    return Outcome(tally, recorder.path, 0)


def _feeds(registry: Registry, request: Request) -> dict[str, Feed]:
    feeds = simulated_feeds(registry, request.collections, request.feeds)
    return {feed.feed_id: feed for feed in feeds}


def _receiver(home: Path, request: Request, feeds: Mapping[str, Feed]) -> Receiver:
    return FolderReceiver(home, feeds) if request.into_folders else LandingReceiver(home, feeds)


def _note(request: Request, feeds: Mapping[str, Feed]) -> RunNote:
    moment = now()
    return RunNote(
        run=f"{moment:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        started_at=moment,
        seed=request.seed,
        start=request.window.start,
        end=request.window.end,
        rates=dict(request.rates),
        feeds=tuple(feeds),
    )
