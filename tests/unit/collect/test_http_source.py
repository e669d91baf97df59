"""What a feed may say of a source that is asked, and which of its slots are wanted."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipelines.collect.addresses.given import Given
from pipelines.collect.addresses.missing_slots import (
    NEWEST,
    SLOTS_A_RUN,
    Asked,
    AskingProgress,
    ask_since,
    read_progress,
    turn_of,
    write_progress,
)
from pipelines.collect.sources.directory import DirectorySource
from pipelines.collect.sources.http import HttpSource
from pipelines.registry.cadence import Cadence
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import Slot, slots_between
from tests.support.asked_source import Feeds
from tests.support.small_tables import csv_table, small_feed

ADDRESS = "https://ed.example.nhs.uk/slots?from={slot_start}&to={slot_end}"
NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def cadence(slot_minutes: int = 15) -> Cadence:
    return Cadence(
        cron="*/15 * * * *",
        time_zone="Europe/London",
        slot_minutes=slot_minutes,
        due_minutes=5,
        grace_minutes=10,
    )


def source(**changes: Any) -> HttpSource:
    known = {"kind": "http", "address": ADDRESS, "file_name": "{slot_start:%Y%m%dT%H%M}.csv"}
    return HttpSource.model_validate({**known, **changes})


def slot_of(start: datetime, slot_minutes: int = 15) -> Slot:
    return next(slots_between(cadence(slot_minutes), start, start + timedelta(days=1)))


def test_an_address_is_filled_with_the_bounds_of_the_slot_in_utc() -> None:
    slot = slot_of(datetime(2026, 7, 1, 11, tzinfo=UTC))
    assert source().address_of(slot) == (
        "https://ed.example.nhs.uk/slots?from=2026-07-01T11:00:00Z&to=2026-07-01T11:15:00Z"
    )
    assert source().file_name_of(slot) == "20260701T1100.csv"


def test_a_day_is_the_one_in_london() -> None:
    slot = slot_of(datetime(2026, 6, 30, 23, tzinfo=UTC), 1440)
    asked = source(address="https://x.nhs.uk/{day}/{slot_start}", file_name="{day:%d%m%y}.csv")
    assert asked.address_of(slot) == "https://x.nhs.uk/2026-07-01/2026-06-30T23:00:00Z"
    assert asked.file_name_of(slot) == "010726.csv"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": "http://ed.example.nhs.uk/{slot_start}"}, "must use https"),
        ({"address": "ftp://ed.example.nhs.uk/{slot_start}"}, "must use https"),
        ({"address": "/slots/{slot_start}"}, "must use https"),
        ({"address": "https://user:hunter2@x.nhs.uk/{slot_start}"}, "holds a secret"),
        ({"address": "https://x.nhs.uk/{slot_start}?access_token=hunter2"}, "holds a secret"),
        ({"address": "https://x.nhs.uk/{slot_start}?api-key=hunter2"}, "holds a secret"),
        ({"address": "https://x.nhs.uk/{slot_start}?key="}, "holds a secret"),
        ({"address": "https://x.nhs.uk/{slot}"}, "unknown word"),
        ({"address": "https://x.nhs.uk/{slot_start.year}"}, "unknown word"),
        ({"file_name": "{slot_start"}, "unknown word"),
        ({"file_name": "../{slot_start}.csv"}, "without folders"),
        ({"endpoint": "trusts"}, "has a scheme"),
        ({"connection": "Bearer hunter2"}, "connection"),
        ({"look_back_hours": 0}, "look_back_hours"),
        ({"ask_after_minutes": -1}, "ask_after_minutes"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"headers": {}}, "headers"),
    ],
)
def test_a_source_that_cannot_be_asked_safely_is_refused(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        source(**changes)


@pytest.mark.parametrize("parameter", ["site_code", "monkey", "tokens_used"])
def test_a_parameter_that_holds_no_secret_is_taken(parameter: str) -> None:
    address = f"https://x.nhs.uk/{{slot_start}}?{parameter}=R0A"
    assert source(address=address).address == address


def test_a_source_on_this_machine_needs_no_https() -> None:
    assert source(address="http://127.0.0.1:80/{slot_start}").endpoint == "http://127.0.0.1:80"


def test_feeds_of_one_host_are_asked_by_one_task_unless_they_say_otherwise() -> None:
    assert source().endpoint == "https://ed.example.nhs.uk"
    assert source(endpoint="https://trusts").endpoint == "https://trusts"


def test_a_folder_is_no_address() -> None:
    with pytest.raises(ValidationError, match="kind: http"):
        DirectorySource(kind="directory", endpoint="https://x.nhs.uk", pattern="*")


@pytest.mark.parametrize(
    ("changes", "slot_minutes", "told"),
    [
        ({}, 15, None),
        ({"address": "https://x.nhs.uk/{slot_end}"}, 15, None),
        ({"address": "https://x.nhs.uk/{day}"}, 15, "address: does not tell"),
        ({"address": "https://x.nhs.uk/{day}"}, 1440, None),
        ({"address": "https://x.nhs.uk/latest"}, 1440, "address: does not tell"),
        ({"address": "https://x.nhs.uk/{slot_start:%H%M}"}, 15, "address: does not tell"),
        ({"file_name": "latest.csv"}, 15, "file_name: does not tell"),
    ],
)
def test_every_slot_has_an_address_and_a_file_name_of_its_own(
    changes: dict[str, Any], slot_minutes: int, told: str | None
) -> None:
    mistake = source(**changes).first_mistake(cadence(slot_minutes))
    assert mistake is None if told is None else (mistake or "").startswith(told)


def test_the_registry_gives_both_kinds_of_endpoint_and_tells_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    feeds = Feeds(tmp_path / "feeds", monkeypatch)
    feeds.add("r0a", ADDRESS)
    feeds.add("r0b", "https://ed.example.nhs.uk/{day}")
    feeds.add("r0c", ADDRESS)
    in_folder = tmp_path / "feeds" / "acute_realtime" / "r0c.yaml"
    content = yaml.safe_load(in_folder.read_text("utf-8"))
    content["source"] = {"kind": "directory", "endpoint": "incoming", "pattern": "*"}
    in_folder.write_text(yaml.safe_dump(content), "utf-8")
    registry = load_registry()
    assert registry.endpoints_of("acute_realtime") == ["https://ed.example.nhs.uk", "incoming"]
    asked = registry.feeds_at("https://ed.example.nhs.uk")
    assert [feed.feed_id for feed in asked] == ["acute_realtime.r0a"]
    assert [one.feed_id for one in registry.feeds_matching("r0a.csv")] == ["acute_realtime.r0c"]
    (problem,) = registry.problems
    assert "source: address: does not tell one slot from the next" in problem.message


def wanted(
    answers: Mapping[tuple[str, str], Sequence[datetime]],
    progress: AskingProgress | None = None,
    moment: datetime = NOON,
    **changes: Any,
) -> list[datetime]:
    """The starts of the slots of the last hour that are wanted."""
    feed = small_feed(csv_table())
    own = source(**{"look_back_hours": 1, **changes})
    asked = Asked(feed, own, cadence(), progress or AskingProgress(), moment)
    held = Given(frozenset(), frozenset(), answers)
    return [slot.start for slot in asked.wanted(held, frozenset())]


@pytest.mark.parametrize(
    ("answered_minutes_ago", "is_wanted"),
    [
        ([], True),
        ([14], False),
        ([15], True),
        ([40, 29], False),
        ([40, 30], True),
        ([100, 80, 59], False),
        ([100, 80, 60], True),
        (list(range(2000)), False),
    ],
)
def test_what_was_answered_in_vain_is_asked_for_less_and_less(
    answered_minutes_ago: list[int], is_wanted: bool
) -> None:
    slot = slot_of(NOON - 2 * QUARTER)
    times = [NOON - timedelta(minutes=minutes) for minutes in answered_minutes_ago]
    answers = {("small.rf4", source().address_of(slot)): times}
    assert (slot.start in wanted(answers)) is is_wanted
    assert len(wanted(answers)) == 3 + is_wanted
    backfill = AskingProgress(since=NOON - timedelta(hours=2))
    assert slot.start in wanted(answers, backfill)


@pytest.mark.parametrize(("slot_minutes", "hours"), [(15, 24), (1440, 14 * 24)])
def test_days_are_looked_back_for_further(slot_minutes: int, hours: int) -> None:
    assert source().look_back(cadence(slot_minutes)) == timedelta(hours=hours)
    assert source(look_back_hours=5).look_back(cadence(slot_minutes)) == timedelta(hours=5)


def slots(count: int) -> list[Slot]:
    return list(slots_between(cadence(), NOON, NOON + count * QUARTER))


@pytest.mark.parametrize(
    ("count", "after", "asked", "is_complete"),
    [
        (0, None, [], True),
        (SLOTS_A_RUN, None, range(SLOTS_A_RUN), True),
        (SLOTS_A_RUN + NEWEST, None, range(SLOTS_A_RUN + NEWEST), True),
        (
            SLOTS_A_RUN + NEWEST + 1,
            None,
            [*range(SLOTS_A_RUN), *range(SLOTS_A_RUN + 1, SLOTS_A_RUN + 1 + NEWEST)],
            False,
        ),
        (10, 3, range(4, 10), True),
        (10, 8, range(10 - NEWEST, 10), True),
        (10, 9, range(10), True),
    ],
)
def test_a_run_asks_for_those_in_turn_and_the_newest(
    count: int, after: int | None, asked: Sequence[int], is_complete: bool
) -> None:
    known = slots(count)
    progress = AskingProgress(after=None if after is None else known[after].start)
    turn = turn_of(known, progress)
    assert list(turn.slots) == [known[number] for number in asked]
    assert turn.is_complete is is_complete


def test_progress_is_remembered_until_there_is_nothing_to_remember(tmp_path: Path) -> None:
    assert read_progress(tmp_path, "small.rf4") == AskingProgress()
    progress = AskingProgress(since=NOON, after=NOON + QUARTER)
    write_progress(tmp_path, "small.rf4", progress)
    assert read_progress(tmp_path, "small.rf4") == progress
    ask_since(tmp_path, "small.rf4", NOON + QUARTER)
    assert read_progress(tmp_path, "small.rf4") == AskingProgress(since=NOON), (
        "the longer one counts"
    )
    write_progress(tmp_path, "small.rf4", AskingProgress())
    assert list((tmp_path / "asking").iterdir()) == []


def test_a_secret_in_a_feed_file_is_not_repeated_by_its_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    Feeds(tmp_path / "feeds", monkeypatch).add("r0a", "https://me:hunter2@x.nhs.uk/{slot_start}")
    (problem,) = load_registry().problems
    assert "holds a secret" in problem.message
    assert "hunter2" not in problem.message
