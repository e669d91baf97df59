"""A file has one decimal mark, told from all its numbers: or its cells are refused with advice."""

import pytest

from pipelines.conform.conformed_rows import ConformedRows, conform_parts
from pipelines.conform.typed_columns import Part
from pipelines.registry.feed import Feed
from pipelines.registry.format import DecimalMark
from tests.support.small_tables import (
    BEDS_OF_A_DAY,
    book_of,
    csv_table,
    json_rows,
    read_small,
    small_feed,
    xlsx_table,
)

HEADER = "org_code;report_date;beds;hours"


def conform(feed: Feed, content: bytes | str, number: int = 0) -> ConformedRows:
    """One file of that feed."""
    parsed = read_small(content, feed.format)
    return conform_parts([Part(number, parsed, feed)], BEDS_OF_A_DAY)


def of_csv(*rows: str, mark: DecimalMark = "auto", delimiter: str = ";") -> ConformedRows:
    """A file with a line of beds and hours for each of `rows`."""
    lines = [f"RF4;2018-12-{day:02d};{row}" for day, row in enumerate(rows, start=1)]
    text = "\n".join([HEADER, *lines, ""]).replace(";", delimiter)
    return conform(small_feed(csv_table(decimal_mark=mark)), text)


def hours(rows: ConformedRows) -> list[float | None]:
    found: list[float | None] = rows.table["hours"].to_pylist()
    return found


def codes(rows: ConformedRows) -> list[tuple[str, str | None, list[int]]]:
    return [(one.code, one.column_name, list(one.rows)) for one in rows.problems.get(0, [])]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("other", ["0,75", "12,5", "1.234,5", "1 234,5", "1234,567"])
def test_one_decimal_comma_tells_of_all_numbers(other: str, delimiter: str) -> None:
    rows = of_csv("912;1,250", "912;4,125", f"912;{other}", delimiter=delimiter)
    assert (hours(rows)[:2], codes(rows)) == ([1.25, 4.125], [])


@pytest.mark.parametrize("other", ["912;0.75", "912;12.5", "912;1,234.5", "1,234;7"])
def test_one_decimal_point_tells_of_all_numbers(other: str) -> None:
    rows = of_csv("912;1,250", other)
    assert (hours(rows)[0], codes(rows)) == (1250.0, [])


def test_points_between_thousands_are_read_where_there_is_a_decimal_comma() -> None:
    rows = of_csv("3.415;1.250", "380;0,5")
    assert rows.table["beds"].to_pylist() == [3415, 380]
    assert hours(rows) == [1250.0, 0.5]


@pytest.mark.parametrize("rows", [["912;1,250", "912;4,125"], ["1 912;1,250", "1\u2009912;7"]])
def test_where_no_number_tells_it_the_cells_are_refused(rows: list[str]) -> None:
    [(code, column, refused)] = codes(of_csv(*rows))
    assert (code, column) == ("CELL-012", "hours")
    assert refused == [at for at, row in enumerate(rows) if "," in row]


def test_where_both_marks_are_shown_the_cells_with_commas_are_refused() -> None:
    rows = of_csv("912;1,250", "912;0.75", "912;0,75")
    assert codes(rows) == [("CELL-012", "hours", [0, 2])]
    assert hours(rows)[1] == 0.75


@pytest.mark.parametrize(("mark", "value"), [("point", 1250.0), ("comma", 1.25)])
def test_the_feed_may_state_it(mark: DecimalMark, value: float) -> None:
    assert hours(of_csv("912;1,250", mark=mark)) == [value]


def test_files_of_one_batch_have_their_own_mark() -> None:
    feed = small_feed(csv_table())
    texts = [
        f"{HEADER}\nRF4;2018-12-03;912;1,250\nRF4;2018-12-04;9;{one}\n" for one in ("0,5", "0.5")
    ]
    parts = [Part(at, read_small(text, feed.format), feed) for at, text in enumerate(texts)]
    assert hours(conform_parts(parts, BEDS_OF_A_DAY)) == [1.25, 0.5, 1250.0, 0.5]


@pytest.mark.parametrize("mark", ["auto", "comma"])
def test_true_numbers_have_a_point_beside_texts_with_commas(mark: DecimalMark) -> None:
    """1.125 is a number in both files, and would be 1125 as a text of this style."""
    rows: list[list[str | float]] = [
        ["RF4", "2018-12-03", 912, 1.125],
        ["RF4", "2018-12-04", 912, "0,75"],
    ]
    book = book_of({"Sheet": [HEADER.split(";"), *rows]})
    objects = (
        '[{"org_code": "RF4", "report_date": "2018-12-03", "beds": 912, "hours": 1.125},'
        ' {"org_code": "RF4", "report_date": "2018-12-04", "beds": 912, "hours": "0,75"}]'
    )
    for found in (
        conform(small_feed(xlsx_table(decimal_mark=mark)), book),
        conform(small_feed(json_rows(decimal_mark=mark)), objects),
    ):
        assert (hours(found), codes(found)) == ([1.125, 0.75], [])


def test_a_true_number_that_is_not_whole_is_no_question_of_marks() -> None:
    text = '{"org_code": "RF4", "report_date": "2018-12-03", "beds": 3.415}'
    assert codes(conform(small_feed(json_rows()), text)) == [("CELL-002", "beds", [0])]
