"""Forms of dates are told by all values, and two readings stay two."""

from collections.abc import Sequence

import pytest

from pipelines.onboard.date_forms import find_forms, find_times_of_day


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (["2026-11-20", "2026-11-21"], (None,)),
        (["20/11/2026", "01/12/2026"], ("%d/%m/%Y",)),
        (["11/20/2026", "12/01/2026"], ("%m/%d/%Y",)),
        (["01/02/2027"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["01/01/2027", "02/02/2027"], ("%d/%m/%Y",)),  # both forms read the same
        (["20/11/26"], ("%d/%m/%y",)),
        (["20-11-26"], ("%d-%m-%y", "%y-%m-%d")),
        (["20261120"], ("%Y%m%d",)),
        (["20 Nov 2026", "1 Dec 2026"], ("%d %b %Y",)),
        (["Friday 20 November 2026"], ("%A %d %B %Y",)),
        (["20/11/2026 08:15", "20/11/2026 08:30:00"], ("%d/%m/%Y %H:%M",)),
        (["20/11/2026 24:00", "20/11/2026 08:30"], ("%d/%m/%Y %H:%M",)),
        (["20/11/2026 8:15 AM", "20/11/2026 1:15 PM"], ("%d/%m/%Y %I:%M %p",)),
        (["1795161600", "1795162500"], ("epoch_seconds",)),
        (["1795161600000"], ("epoch_milliseconds",)),
        (["2026112008"], ()),  # a day and an hour, or seconds
        (["20th November 2026"], ()),
        (["20/11/2026", "Week 47"], ()),
        (["46346", "46347"], ("excel_days",)),
        (["46346.5", "46347"], ("excel_days",)),
        (["26346"], ()),  # a spreadsheet's day of 1972
        ([""], ()),
    ],
    ids=str,
)
def test_a_form_is_taken_where_it_reads_every_value(
    texts: Sequence[str], forms: Sequence[str | None]
) -> None:
    assert find_forms(texts).forms == forms


def test_values_that_have_two_readings_are_shown() -> None:
    assert find_forms(["01/02/2027", "03/03/2027"]).deciding == ("01/02/2027",)


def test_true_dates_among_texts_are_told() -> None:
    assert find_forms(["2026-12-11", "13/11/2026"]).is_mixed


def test_a_day_with_an_offset_is_taken_where_it_is_that_day_in_london() -> None:
    forms = ("%Y-%m-%dT%H:%M:%S%z",)
    assert find_forms(["2026-07-20T00:00:00Z"], as_days=True).forms == forms
    assert find_forms(["2026-07-20T12:00:00Z"], as_days=True).is_read
    assert not find_forms(["2026-07-20T23:30:00Z"], as_days=True).is_read


def test_times_of_day_are_known() -> None:
    assert find_times_of_day(["08:15", "23:30"]) == ("%H:%M",)
    assert find_times_of_day(["08:15", "soon"]) == ()
