"""The stage that was recorded last counts above the feed file, until the file is edited."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.registry.feed import Feed, Stage
from pipelines.registry.registry import load_registry
from pipelines.registry.stage_journal import StageChange, StageJournal, with_recorded_stages

FEED = "ambulance_sitrep.r1f"
DAY = date(2026, 11, 1)

pytestmark = pytest.mark.usefixtures("each_state")


def change(number: int = 1, **told: Any) -> StageChange:
    fields: dict[str, Any] = {
        "number": number,
        "at": datetime(2026, 11, 1, 8, tzinfo=UTC),
        "feed_id": FEED,
        "from_stage": "testing",
        "to_stage": "live",
        "slots_from": DAY,
        "file_stage": "testing",
        "file_slots_from": None,
        "codes": ("R1F",),
        "by": "an engineer",
    }
    return StageChange(**fields | told)


@dataclass
class Recorded:
    """A home with a journal, and one feed as its file says."""

    home: Path
    feed: Feed

    def note(self, *changes: StageChange) -> None:
        StageJournal(self.home).note(changes)

    def now(self) -> tuple[Stage, date | None]:
        feed = with_recorded_stages(self.home, {FEED: self.feed})[FEED]
        return feed.stage, feed.slots_from


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    feed = load_registry().feed(FEED).model_copy(update={"stage": Stage.TESTING})
    return Recorded(tmp_path, feed)


def test_without_a_journal_the_file_counts(recorded: Recorded) -> None:
    assert recorded.now() == (Stage.TESTING, None)


def test_the_last_change_counts_above_the_file(recorded: Recorded) -> None:
    recorded.note(change())
    assert recorded.now() == (Stage.LIVE, DAY)
    recorded.note(change(2, to_stage="suspended", slots_from=None))
    assert recorded.now() == (Stage.SUSPENDED, None)


def test_changes_of_other_feeds_do_not_count(recorded: Recorded) -> None:
    recorded.note(change(feed_id="ambulance_sitrep.rx6"))
    assert recorded.now() == (Stage.TESTING, None)


@pytest.mark.parametrize(
    "edited",
    [{"stage": Stage.SUSPENDED}, {"slots_from": date(2026, 12, 1)}],
    ids=["stage", "slots_from"],
)
def test_a_file_that_is_edited_afterwards_counts_again(
    recorded: Recorded, edited: dict[str, Any]
) -> None:
    recorded.note(change())
    recorded.feed = recorded.feed.model_copy(update=edited)
    assert recorded.now() == (recorded.feed.stage, recorded.feed.slots_from)


def test_other_edits_of_the_file_leave_the_recorded_stage(recorded: Recorded) -> None:
    recorded.note(change())
    recorded.feed = recorded.feed.model_copy(update={"title": "Another title"})
    assert recorded.now() == (Stage.LIVE, DAY)


@pytest.mark.in_folder
def test_part_of_a_line_that_a_process_left_is_skipped(recorded: Recorded) -> None:
    recorded.note(change())
    path = StageJournal(recorded.home).path
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert recorded.now() == (Stage.LIVE, DAY)
    recorded.note(change(2, to_stage="retired", slots_from=None))
    assert recorded.now() == (Stage.RETIRED, None)
    assert [one.number for one in StageJournal(recorded.home).read()] == [1, 2]


def test_what_is_written_is_read_back_whole(recorded: Recorded) -> None:
    told = change(reason="Zoë says 'so'\nand so", forced=True, scorecard=[{"name": "slots"}])
    recorded.note(told)
    assert StageJournal(recorded.home).read() == (told,)
