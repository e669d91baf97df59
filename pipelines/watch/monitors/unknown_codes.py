"""Codes, headings and sheets that nobody knows here, gathered over a day.

Each answer tells its own provider. No answer shows that the same unknown trust stands in every file
since Tuesday: a merger that the reference data has not heard of, or a measure that was renamed. Its
rows are rejected all that while. A code that is known and another's is no unknown code: the wrong
sender has sent it, or the wrong file, and it is told as that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.registry.contract import Collection
from pipelines.watch.monitor import TOLD_FOR, AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import time_literal
from pipelines.watch.watch_finding import WatchFinding, WatchKind, tell_some, watch_finding
from warehouse.store import literals
from warehouse.store.sql import render
from warehouse.store.stored_time import from_stored

UNKNOWN_CODE = WatchKind(
    "WATCH-006",
    "Unknown code, or a wrong sender",
    urgency=100,
    fix=(
        "If the code is new and correct, add it to the reference data or to the feed and run "
        "`sitrep reprocess --feed`; otherwise ask the provider to correct it."
    ),
    no_help="Having the same file sent again: its rows are rejected again.",
    end_is_news=False,
)

_OTHERS_FIX = (
    "Ask the provider whether it sent another's file, and tell it which codes are its own. If it "
    "may report for that organisation, add the code to `reports_for` of its feed file and run "
    "`sitrep reprocess --feed`."
)
"""What to do about a code that is in the reference data already."""
_MACHINERY_CODES = ("ROW-002", "HEAD-001", "SHEET-001")
"""Another's organisation, an unknown heading, an unknown sheet; see
`pipelines.findings.finding_kinds`."""
_REFERENCE_RULE = "expect_column_values_to_be_in_reference_set"
MOST_VALUES = 10
"""Of one feed. A file whose columns have slipped has a thousand unknown codes."""
_LONGEST = 60
"""Letters of a value that are told: somebody typed it, and it may be anything."""


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that was unknown, in the issues of the last day."""

    feed_id: str
    collection: str
    value: str
    codes: tuple[str, ...]
    """The rules that it broke: a code may be both another provider's and unknown."""
    first_seen: datetime
    files: int
    values_of_feed: int
    """How many different values of that feed were unknown."""
    known_as: str | None = None
    """The name of the other organisation whose code it is: the wrong sender, no unknown code."""


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
    rules = ", ".join(value.codes)
    if value.known_as is None:
        message, fix = f"'{name}' is unknown ({rules}) in {files}.", None
    else:
        message = (
            f"'{name}' is {value.known_as}, for which this feed may not report ({rules}), in "
            f"{files}: a wrong sender, not an unknown code."
        )
        fix = _OTHERS_FIX
    return watch_finding(
        UNKNOWN_CODE, value.collection, value.feed_id, name, value.first_seen, message, fix
    )


def _many(values: Sequence[UnknownValue]) -> WatchFinding:
    """One finding for all of them; its key names no value, so that it stays the same one."""
    first = values[0]
    names = tell_some([_shorten(one.value) for one in values])
    since = min(one.first_seen for one in values)
    are_others = all(one.known_as is not None for one in values)
    if are_others:
        message = (
            f"{first.values_of_feed:,} different values are not this feed's to report: {names}, "
            "and others. They are codes of other organisations: a wrong sender or a wrong file."
        )
    else:
        message = (
            f"{first.values_of_feed:,} different values are unknown: {names}, and others. Columns "
            "may have slipped."
        )
    fix = _OTHERS_FIX if are_others else None
    return watch_finding(UNKNOWN_CODE, first.collection, first.feed_id, "", since, message, fix)


def _shorten(value: str) -> str:
    """The value on one line, cut where it is too long."""
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _look(scene: Scene) -> list[WatchFinding]:
    codes = codes_of_unknown(scene.registry.collections.values())
    sql = render(
        Path(__file__).parent,
        "unknown_codes",
        codes=literals.texts(codes),
        since=time_literal(scene.moment - TOLD_FOR),
        most=MOST_VALUES,
    )
    rows = scene.connection.execute(sql).fetchall()
    return find_unknown(
        UnknownValue(
            feed_id, collection, value, tuple(codes), from_stored(first), files, values, known_as
        )
        for feed_id, collection, value, codes, first, files, values, known_as in rows
    )


MONITOR = AcrossCollections((UNKNOWN_CODE,), _look)
