"""The journal of stages: every change of a feed's stage, with who made it, when and why.

    landing/stages.jsonl     a line for each change, in the order in which they were made

A feed file says at which stage a feed begins. The last line of the feed counts above it, so that
feed files can be deployed from version control and be read-only. A line remembers what the file
said when it was written: a file whose `stage` or `slots_from` is edited afterwards counts again,
and the next publication writes a line for that too. The warehouse repeats the lines
(`ops.stage_change`), and a rebuild makes them again from here.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.state.documents import (
    append_lines,
    make_way_for,
    read_document,
    stamp_document,
)
from pipelines.registry.feed import Feed, Stage

BY_FILE = "feed file"
"""Who made a change that somebody wrote into the feed file."""
NO_FILE = "none"
"""What the feed file says where it was taken away."""
_CURE = "Until the next load or publication feeds have the stage that their files say."


class StageChange(msgspec.Struct, frozen=True):
    """One change of the stage of a feed, or of the day from which its slots are expected."""

    number: int
    """From 1, in the order in which they were made."""
    at: datetime
    """In UTC, as the ledger has it."""
    feed_id: str
    from_stage: str | None
    """None where the feed was seen for the first time."""
    to_stage: str
    slots_from: date | None
    """London day from which on every slot is expected; None where none is."""
    file_stage: str
    """What the feed file said then."""
    file_slots_from: date | None
    codes: tuple[str, ...]
    """Codes of those whose values the feed brings."""
    by: str
    reason: str = ""
    forced: bool = False
    """Whether criteria were not met."""
    scorecard: list[dict[str, Any]] | None = None
    """The scorecard of that moment, a dictionary for each criterion."""

    @property
    def is_of_stage(self) -> bool:
        """Whether the stage itself changed, or the feed is new."""
        return self.from_stage != self.to_stage

    @property
    def is_told(self) -> bool:
        """Whether it is more than a feed file that was brought in line."""
        return self.is_of_stage or self.by != BY_FILE


class StageJournal:
    """The journal of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.path = home / "landing" / "stages.jsonl"

    def note(self, changes: Sequence[StageChange]) -> None:
        """The changes stand in the journal, on durable storage."""
        if changes:
            make_way_for(self._home, self.path, _CURE)
            append_lines(self._home, {self.path: b"\n".join(map(_encode, changes))})

    def read(self) -> tuple[StageChange, ...]:
        """Every change in their order; what a process that died left of one is skipped.

        Within a process the file is read again only when it has changed.
        """
        present = stamp_document(self._home, self.path)
        if present is None:
            return ()
        known = _remembered.get(self.path)
        if known is None or known[0] != present:
            content = read_document(self._home, self.path, bytes, b"", _CURE)
            known = (present, _decode_all(content.split(b"\n")))
            _remembered[self.path] = known
        return known[1]


def last_changes(changes: Iterable[StageChange]) -> dict[str, StageChange]:
    """The last change of each feed."""
    return {one.feed_id: one for one in changes}


def is_of_file(feed: Feed, change: StageChange) -> bool:
    """Whether the feed file says what it said when the change was made."""
    return (feed.stage, feed.slots_from) == (change.file_stage, change.file_slots_from)


def with_recorded_stages(home: Path, feeds: dict[str, Feed]) -> dict[str, Feed]:
    """The feeds of the files, each at the stage that was recorded for it last."""
    last = last_changes(StageJournal(home).read())
    return {name: _with_stage(feed, last.get(name)) for name, feed in feeds.items()}


def _with_stage(feed: Feed, change: StageChange | None) -> Feed:
    if change is None or not is_of_file(feed, change):
        return feed
    recorded = (change.to_stage, change.slots_from)
    if recorded == (feed.stage, feed.slots_from):
        return feed
    known = _changed.get(feed.feed_id)
    if known is None or known[0] is not feed or known[1] != recorded:
        stage = {"stage": Stage(change.to_stage), "slots_from": change.slots_from}
        known = (feed, recorded, feed.model_copy(update=stage))
        _changed[feed.feed_id] = known
    return known[2]


def _decode_all(lines: Iterable[bytes]) -> tuple[StageChange, ...]:
    found = []
    for line in lines:
        try:
            found.append(_decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    # What was lost of the journal is written again at its end.
    return tuple(sorted(found, key=lambda one: one.number))


_remembered: dict[Path, tuple[object, tuple[StageChange, ...]]] = {}
_changed: dict[str, tuple[Feed, object, Feed]] = {}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(StageChange).decode
