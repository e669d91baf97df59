"""The tally of a run: only who opened one counts, and what fails counts too."""

import pytest

from pipelines.base.tally import TimedStep, current_tally, tallied, timed


def test_nobody_counts_where_no_tally_is_open() -> None:
    assert current_tally() is None
    with timed(TimedStep.LOAD):
        assert current_tally() is None


def test_a_step_is_counted_with_all_its_turns_and_when_it_fails() -> None:
    with tallied() as tally:
        with timed(TimedStep.PARSE):
            pass
        first = tally.seconds[TimedStep.PARSE]
        with pytest.raises(RuntimeError), timed(TimedStep.PARSE):
            raise RuntimeError("a file fails")
    assert tally.seconds[TimedStep.PARSE] > first
    assert set(tally.seconds) == {TimedStep.PARSE}


def test_a_tally_inside_another_counts_for_itself() -> None:
    with tallied() as outer:
        with tallied() as inner, timed(TimedStep.LOAD):
            assert current_tally() is inner
        assert current_tally() is outer
    assert outer.seconds == {} and set(inner.seconds) == {TimedStep.LOAD}


def test_what_is_told_has_no_zeros() -> None:
    with tallied() as tally:
        pass
    assert tally.told() == {}
    tally.submissions["nhs111", "accepted"] += 2
    tally.submissions[None, "rejected"] += 1
    tally.rows["nhs111", "quarantined"] += 0
    assert tally.told() == {"submissions": {"accepted": 2, "rejected": 1}}
