"""What the text of a month means, and which texts are nobody's guess."""

from datetime import date

import pytest

from pipelines.conform.readings import Limits, reader
from pipelines.registry.feed import MISSING
from pipelines.registry.format import Reading

DECEMBER = date(2024, 12, 1)


def read(
    text: str, reading: Reading | None = None, earliest: date = date.min
) -> tuple[date | None, str | None]:
    limits = Limits(earliest=earliest)
    return reader("month", "", 0, reading or Reading(), MISSING, limits)(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-12", "12/2024", "Dec-24", "December 2024", "2024-12-01", "2024-12-01T00:00:00",
        "2024-12-01 00:00:00", "DECEMBER-2024", "december  2024 ", "Dec 24", "Dec'24", "202412",
        "122024", "2024 12", "12.2024", "2024/12/31", "1 Dec 2024", "31/12/2024", "12/31/2024",
        "1-Dec-24", "2024 December", "12/24", "\u00a0Dec-24",
    ],
)  # fmt: skip
def test_a_month_is_read_however_it_is_written(text: str) -> None:
    assert read(text) == (DECEMBER, None)


@pytest.mark.parametrize(
    "text", ["01/12/2024", "12/01/2024", "12/11", "24-Dec", "01-12-24", "01.12.2024"]
)
def test_two_open_readings_are_refused_and_not_guessed(text: str) -> None:
    assert read(text) == (None, "CELL-017")


def test_two_readings_of_one_month_are_one() -> None:
    assert read("01/01/2024") == (date(2024, 1, 1), None)


@pytest.mark.parametrize(
    "text",
    [
        "2024-13", "2024-12-02", "15/12/2024", "December", "2024", "45627", "2024-25", "Q3 2024",
        "Ma-24", "MSitAE-DECEMBER-2024", "Dec 2024 revised", "\u0661\u0662/2024", "x" * 1000,
        "31/02/2024", "1824-12", "12/2024/12/2024",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_month_is_refused(text: str) -> None:
    assert read(text) == (None, "CELL-016")


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("MSitAE-DECEMBER-2024", Reading(prefixes=("MSitAE-",))),
        ("msitae-december-2024 ", Reading(prefixes=("MSitAE-",))),
        ("MSitAE-DECEMBER-2024", Reading(format="MSitAE-%B-%Y")),
        ("IUCADC-MONTHLY-DEC-2024", Reading(prefixes=("IUCADC-MONTHLY-",))),
        ("01/12/2024", Reading(format="%d/%m/%Y")),
        ("12/01/2024", Reading(format="%m/%d/%Y")),
        ("24-Dec", Reading(format="%y-%b")),
        # What is no text of that form is read where only one reading is open, as ISO 8601 is.
        ("2024-12-01", Reading(format="%d/%m/%Y")),
    ],
)
def test_a_feed_says_what_stands_around_a_month_and_how_it_is_written(
    text: str, reading: Reading
) -> None:
    assert read(text, reading) == (DECEMBER, None)


def test_a_day_within_a_month_is_no_month_in_a_stated_form_either() -> None:
    assert read("15/12/2024", Reading(format="%d/%m/%Y")) == (None, "CELL-016")


def test_a_month_before_the_first_of_the_collection_is_refused() -> None:
    assert read("2017-07", earliest=date(2017, 8, 1)) == (None, "SLOT-002")
    assert read("2017-08", earliest=date(2017, 8, 1)) == (date(2017, 8, 1), None)


@pytest.mark.parametrize("text", ["", "-", ".", "N/A"])
def test_a_missing_month_is_none(text: str) -> None:
    assert read(text) == (None, None)
