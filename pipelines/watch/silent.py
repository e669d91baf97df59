"""A provider that fell silent: the newest slots that are expected of it have no value.

Every file that comes is answered, and nothing is answered where none comes; a table with one
provider less looks like any other. Only the slot grid knows what is not there.

Slots count once their grace is over, so a late file accuses nobody. A feed whose files have landed
and wait is not silent: that is ours to mend (`waiting`). One whose files come and are all refused
(as those whose times have no offset, in the hour that the clocks repeat) does not know that it
gives nothing. Where all feeds of one source fell silent together the source, or we, have failed
and not each of its providers, and that is one finding.

What this cannot see: a site that is left out of a file that comes (`rows`), old values sent again
as new (`stuck`), and feeds of which no slots are expected (testing).
"""

from collections.abc import Collection as Names
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.registry.contract import Cadence
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start, slot_at
from pipelines.watch.kinds import GIVES_NOTHING, SILENT, SOURCE_SILENT
from pipelines.watch.watch_finding import WatchFinding, tell_some, tell_time, watch_finding

_SILENT_MINUTES = 60
"""Four quarter-hours: a system that restarts, or a file that is lost, is back within the hour."""
_LEAST_SLOTS = 2
"""Two days: one daily file is now and then forgotten and sent with the next."""
_LEAST_FEEDS_OF_SOURCE = 3
"""Two providers that fall silent together may be chance, or one hospital group."""
_TOGETHER = timedelta(hours=1)
"""Files of a source that stops are within the hour the last of each feed."""


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
    """So many missing slots at the end are a silence."""
    return max(_LEAST_SLOTS, _SILENT_MINUTES // cadence.slot_minutes)


def find_silences(
    slots: Sequence[FeedSlots], registry: Registry, waiting: Names[str]
) -> list[Silence]:
    """The feeds that are silent, apart from those of which files wait here to be loaded."""
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
        f"{tell_time(silence.since, is_day=silence.cadence.is_daily)} on."
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
