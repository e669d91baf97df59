"""The one clock: what it says, and which London times it refuses."""

from datetime import UTC, date, datetime

import pytest

from pipelines.base.clock import LONDON, london_date, now, parse_instant
from pipelines.base.errors import UsageError


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-17T08:00Z", datetime(2026, 11, 17, 8)),
        ("2026-11-17T08:00", datetime(2026, 11, 17, 8)),
        ("2026-07-17T08:00", datetime(2026, 7, 17, 7)),
        ("2026-07-17 08:00", datetime(2026, 7, 17, 7)),
        ("2026-07-17", datetime(2026, 7, 16, 23)),
        ("2026-07-17T08:00+01:00", datetime(2026, 7, 17, 7)),
        ("2026-07-17T08:00:01.5Z", datetime(2026, 7, 17, 8, 0, 1, 500_000)),
        (" 2026-11-17T08:00Z ", datetime(2026, 11, 17, 8)),
        ("2026-10-25T00:59", datetime(2026, 10, 24, 23, 59)),
        ("2026-10-25T02:00", datetime(2026, 10, 25, 2)),
        ("2026-10-25T01:30+00:00", datetime(2026, 10, 25, 1, 30)),
        ("2026-10-25T01:30+01:00", datetime(2026, 10, 25, 0, 30)),
        ("2027-03-28T00:59", datetime(2027, 3, 28, 0, 59)),
        ("2027-03-28T02:00", datetime(2027, 3, 28, 1)),
    ],
)
def test_a_time_is_read_as_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant.replace(tzinfo=UTC)
    assert parse_instant(text).utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize(
    "text",
    ["2026-10-25T01:00", "2026-10-25T01:59:59", "2027-03-28T01:00", "2027-03-28T01:59:59"],
)
def test_a_london_time_that_stands_twice_or_not_at_all_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="clocks change") as caught:
        parse_instant(text)
    assert text in str(caught.value)
    assert "+01:00" in str(caught.value)


@pytest.mark.parametrize("text", ["", "yesterday", "17/11/2026", "2026-02-30", "25:00", "1e9"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time") as caught:
        parse_instant(text)
    assert "2026-11-17T08:00Z" in str(caught.value)


def test_the_clock_stands_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-07-17T08:00")
    assert now() == now() == datetime(2026, 7, 17, 7, tzinfo=UTC)


def test_a_clock_that_is_set_wrongly_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "soon")
    with pytest.raises(UsageError, match="soon"):
        now()


@pytest.mark.parametrize("value", ["", None])
def test_a_clock_that_is_not_set_goes_on(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("SITREP_NOW", raising=False)
    else:
        monkeypatch.setenv("SITREP_NOW", value)
    first = now()
    assert first.tzinfo == UTC
    assert now() >= first > datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 7, 16, 22, 59, tzinfo=UTC), date(2026, 7, 16)),
        (datetime(2026, 7, 16, 23, 0, tzinfo=UTC), date(2026, 7, 17)),
        (datetime(2026, 12, 16, 23, 59, tzinfo=UTC), date(2026, 12, 16)),
        (datetime(2026, 12, 17, 0, 0, tzinfo=LONDON), date(2026, 12, 17)),
    ],
)
def test_the_day_in_london(instant: datetime, day: date) -> None:
    assert london_date(instant) == day
