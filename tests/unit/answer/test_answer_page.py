"""The page of an answer, as a trust's analyst reads it."""

from typing import Any

import pytest

from pipelines.answer.answer import page_of
from pipelines.answer.answer_page import VERDICTS, answer_page
from pipelines.findings.status import Status
from pipelines.registry.registry import load_registry

LINE = {
    "line": 1,
    "code": "ASR-001",
    "severity": "reject_row",
    "message": "ga_beds_open is -5: a count cannot be negative.",
    "fix": "Send the number counted.",
    "sheet": "G&A beds ",
    "row": 18,
    "column": "F",
    "column_name": "ga_beds_open",
    "value": "-5",
    "org_code": "RF4",
    "slot": "2018-12-03",
}


ROW = "one acute trust on one day"


def page(*lines: dict[str, Any], row: str | None = ROW, **changes: Any) -> str:
    return answer_page(answer_of(*lines, **changes), row)


def answer_of(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "submission_id": "acute_sitrep.winter_timeseries@0123456789abcdef",
        "status": "accepted",
        "duplicate_of": None,
        "feed": "acute_sitrep.winter_timeseries",
        "feed_title": "Published winter workbook",
        "collection": "acute_sitrep",
        "file_name": "Winter.xlsx",
        "size_bytes": 1_234_567,
        "sha256": "0" * 64,
        "received_at": "2026-11-17T08:00:00Z",
        "settled_at": "2026-11-17T08:00:01Z",
        "attempt": 1,
        "rows": {
            "read": 1012,
            "accepted": 1000,
            "quarantined": 9,
            "skipped": 3,
            "values_rejected": 0,
            "skipped_by": {"national_total": 3},
        },
        "accepted_rows": {"new": 990, "revised": 7, "unchanged": 2, "outdated": 1},
        "sheets": [
            {
                "sheet": "G&A beds ",
                "organisations": 3,
                "days": 3,
                "measures": ["ga_beds_open"],
                "skipped_rows": {"banner": 2, "header": 1},
            }
        ],
        "lines": list(lines),
        **changes,
    }


@pytest.mark.parametrize("status", VERDICTS)
def test_the_verdict_stands_at_the_top_in_plain_words(status: Status) -> None:
    text = page(status=status, duplicate_of="x@1" if status is Status.DUPLICATE else None)
    assert text.splitlines()[0] == "# Answer to Winter.xlsx"
    assert text.splitlines()[2] == f"**{VERDICTS[status]}**"
    assert text.endswith("\n")


def test_every_number_is_there() -> None:
    text = page(LINE)
    for told in (
        "| read | 1,012 |",
        "| accepted | 1,000 |",
        "| kept out (quarantined) | 9 |",
        "| skipped (national_total 3) | 3 |",
        "990 are new, 7 revise",
        "2 are as held and 1 are older",
        "1,234,567 bytes",
        "| G&A beds | 3 | 3 | ga_beds_open | banner 2, header 1 |",
    ):
        assert told in text


@pytest.mark.parametrize("status", ["duplicate", "empty"])
def test_where_nothing_was_read_no_counts_are_told(status: str) -> None:
    assert "| read |" not in page(status=status, sheets=[])


def test_a_duplicate_names_what_it_repeats() -> None:
    assert "Sent before as: `x@1`" in page(status="duplicate", duplicate_of="x@1")


def test_a_file_that_no_feed_expects_has_no_title() -> None:
    assert "Feed: unmatched (`unmatched`)" in page(feed="unmatched", feed_title=None)


def test_a_file_without_problems() -> None:
    assert "No problems found." in page()
    assert "No problems found." not in page(LINE)


@pytest.mark.parametrize(
    ("collection", "row"),
    [
        ("acute_sitrep", "one acute trust on one day"),
        ("ambulance_sitrep", "one ambulance service on one day"),
        ("acute_realtime", "one hospital site in one quarter of an hour"),
        ("nhs111", "one contract area in one quarter of an hour"),
    ],
)
def test_a_row_is_what_the_contract_calls_one(collection: str, row: str) -> None:
    held = page_of({**answer_of(), "collection": collection}, load_registry())
    assert f"are older than the value held. A row is {row}.\n" in held


