"""Moves feeds from stage to stage: promoted on evidence, taken back or stopped with a reason.

Whatever is asked is answered: a move that makes no sense is refused in words, and a feed that lacks
something is told what. One process at a time moves stages, under the lock of the warehouse; who
comes second finds what the first has done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import london_date, now
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import UsageError
from pipelines.base.kill_points import reached
from pipelines.base.settings import settings
from pipelines.registry.feed import FIRST_DAY, Feed, Stage
from pipelines.registry.registry import Registry, load_registry
from pipelines.registry.stage_journal import StageChange, StageJournal

if TYPE_CHECKING:
    import duckdb

    from warehouse.marts.shadow.criteria import Scorecard

_FARTHEST_AHEAD = timedelta(days=366)


class StageAction(StrEnum):
    """What can be asked for a feed."""

    PROMOTE = "promote"
    DEMOTE = "demote"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETIRE = "retire"
    EXPECT = "expect"
    """Not to another stage: slots are expected from another day on."""


@dataclass(frozen=True)
class StageWish:
    """What is asked for which feed, by whom and why."""

    feed_id: str
    action: StageAction
    by: str
    reason: str = ""
    force: bool = False
    slots_from: date | None = None
    """None: a day that follows from the stage and the collection."""


@dataclass(frozen=True)
class StageMove:
    """What became of it."""

    feed: Feed
    """As it was before."""
    change: StageChange | None
    """None where criteria are not met, and nothing was changed."""
    card: "Scorecard | None"
    rows_moved: int = 0
    """Rows that came into the national tables, or left them."""


@disk_faults_told()
def move_stage(asked: StageWish) -> StageMove:
    """The feed is at its new stage, or it lacks something and stays where it is.

    Raises `UsageError` for what makes no sense: an unknown feed, a stage from which there is no
    such way, a reason that is lacking.
    """
    from warehouse.ledger.ledger import next_moment
    from warehouse.load.stages import enter_changes, last_number, observe_stages
    from warehouse.store.connection import open_warehouse
    from warehouse.store.stored_time import from_stored

    _refuse_without_reason(asked)
    _refuse_day(asked.slots_from)
    load_registry().feed(asked.feed_id)
    home = settings().root
    with open_warehouse(home) as connection:
        registry = observe_stages(connection, home, load_registry())
        feed = registry.feed(asked.feed_id)
        history = [one for one in StageJournal(home).read() if one.feed_id == feed.feed_id]
        target = _target(asked, feed, history)
        card = _card(connection, registry, feed) if feed.expects_slots else None
        lacks = target is Stage.LIVE and asked.action is StageAction.PROMOTE and _lacks(card)
        if lacks and not asked.force:
            return StageMove(feed, None, card)
        filed = registry.as_filed(feed)
        change = StageChange(
            number=last_number(connection, StageJournal(home).read()) + 1,
            at=from_stored(next_moment(connection)),
            feed_id=feed.feed_id,
            from_stage=feed.stage,
            to_stage=target,
            slots_from=_slots_from(asked, registry, feed, target),
            file_stage=filed.stage,
            file_slots_from=filed.slots_from,
            codes=feed.covers,
            by=asked.by,
            reason=asked.reason,
            forced=lacks,
            scorecard=None if card is None else card.as_rows(),
        )
        StageJournal(home).note([change])
        reached("stages: noted")
        rows = enter_changes(connection, [change], registry)
    return StageMove(feed, change, card, rows)


@disk_faults_told()
def scorecard_of(feed_id: str) -> "Scorecard":
    """The scorecard of the feed as it stands now; raises `UsageError` for an unknown feed."""
    from warehouse.store.connection import open_warehouse

    registry = load_registry()
    feed = registry.feed(feed_id)
    with open_warehouse(settings().root) as connection:
        return _card(connection, registry, feed)


@disk_faults_told()
def stage_history(feed_id: str | None) -> list[StageChange]:
    """The changes of stage of the feed, the oldest first, with the stage at which it began.

    Without a feed those of all feeds, but for the stages at which they began.
    """
    if feed_id is not None:
        load_registry().feed(feed_id)
    changes = [one for one in StageJournal(settings().root).read() if one.is_told]
    if feed_id is None:
        return [one for one in changes if one.from_stage is not None]
    return [one for one in changes if one.feed_id == feed_id]


def _card(connection: "duckdb.DuckDBPyConnection", registry: Registry, feed: Feed) -> "Scorecard":
    from warehouse.marts.shadow.scorecard import read_scorecards
    from warehouse.marts.slot_grid import ensure_grid
    from warehouse.store.histories import ensure_history

    ensure_history(connection, registry.collection(feed.collection))
    ensure_grid(connection, registry.of_collection(feed.collection), now())
    (card,) = read_scorecards(connection, registry, [feed], now())
    return card


def _lacks(card: "Scorecard | None") -> bool:
    """Whether the feed lacks something; one whose contract states no criteria does."""
    return card is None or not card.has_criteria or bool(card.lacking)


def _refuse_without_reason(asked: StageWish) -> None:
    is_needed = asked.force or asked.action not in (StageAction.PROMOTE, StageAction.EXPECT)
    if is_needed and not asked.reason.strip():
        forced = " with --force" if asked.force else ""
        raise UsageError(
            f"{asked.action}{forced} needs a reason, which is recorded. Give it with --reason, "
            "like --reason 'Agreed with the trust on 3 March'."
        )
    if not asked.by.strip():
        raise UsageError("Who changes the stage is recorded. Give a name with --by.")


def _refuse_day(slots_from: date | None) -> None:
    if slots_from is None:
        return
    if not FIRST_DAY <= slots_from <= london_date(now()) + _FARTHEST_AHEAD:
        raise UsageError(
            f"{slots_from} cannot be the first day of slots: give a day from {FIRST_DAY} to a "
            "year from now."
        )


def _target(asked: StageWish, feed: Feed, history: list[StageChange]) -> Stage:
    """The stage that the feed goes to; raises `UsageError` where there is no such way."""
    if asked.action is StageAction.PROMOTE and feed.stage is Stage.ONBOARDING and asked.force:
        raise UsageError(
            f"{feed.feed_id} is onboarding. It goes to testing first, and testing has no criteria: "
            "leave --force out. --force is for going live without the evidence."
        )
    if asked.action is StageAction.RESUME and feed.stage is Stage.SUSPENDED:
        return _before_suspension(history)
    target = _WAYS[asked.action].get(feed.stage)
    if target is None:
        since = f" since {history[-1].at:%Y-%m-%d %H:%M} UTC" if history else ""
        raise UsageError(
            f"{asked.action} is refused: {feed.feed_id} is {feed.stage}{since}. "
            f"{_why_no_way(asked.action, feed.stage)}"
        )
    return target


def _before_suspension(history: list[StageChange]) -> Stage:
    """The stage that the feed had when it was suspended; testing where that is not recorded."""
    suspended = [one for one in history if one.to_stage == Stage.SUSPENDED and one.is_of_stage]
    before = suspended[-1].from_stage if suspended else None
    return Stage(before) if before in _MOVING else Stage.TESTING


_MOVING = (Stage.ONBOARDING, Stage.TESTING, Stage.LIVE)
_WAYS: Mapping[StageAction, Mapping[Stage, Stage]] = {
    StageAction.PROMOTE: {Stage.ONBOARDING: Stage.TESTING, Stage.TESTING: Stage.LIVE},
    StageAction.DEMOTE: {Stage.LIVE: Stage.TESTING},
    StageAction.SUSPEND: dict.fromkeys(_MOVING, Stage.SUSPENDED),
    StageAction.RESUME: {},
    StageAction.RETIRE: dict.fromkeys((*_MOVING, Stage.SUSPENDED), Stage.RETIRED),
    StageAction.EXPECT: {stage: stage for stage in (Stage.TESTING, Stage.LIVE)},
}
"""Action → stage from which → stage to which it leads."""


def _why_no_way(action: StageAction, stage: Stage) -> str:
    """What keeps a feed of that stage from it, and what to do."""
    if stage is Stage.RETIRED:
        return (
            "A retired feed does not come back. If the provider sends again, write a feed file of "
            "a new name, and begin with onboarding."
        )
    if stage is Stage.SUSPENDED:
        if action is StageAction.SUSPEND:
            return "Nothing was changed."
        return "Run `sitrep feeds resume` first: it goes back to the stage that it had."
    if action is StageAction.EXPECT:
        return "Slots are expected of feeds that are testing or live: promote it to testing first."
    if action is StageAction.RESUME:
        return "Only a suspended feed can be resumed."
    if action is StageAction.PROMOTE:
        return "There is no stage above live. Nothing was changed."
    return "Only a live feed goes back to testing; it is no part of England's figures now."


def _slots_from(asked: StageWish, registry: Registry, feed: Feed, target: Stage) -> date | None:
    """The first London day on which every slot is expected at the new stage."""
    if target not in (Stage.TESTING, Stage.LIVE):
        if asked.slots_from is not None:
            raise UsageError(f"No slot is expected of a feed that is {target}: leave the day out.")
        return None
    if asked.slots_from is not None:
        return asked.slots_from
    today = london_date(now())
    is_sending = feed.expects_slots or registry.collection(feed.collection).cadence.is_daily
    # The quarter-hours of this morning are not expected of a feed that only begins now.
    return today if is_sending else today + timedelta(days=1)


def home_of_stages() -> Path:
    """The file in which the changes are recorded."""
    return StageJournal(settings().root).path
