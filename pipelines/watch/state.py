"""What the watch remembers: a finding that is still there is not new, one that is gone is over.

Pure: it takes the open rows and the findings of now, and gives the rows that replace them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.watch.watch_finding import WatchFinding


@dataclass(frozen=True, slots=True)
class Watched:
    """A finding with what became of it, and the channels that have told it."""

    finding: WatchFinding
    first_seen_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    alerted_at: datetime | None = None
    """When the first channel took it."""
    told: frozenset[str] = frozenset()
    """Channels that took it."""
    told_over: frozenset[str] = frozenset()
    """Channels that took that it is over."""

    @property
    def is_open(self) -> bool:
        """Whether it was there at the last look."""
        return self.ended_at is None


def carry_on(
    open_before: Sequence[Watched],
    found: Iterable[WatchFinding],
    is_held: Callable[[WatchFinding], bool],
    moment: datetime,
) -> list[Watched]:
    """The open rows as they stand after this look: continued, ended, and new.

    A finding that nobody could look for this time (`is_held`) stays as it was. A finding keeps the
    earlier of its two beginnings, because a look sees only some time back.
    """
    fresh = {finding.key: finding for finding in found}
    rows = []
    for row in open_before:
        finding = fresh.pop(row.finding.key, None)
        if finding is not None:
            since = min(finding.since, row.finding.since)
            rows.append(replace(row, finding=replace(finding, since=since), last_seen_at=moment))
        elif is_held(row.finding):
            rows.append(row)
        else:
            rows.append(replace(row, ended_at=moment))
    return rows + [Watched(finding, moment, moment) for finding in fresh.values()]


def untold(rows: Iterable[Watched], channel: str) -> list[Watched]:
    """The findings that the channel has not taken yet, over or not."""
    return [row for row in rows if channel not in row.told]


def untold_over(rows: Iterable[Watched], channel: str) -> list[Watched]:
    """The findings that are over and whose beginning the channel has told."""
    return [
        row
        for row in rows
        if not row.is_open
        and row.finding.kind.end_is_news
        and channel in row.told
        and channel not in row.told_over
    ]
