"""The surge's ages: what nobody sent as it should is not the pipeline's fault."""

from datetime import UTC, datetime, timedelta

from tests.surge.ages import ages

EIGHT = datetime(2026, 11, 26, 8, tzinfo=UTC)
SLOT = timedelta(minutes=15)


def test_the_age_is_that_of_the_newest_slots_end() -> None:
    sound = [EIGHT + number * SLOT for number in range(4)]
    looks = [(EIGHT + 2 * SLOT + timedelta(minutes=4), EIGHT)]
    assert ages(looks, sound) == [timedelta(minutes=19)]


def test_a_slot_that_nobody_sent_soundly_does_not_count() -> None:
    sound = [EIGHT, EIGHT + 2 * SLOT]
    looks = [(EIGHT + 2 * SLOT + timedelta(minutes=4), EIGHT)]
    assert ages(looks, sound) == [timedelta(minutes=4)]


def test_a_sound_slot_that_is_not_published_grows_old() -> None:
    sound = [EIGHT, EIGHT + SLOT, EIGHT + 2 * SLOT]
    looks = [(EIGHT + 3 * SLOT, EIGHT)]
    assert ages(looks, sound) == [timedelta(minutes=30)]


def test_what_is_published_whole_is_not_old() -> None:
    assert ages([(EIGHT + 9 * SLOT, EIGHT)], [EIGHT]) == [timedelta(0)]