def test_without_a_contract_nothing_is_said_of_a_row() -> None:
    assert "A row is" not in page(row=None)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({}, "sheet 'G&A beds', cell F18, RF4, 2018-12-03: ga_beds_open is"),
        ({"column": None}, "sheet 'G&A beds', row 18, RF4, 2018-12-03: "),
        ({"row": None, "column": None}, "sheet 'G&A beds', RF4, 2018-12-03: "),
        ({"org_code": None, "slot": None}, "sheet 'G&A beds', cell F18: "),
        (
            {"sheet": None, "row": None, "column": None, "org_code": None, "slot": None},
            "- ga_beds_open is",
        ),
    ],
)
def test_a_line_says_where_as_far_as_it_is_known(changes: dict[str, Any], where: str) -> None:
    assert where in page({**LINE, **changes})


def test_a_line_of_few_words_is_told_too() -> None:
    """A duplicate's line has no place."""
    line = {name: LINE[name] for name in ("line", "code", "severity", "message", "fix")}
    assert "- ga_beds_open is -5" in page(line)


def test_the_worst_comes_first_and_alike_lines_stand_together() -> None:
    lines = [
        {**LINE, "code": "SHEET-004", "severity": "info"},
        {**LINE, "code": "ASR-009", "severity": "warn"},
        {**LINE, "code": "FILE-003", "severity": "reject_submission"},
        LINE,
        {**LINE, "code": "ASR-009", "severity": "warn"},
    ]
    headings = [line for line in page(*lines).splitlines() if line.startswith("## ")]
    assert headings == [
        "## FILE-003: the file was refused (1)",
        "## ASR-001: the row was kept out (1)",
        "## ASR-009: to check (2)",
        "## SHEET-004: for information (1)",
    ]


def test_one_code_of_two_severities_has_two_headings() -> None:
    text = page(LINE, {**LINE, "severity": "warn"})
    assert "## ASR-001: the row was kept out (1)" in text
    assert "## ASR-001: to check (1)" in text


@pytest.mark.parametrize(
    ("number", "shown", "more"), [(20, 20, None), (21, 20, "1"), (1500, 20, "1,480")]
)
def test_of_many_alike_lines_some_are_shown(number: int, shown: int, more: str | None) -> None:
    text = page(*[LINE] * number)
    bullets = [line for line in text.splitlines() if line.startswith("- sheet")]
    assert len(bullets) == shown
    assert f"ASR-001: the row was kept out ({number:,})" in text
    assert (more is None) == ("more in the JSON file" not in text)
    if more:
        assert f"and {more} more" in text


@pytest.mark.parametrize("message", ["two\nlines", "two\r\nlines", "a\n## Accepted\nb", "a\n\n- b"])
def test_a_message_of_several_lines_stays_one_remark(message: str) -> None:
    """Notes in a workbook have line breaks, and must not look like our own headings."""
    before, after = page(LINE).splitlines(), page({**LINE, "message": message}).splitlines()
    assert len(after) == len(before)


@pytest.mark.parametrize("name", ["a|b", "a\nb"])
def test_the_name_of_a_sheet_does_not_break_the_table(name: str) -> None:
    sheet = {"sheet": name, "organisations": 1, "days": 1, "measures": [], "skipped_rows": {}}
    rows = [line for line in page(sheets=[sheet]).splitlines() if "| 1 | 1 |" in line]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 6


@pytest.mark.parametrize("name", ["a\n# Accepted\n.xlsx", "a\rb.xlsx"])
def test_the_name_of_a_file_stays_on_its_line(name: str) -> None:
    assert len(page(file_name=name).splitlines()) == len(page().splitlines())
