"""Codes, headings and sheets that nobody knows here, gathered over a day.

Each answer tells its own provider. What no answer shows is that the same unknown trust stands in
every file since Tuesday: a merger that the reference data has not heard of, or a measure that was
renamed. Its rows are kept out all that while.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.registry.contract import Collection
from pipelines.watch.kinds import UNKNOWN_CODE
from pipelines.watch.watch_finding import WatchFinding, tell_some, watch_finding

_MACHINERY_CODES = ("ROW-002", "HEAD-001", "SHEET-001")
"""Another's organisation, an unknown heading, an unknown sheet; see
`pipelines.findings.finding_kinds`."""
_REFERENCE_RULE = "expect_column_values_to_be_in_reference_set"
MOST_VALUES = 10
"""Of one feed. A file whose columns have slipped has a thousand unknown codes."""
_LONGEST = 60
"""Letters of a value that are told: it is somebody's typing and may be anything."""


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that was unknown, in the issues of the last day."""

    feed_id: str
    collection: str
    value: str
    codes: tuple[str, ...]
    """By which it was: another's organisation may be nobody's besides."""
    first_seen: datetime
    files: int
    values_of_feed: int
    """How many values of that feed were unknown, of which this may be one of few."""


def codes_of_unknown(collections: Iterable[Collection]) -> list[str]:
    """The codes of issues that mean something unknown."""
    rules = [
        rule.code
        for collection in collections
        for rule in collection.rules
        if rule.expectation == _REFERENCE_RULE
    ]
    return [*_MACHINERY_CODES, *rules]


def find_unknown(values: Iterable[UnknownValue]) -> list[WatchFinding]:
    """A finding for each feed and value; one for all of a feed where they are many."""
    by_feed: dict[str, list[UnknownValue]] = {}
    for value in values:
        by_feed.setdefault(value.feed_id, []).append(value)
    findings: list[WatchFinding] = []
    for _, own in sorted(by_feed.items()):
        findings += [_many(own)] if own[0].values_of_feed > MOST_VALUES else map(_one, own)
    return findings


def _one(value: UnknownValue) -> WatchFinding:
    name = _shorten(value.value)
    files = "1 file" if value.files == 1 else f"{value.files:,} files"
    message = f"'{name}' is unknown ({', '.join(value.codes)}) in {files}."
    return watch_finding(
        UNKNOWN_CODE, value.collection, value.feed_id, name, value.first_seen, message
    )


def _many(values: Sequence[UnknownValue]) -> WatchFinding:
    """One finding for them all; no values are told apart by it, so that it stays the same one."""
    first = values[0]
    names = tell_some([_shorten(one.value) for one in values])
    message = (
        f"{first.values_of_feed:,} different values are unknown: {names}, and others. Columns may "
        "have slipped."
    )
    since = min(one.first_seen for one in values)
    return watch_finding(UNKNOWN_CODE, first.collection, first.feed_id, "", since, message)


def _shorten(value: str) -> str:
    """The value on one line, and not too long a one."""
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
