"""A provider that fell silent: the newest slots that are expected of it have no value.

A file that comes is answered; where none comes, nobody is answered, and a table without one
provider looks like any other. Only the slot grid knows what is not there.

Slots count once their grace is over, so a late file accuses nobody. A feed whose files have landed
and wait is not silent: that is ours to mend (`waiting`). A provider whose files come and are all
refused (times without an offset, in the hour that the clocks repeat) does not know that it gives
nothing. Where all feeds of one source fell silent together, the source or we have failed and not
each of its providers, and that is one finding.

What this cannot see: a site that is left out of a file that comes (`row_count`), old values sent
again as new (`stuck`), feeds in testing, whose missing slots stand in their scorecard and alarm
nobody, and feeds of which no slots are expected.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.registry.cadence import Cadence
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start, slot_at
from pipelines.watch.monitor import PerCollection
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import instant_of, time_literal
from pipelines.watch.watch_finding import (
    WatchFinding,
    WatchKind,
    tell_some,
    tell_time,
    watch_finding,
)
from warehouse.marts.feed_health import counted_slots_sql
from warehouse.store import literals
from warehouse.store.sql import render

SOURCE_SILENT = WatchKind(
    "WATCH-009",
    "Nothing comes from a source any more",
    urgency=30,
    fix=(
        "Check our side first: whether the source answers, its folder is mounted and the task "
        "`bring_in` of its DAG runs. Then ask whoever runs the source."
    ),
    no_help="Calling each provider: all feeds of the source fell silent together.",
)
SILENT = WatchKind(
    "WATCH-001",
    "A provider fell silent",
    urgency=40,
    fix="Ask the provider whether its export runs and where it puts its files.",
    no_help="Reprocessing or publishing again: nothing has come for these slots.",
)
GIVES_NOTHING = WatchKind(
    "WATCH-010",
    "Files arrive without usable values",
    urgency=50,
    fix=(
        "`sitrep submissions` lists the files; their answers say why they were refused, or which "
        "slots they hold. If none was refused, ask the provider to check its clock, its offset "
        "from UTC and whether it sends an old file again."
    ),
    no_help="Asking whether its export runs: it does.",
    sender_fix="Check the clock of the export, its offset from UTC, and that each file is new.",
)

_SILENT_MINUTES = 30
"""Two quarter-hours, as the page of feeds has it: one lost file tells nothing, and after the second
England's figures lack the provider for the second time, and whoever reads them asks why."""
_LEAST_SLOTS = 2
"""Two days: one daily file is now and then forgotten and sent with the next."""
_LEAST_MONTHS = 1
"""A month whose day of publication has passed is asked after: the next is a month away."""
_LEAST_FEEDS_OF_SOURCE = 3
"""Two providers that fall silent together may be chance, or one hospital group."""
_TOGETHER = timedelta(hours=1)
"""When a source stops, the last files of its feeds are within an hour of each other."""
_FURTHEST = timedelta(days=100)
"""How far back the last value of a feed is looked for; one that is silent for longer is silent
since then, or since a look that saw more."""
_ARRIVALS = timedelta(days=3)
"""How far back the files of a silent feed are counted: they tell whether it still sends."""


@dataclass(frozen=True, slots=True)
class FeedSlots:
    """How the recent slots of a feed end."""

    feed_id: str
    missing: int
    """Slots after the last one with a value whose grace is over."""
    first_missing: datetime | None
    """Start of the first of them, as far back as was looked."""
    last_given: datetime | None
    """Start of the last slot with a value, as far back as was looked."""
    data_as_of: datetime | None
    """The same, looked for further back."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The files of a feed that came although its slots are missing."""

    files: int
    refused: int
    repeated: int
    why: str | None = None
    """The code that most of the refused have in common."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A feed that is silent, since the start of the first slot that is missing."""

    feed: Feed
    cadence: Cadence
    since: datetime

    @property
    def first_end(self) -> datetime:
        """End of the first slot that is missing; its file would come after it."""
        return slot_at(self.cadence, self.since).end


