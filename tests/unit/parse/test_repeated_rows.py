"""Rows of one file that are the same count once, with a warning; others are left alone."""

import json
from collections.abc import Callable, Sequence

import pytest

from pipelines.findings.finding import Finding
from pipelines.parse.rows import ParsedRows
from tests.attack.fuzz.old_workbooks import write_ods, write_xls
from tests.support.small_tables import (
    book_of,
    codes_of,
    csv_table,
    json_rows,
    read_small,
    rows_of,
    xlsx_table,
)

Rows = Sequence[Sequence[str]]
HEADER = ("org_code", "report_date", "beds", "Ward")
NOTED = ("Ward",)
"""A heading that the feed does not read."""

A, B = ("RF4", "2018-12-03", "912", "1"), ("RF4", "2018-12-04", "913", "1")
OTHER_VALUE = (*A[:2], "7", "1")
OTHER_WARD = (*A[:3], "2")


def read_csv(rows: Rows) -> ParsedRows:
    text = "\n".join(",".join(row) for row in (HEADER, *rows))
    return read_small(text, csv_table(ignored_headings=NOTED))


def read_json(rows: Rows) -> ParsedRows:
    objects = [dict(zip(HEADER, row, strict=True)) for row in rows]
    return read_small(json.dumps(objects), json_rows(ignored_headings=NOTED))


def read_lines(rows: Rows) -> ParsedRows:
    lines = [json.dumps(dict(zip(HEADER, row, strict=True))) for row in rows]
    return read_small("\n".join(lines), json_rows(ignored_headings=NOTED))


def read_book(suffix: str) -> Callable[[Rows], ParsedRows]:
    writer = {"xlsx": book_of, "xls": write_xls, "ods": write_ods}[suffix]

    def read(rows: Rows) -> ParsedRows:
        content = writer({"Figures": [[*HEADER], *map(list, rows)]})
        return read_small(content, xlsx_table(ignored_headings=NOTED), file_name=f"file.{suffix}")

    return read


READERS = {
    "csv": read_csv,
    "json": read_json,
    "json lines": read_lines,
    **{suffix: read_book(suffix) for suffix in ("xlsx", "xls", "ods")},
}


def warning_of(parsed: ParsedRows) -> Finding:
    (found,) = [one for one in parsed.findings if one.code == "ROW-004"]
    return found


@pytest.mark.parametrize("form", READERS)
def test_rows_that_are_the_same_count_once(form: str) -> None:
    parsed = READERS[form]([A, B, A, A])
    assert rows_of(parsed, *HEADER[:3]) == [A[:3], B[:3]]
    assert parsed.skipped["repeated_row"] == 2
    found = warning_of(parsed)
    at = 1 if form.startswith("json") else 2
    assert found.value == f"row {at + 2} as row {at}, row {at + 3} as row {at}"
    assert found.message.startswith("2 row(s) are, cell by cell, the same")
    assert (found.severity, found.place.row) == ("warn", at + 2)
    assert [parsed.place(row, "beds").row for row in range(2)] == [at, at + 1]


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("other", [OTHER_VALUE, OTHER_WARD], ids=["value", "column not read"])
def test_rows_of_one_key_that_differ_are_left_alone(form: str, other: Sequence[str]) -> None:
    parsed = READERS[form]([A, other])
    assert (len(parsed), parsed.skipped["repeated_row"]) == (2, 0)
    assert "ROW-004" not in codes_of(parsed)


def test_blanks_around_a_cell_are_no_difference() -> None:
    assert len(read_csv([A, tuple(f" {cell} " for cell in A), (*A, "", "")])) == 1


def test_an_object_that_lacks_a_cell_is_another_than_one_with_an_empty_cell() -> None:
    """The first leaves the value that is held, the second takes it away."""
    key = dict(zip(HEADER, A[:2], strict=False))
    parsed = read_small(json.dumps([key, {**key, "beds": ""}, key]), json_rows())
    assert (len(parsed), parsed.skipped["repeated_row"]) == (2, 1)


def test_a_row_that_does_not_fit_the_header_stands_for_no_other() -> None:
    short = A[:3]
    parsed = read_csv([B, short, (*short, ""), B, short])
    assert rows_of(parsed, "beds") == [("913",), ("912",), ("912",), ("912",)]
    (problem,) = parsed.problems
    assert (problem.code, list(problem.rows)) == ("ROW-003", [1, 3])
    assert parsed.skipped["repeated_row"] == 1


def test_only_the_first_places_are_told() -> None:
    value = warning_of(read_csv([A] * 31)).value
    assert value is not None and value.endswith("row 12 as row 2, and 20 more")
