"""Figures, times and ages as people read them."""

from datetime import datetime

import pytest

from dashboard.words import clock, figure, instant, number


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (None, "patients", "no value"),
        (0.0, "patients", "0"),
        (12345.0, "patients", "12,345"),
        (12345.6, "hours", "12,346"),
        (2.5, "hours", "2.5"),
        (91.66, "%", "91.7%"),
        (59.6, "seconds", "1 min"),
        (3226, "seconds", "53 min 46 s"),
        (7262, "seconds", "2 h 1 min"),
        (75.5, "minutes", "1 h 15 min"),
    ],
)
def test_a_figure_has_its_unit(value: float | None, unit: str, told: str) -> None:
    assert figure(value, unit) == told


def test_a_number_has_at_most_one_decimal() -> None:
    assert [number(one) for one in (None, 7.0, 7.25, 1234.5)] == ["no value", "7", "7.2", "1,234"]


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (datetime(2026, 11, 26, 8, 15), "Thu 26 Nov 08:15"),
        (datetime(2026, 7, 1, 23, 30), "Thu 2 Jul 00:30"),
        (datetime(2026, 10, 25, 0, 30), "Sun 25 Oct 01:30"),
        (datetime(2026, 10, 25, 1, 30), "Sun 25 Oct 01:30"),
    ],
)
def test_a_clock_is_londons(stored: datetime, told: str) -> None:
    assert clock(stored) == told
    assert clock(None) == ""


def test_a_machine_reads_utc() -> None:
    assert instant(datetime(2026, 7, 1, 23, 30)) == "2026-07-01T23:30:00Z"
    assert instant(None) == ""
