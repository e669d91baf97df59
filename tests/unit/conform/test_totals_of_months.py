"""England's figures in a table: of which month they are, and what of them is not compared."""

from datetime import date

import pyarrow as pa
import pytest

from pipelines.conform.arrow_figures import ArrowFigures
from pipelines.conform.reconcile import read_totals
from pipelines.findings.finding import Place
from pipelines.parse.rows import ParsedRows, PublishedTotal
from tests.support.small_months import CALLS_OF_A_MONTH, csv_long
from tests.support.small_tables import parsed_rows, small_feed

NOVEMBER, DECEMBER = date(2024, 11, 1), date(2024, 12, 1)
FEED = small_feed(csv_long())


def figures_of(*months: date) -> ArrowFigures:
    rows = pa.table({"month": pa.array(months, pa.date32())})
    return ArrowFigures(rows, CALLS_OF_A_MONTH)


def with_totals(*told: tuple[str, str]) -> ParsedRows:
    """A file with these figures of England: how each names its month, and its text."""
    parsed = parsed_rows({"org_code": []})
    parsed.totals = [
        PublishedTotal("answered", None, text, Place(None, 2 + row, 3), slot)
        for row, (slot, text) in enumerate(told)
    ]
    return parsed


def test_a_total_is_of_the_month_that_it_names() -> None:
    parsed = with_totals(("2024-11", "5"), ("Dec-24", "7"))
    totals = read_totals(parsed, CALLS_OF_A_MONTH, FEED, figures_of(NOVEMBER, DECEMBER))

    assert {key[1]: value for key, (value, _) in totals.values.items()} == {
        NOVEMBER: 5,
        DECEMBER: 7,
    }


@pytest.mark.parametrize("slot", ["TOTAL", ""])
def test_a_total_without_a_month_is_of_the_only_one_of_its_file(slot: str) -> None:
    parsed = with_totals((slot, "5"))
    totals = read_totals(parsed, CALLS_OF_A_MONTH, FEED, figures_of(DECEMBER, DECEMBER))

    assert list(totals.values) == [("answered", DECEMBER)]
    assert totals.findings == []


def test_a_total_without_a_month_in_a_file_of_several_is_told_once_and_not_compared() -> None:
    parsed = with_totals(("TOTAL", "5"), ("TOTAL", "6"))
    totals = read_totals(parsed, CALLS_OF_A_MONTH, FEED, figures_of(NOVEMBER, DECEMBER))

    assert totals.values == {}
    assert [one.code for one in totals.findings] == ["SUM-003"]


@pytest.mark.parametrize(("second", "codes"), [("6", ["SUM-004"]), ("5", [])])
def test_a_second_row_of_england_never_replaces_the_first(second: str, codes: list[str]) -> None:
    parsed = with_totals(("2024-12", "5"), ("2024-12", second))
    totals = read_totals(parsed, CALLS_OF_A_MONTH, FEED, figures_of(DECEMBER))

    assert totals.values["answered", DECEMBER][0] == 5
    assert [one.code for one in totals.findings] == codes
