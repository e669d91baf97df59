"""Which days a heading of a winter workbook stands for."""

from datetime import date, datetime, timedelta

import pytest

from pipelines.parse.files.date_system import EXCEL_EPOCH, MAC_EPOCH
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Cell
from pipelines.parse.formats.winter_timeseries.day_headings import read_days

THIRD = date(2018, 12, 3)


def days(first: date, count: int) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in range(count))


@pytest.mark.parametrize(
    "cell",
    [
        THIRD,
        datetime(2018, 12, 3),
        datetime(2018, 12, 3, 8, 0),
        43437.0,
        "3 Dec 2018",
        "03 Dec 18",
        "3-Dec-18",
        "03-Dec-2018",
        "03Dec18",
        "3 December 2018",
        "3rd December 2018",
        "03/12/2018",
        "03/12/18",
        "3.12.2018",
        "03-12-2018",
        "2018-12-03",
        "2018-12-03T00:00:00",
        "2018-12-03 00:00",
        "Mon 3 Dec 2018",
        "Monday 3rd December 2018",
        "Monday, 3 December 2018",
        " 3 DEC 2018 ",
        "3 dec '18",
    ],
    ids=repr,
)
def test_one_day_however_it_is_written(cell: Cell) -> None:
    assert read_days(cell) == (THIRD,)


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("02-04 Dec 16", date(2016, 12, 2), 3),
        ("10-11 Dec-16", date(2016, 12, 10), 2),
        ("31 Dec 16 - 02 Jan 17", date(2016, 12, 31), 3),
        ("31 Dec - 02 Jan 17", date(2016, 12, 31), 3),
        ("15-17-02-13", date(2013, 2, 15), 3),
        ("15 - 17 - 02 - 13", date(2013, 2, 15), 3),
        ("05-07-02-2013", date(2013, 2, 5), 3),
        ("15/17-02-13", date(2013, 2, 15), 3),
        ("30-01-02-13", date(2013, 1, 30), 3),
        ("30-02 Jan 17", date(2016, 12, 30), 4),
        ("31-12-12-02-01-13", date(2012, 12, 31), 3),
        ("24-27 Dec 16", date(2016, 12, 24), 4),
        ("24 - 27 December 2016", date(2016, 12, 24), 4),
        ("24\u201327 Dec 16", date(2016, 12, 24), 4),
        ("24th to 27th Dec 2016", date(2016, 12, 24), 4),
        ("Sat 24 - Tues 27 Dec 2016", date(2016, 12, 24), 4),
        ("3 and 4 Dec 16", date(2016, 12, 3), 2),
        ("3 & 4 Dec 16", date(2016, 12, 3), 2),
        ("28 Jan - 1 Feb 17", date(2017, 1, 28), 5),
        ("28/02/2016 - 01/03/2016", date(2016, 2, 28), 3),
        ("27 Feb - 1 Mar 17", date(2017, 2, 27), 3),
        ("4-4 Dec 16", date(2016, 12, 4), 1),
        ("1-14 Dec 16", date(2016, 12, 1), 14),
    ],
)
def test_a_range_stands_for_each_of_its_days(text: str, first: date, count: int) -> None:
    assert read_days(text) == days(first, count)


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        " ",
        "-",
        "Code",
        "Core Beds Open",
        "> 7 days",
        "Type 1",
        "Delay 30-60 mins",
        "2018",
        "Dec 18",
        "December 2018",
        "43437",
        "30 Feb 2018",
        "31 Nov 2018",
        "29 Feb 2018",
        "32 Dec 2018",
        "0 Dec 2018",
        "3 Foo 2018",
        "13/13/2018",
        "2018-13-01",
        "2018-12-03T08:00",
        "5-3 Dec 18",
        "1-15 Dec 16",
        "31 Dec 17 - 02 Jan 17",
        "02-04 Dec 16 (revised)",
        "3 Dec 18, 4 Dec 18",
        3.0,
        3.5,
        43437.5,
        -43437.0,
        1e300,
        float("nan"),
        True,
    ],
    ids=repr,
)
def test_what_is_not_a_date_has_no_days(cell: Cell) -> None:
    assert read_days(cell) == ()


def test_a_leap_day_is_a_day() -> None:
    assert read_days("29 Feb 2016") == (date(2016, 2, 29),)


@pytest.mark.parametrize(
    ("serial", "day"), [(36526.0, date(2000, 1, 1)), (73050.0, date(2099, 12, 31))]
)
def test_excel_day_numbers_of_this_century(serial: float, day: date) -> None:
    assert read_days(serial) == (day,)
    assert read_days(36525.0) == read_days(73051.0) == ()


def test_a_word_that_only_begins_like_a_month_is_no_month() -> None:
    assert read_days("12 Marginal 18") == ()


@pytest.mark.parametrize(("epoch", "number"), [(EXCEL_EPOCH, 43437.0), (MAC_EPOCH, 41975.0)])
def test_a_number_is_counted_from_the_first_day_of_its_workbook(epoch: date, number: float) -> None:
    assert read_days(number, epoch) == (THIRD,)


@pytest.mark.parametrize("number", [3.0, 999.0, 99999.0])
def test_a_number_that_is_no_day_of_our_time_is_none_in_any_workbook(number: float) -> None:
    assert read_days(number, EXCEL_EPOCH) == read_days(number, MAC_EPOCH) == ()
    assert read_days(number, None) == ()


@pytest.mark.parametrize(("epoch", "number"), [(None, 43437.0), (MAC_EPOCH, 45658.0)])
def test_a_number_that_may_be_two_days_is_refused_with_both(
    epoch: date | None, number: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """45658 is the first of January 2025, or four years and a day later: still to come."""
    monkeypatch.setenv("SITREP_NOW", "2026-01-01T00:00:00Z")
    with pytest.raises(Refusal) as refused:
        read_days(number, epoch)
    told = refused.value.finding
    assert told.code == "FILE-021"
    days_told = (timedelta(days=number) + first for first in (EXCEL_EPOCH, MAC_EPOCH))
    assert all(str(day) in told.message for day in days_told)
