"""A finding of the watch: something that is wrong over time, since when, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.base.clock import LONDON

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class WatchKind:
    """One kind of finding: what it is, what to do about it, and what will not help."""

    code: str
    title: str
    urgency: int
    """An alert tells the lowest first."""
    fix: str
    no_help: str
    end_is_news: bool = True
    """Whether people are told when it is over. A single event only ages, and is not mended."""
    is_by_measure: bool = False
    """Whether an alert has a line for each measure, which is the first word of the subject."""
    sender_fix: str = ""
    """What the provider itself does about it; empty where that is for others, or told otherwise."""


@dataclass(frozen=True, slots=True)
class WatchFinding:
    """One thing that is wrong, as it stands at the time of a look."""

    kind: WatchKind
    collection: str
    feed_id: str | None
    subject: str
    """What of the feed or the collection: a site, a measure, a value; empty for all of it."""
    since: datetime
    message: str
    fix: str

    @property
    def code(self) -> str:
        """The code of its kind."""
        return self.kind.code

    @property
    def key(self) -> str:
        """What it is about: two looks that find the same thing find the same key."""
        return "|".join((self.code, self.collection, self.feed_id or "", self.subject))


def watch_finding(
    kind: WatchKind,
    collection: str,
    feed_id: str | None,
    subject: str,
    since: datetime,
    message: str,
    fix: str | None = None,
) -> WatchFinding:
    """A finding; what to do is the kind's, unless something more special is known."""
    return WatchFinding(kind, collection, feed_id, subject, since, message, fix or kind.fix)


def tell_time(instant: datetime, *, is_day: bool = False) -> str:
    """The instant as people in London name it, or the day that begins with it."""
    local = instant.astimezone(LONDON)
    day = f"{local:%a} {local.day} {local:%b %Y}"
    return day if is_day else f"{day} {local:%H:%M %Z}"


def tell_some(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    """The names, or the first of them and how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"


def tell_number(value: float) -> str:
    """The number with thousands separators, without decimals that say nothing."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f}"