def least_missing(cadence: Cadence) -> int:
    """How many missing slots at the end are a silence."""
    if cadence.is_monthly:
        return _LEAST_MONTHS
    return max(_LEAST_SLOTS, _SILENT_MINUTES // cadence.slot_minutes)


def find_silences(
    slots: Sequence[FeedSlots], registry: Registry, waiting: Container[str]
) -> list[Silence]:
    """The feeds that are silent, without those whose files wait here to be loaded."""
    silences = []
    for one in slots:
        feed = registry.feeds[one.feed_id]
        cadence = registry.collections[feed.collection].cadence
        if one.missing >= least_missing(cadence) and one.feed_id not in waiting:
            silences.append(Silence(feed, cadence, _since(one, feed, cadence)))
    return silences


def tell_silences(
    silences: Sequence[Silence],
    slots: Sequence[FeedSlots],
    registry: Registry,
    arrivals: Mapping[str, Arrivals],
) -> list[WatchFinding]:
    """A finding for each silent feed, and one for a source whose feeds all fell silent together."""
    expected: dict[tuple[str, str], int] = {}
    for one in slots:
        source = _source(registry.feeds[one.feed_id])
        expected[source] = expected.get(source, 0) + 1
    findings: list[WatchFinding] = []
    for source, feeds in expected.items():
        own = [one for one in silences if _source(one.feed) == source]
        together: list[Silence] = []
        if len(own) == feeds and not any(arrivals.get(one.feed.feed_id) for one in own):
            latest = max(one.since for one in own)
            together = [one for one in own if one.since >= latest - _TOGETHER]
        if len(together) >= _LEAST_FEEDS_OF_SOURCE:
            findings.append(_source_finding(source, together))
            own = [one for one in own if one not in together]
        findings += [_feed_finding(one, arrivals.get(one.feed.feed_id)) for one in own]
    return findings


def _since(slots: FeedSlots, feed: Feed, cadence: Cadence) -> datetime:
    """Start of the first missing slot, also where it lies before those that were looked at."""
    assert slots.first_missing is not None and feed.slots_from is not None
    if slots.last_given is not None:
        return slots.first_missing
    begin = day_start(feed.slots_from)
    if slots.data_as_of is None:
        return begin
    return max(begin, slot_at(cadence, slots.data_as_of).end)


def _source(feed: Feed) -> tuple[str, str]:
    return feed.collection, feed.source.endpoint


def _source_finding(source: tuple[str, str], silences: Sequence[Silence]) -> WatchFinding:
    collection, endpoint = source
    names = sorted(one.feed.feed_id for one in silences)
    return watch_finding(
        SOURCE_SILENT,
        collection,
        None,
        endpoint,
        min(one.since for one in silences),
        f"None of the {len(names)} feeds that come from {endpoint} has given a value: "
        f"{tell_some(names)}.",
    )


def _feed_finding(silence: Silence, arrived: Arrivals | None) -> WatchFinding:
    feed = silence.feed
    message = (
        f"{feed.provider.name} has given no value for any slot from "
        f"{tell_time(silence.since, is_day=silence.cadence.is_dated)} on."
    )
    code = SILENT
    if arrived is not None:
        code = GIVES_NOTHING
        others = arrived.files - arrived.refused - arrived.repeated
        why = f" ({arrived.why})" if arrived.why else ""
        message += (
            f" Of {arrived.files} files that came since, {arrived.refused} were refused{why}, "
            f"{arrived.repeated} were the same bytes as before, and {others} held other slots."
        )
    return watch_finding(code, feed.collection, feed.feed_id, "", silence.since, message)


def _look(scene: Scene, collection: Collection) -> list[WatchFinding]:
    registry = scene.registry.of_collection(collection.collection)
    slots = _fetch_slots(scene, registry)
    waiting = {manifest.feed_id for manifest in scene.waiting}
    silences = find_silences(slots, registry, waiting)
    return tell_silences(silences, slots, registry, _fetch_arrivals(scene, silences))


def _fetch_slots(scene: Scene, registry: Registry) -> list[FeedSlots]:
    sql = render(
        Path(__file__).parent,
        "silent",
        slots=counted_slots_sql(registry, scene.moment),
        since=time_literal(scene.moment - _FURTHEST),
    )
    return [
        FeedSlots(feed_id, missing, instant_of(first), instant_of(last), instant_of(as_of))
        for feed_id, missing, first, last, as_of in scene.connection.execute(sql).fetchall()
    ]


def _fetch_arrivals(scene: Scene, silences: Sequence[Silence]) -> dict[str, Arrivals]:
    """The files that came of silent feeds after their first missing slot had ended."""
    if not silences:
        return {}
    sql = render(
        Path(__file__).parent,
        "silent_arrivals",
        feeds=[(literals.text(one.feed.feed_id), time_literal(one.first_end)) for one in silences],
        first=time_literal(scene.moment - _ARRIVALS),
        until=time_literal(scene.moment),
    )
    return {
        feed_id: Arrivals(files, refused, repeated, why)
        for feed_id, files, refused, repeated, why in scene.connection.execute(sql).fetchall()
    }


MONITOR = PerCollection((SOURCE_SILENT, SILENT, GIVES_NOTHING), _look, has_months=True)
