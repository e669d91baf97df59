"""A template is read as it stands: filled in with its own example, it is accepted unchanged."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.base.clock import now
from pipelines.cli.app import _run
from pipelines.guide.example_answers import ExampleFile, answers_to
from pipelines.guide.template_files import KINDS, make_template, sent_form
from pipelines.registry.feed import Feed
from pipelines.registry.registry import load_registry
from tests.support.each_time import others_are_long

NOW = "2026-07-08T10:05:00Z"
"""In summer, so that London and UTC differ."""
NAMES = list(load_registry().collections)
FEEDS = [one.feed_id for one in load_registry().feeds.values() if one.format.kind in KINDS]
LAYOUTS = {one.layout or one.feed_id: one.feed_id for one in load_registry().feeds.values()}
BY_LAYOUT = [name for name in FEEDS if name in LAYOUTS.values()]
"""A feed of each layout."""


@pytest.fixture(autouse=True)
def _summer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", NOW)


def filled_in(template: bytes) -> bytes:
    """The workbook with the cells of its sheet of the example in the sheet to fill in."""
    book = openpyxl.load_workbook(BytesIO(template))
    sheet, example = book.worksheets[0], book["Example"]
    for row in example.iter_rows(min_row=1):
        for cell in row:
            there = sheet.cell(cell.row, cell.column)
            if there.value != cell.value:
                assert there.value is None
                there.value, there.number_format = cell.value, cell.number_format
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def answer_to(content: bytes, kind: str, feed: Feed) -> dict[str, Any]:
    file = ExampleFile("", "", f"template.{kind}", content)
    contract = load_registry().collections[feed.collection]
    return next(iter(answers_to([file], feed, contract)))


def check_accepted(answer: dict[str, Any]) -> None:
    assert (answer["status"], answer["lines"]) == ("accepted", [])
    assert answer["rows"]["accepted"] == 1 and answer["rows"]["values_rejected"] == 0


@pytest.mark.parametrize("kind", ["csv", "json", pytest.param("xlsx", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", others_are_long(NAMES, *NAMES[::2]))
def test_a_template_with_its_example_is_accepted(name: str, kind: str) -> None:
    form = sent_form(load_registry().collections[name], None, kind)
    check_accepted(answer_to(make_template(form, None, with_example=True), kind, form.feed))


@pytest.mark.parametrize("name", others_are_long(NAMES, "acute_realtime", "ambulance_sitrep"))
def test_a_workbook_filled_in_by_hand_is_accepted_with_its_other_sheets(name: str) -> None:
    contract = load_registry().collections[name]
    form = sent_form(contract, None, "xlsx")
    template = make_template(form, None, with_example=False)
    book = openpyxl.load_workbook(BytesIO(template))
    headings = [cell.value for cell in book.worksheets[0][1]]
    assert headings == [column.name for column in contract.columns]
    assert {"Notes", "Example"} <= set(book.sheetnames)
    check_accepted(answer_to(filled_in(template), "xlsx", form.feed))


@pytest.mark.parametrize("feed_id", others_are_long(BY_LAYOUT, *BY_LAYOUT[::4]))
def test_a_template_of_a_feed_is_read_by_that_feed(feed_id: str) -> None:
    feed = load_registry().feeds[feed_id]
    form = sent_form(load_registry().collections[feed.collection], feed, None)
    content = make_template(form, feed, with_example=True)
    answer = answer_to(content, form.kind, feed)
    told = [line for line in answer["lines"] if line["code"] != "SLOT-004"]
    assert (answer["status"], told) == ("accepted", [])
    if form.kind == "xlsx":
        answer = answer_to(filled_in(make_template(form, feed, with_example=False)), "xlsx", feed)
        assert answer["status"] == "accepted" and answer["rows"]["accepted"] == 1


def checks_of(name: str, feed_id: str | None = None) -> tuple[Any, dict[str, Any]]:
    """The sheet to fill in, and the check of each heading."""
    feed = load_registry().feeds[feed_id] if feed_id else None
    form = sent_form(load_registry().collections[name], feed, "xlsx")
    book = openpyxl.load_workbook(BytesIO(make_template(form, feed, with_example=False)))
    sheet = book.worksheets[0]
    checks: dict[str, Any] = {}
    for check in sheet.data_validations.dataValidation:
        for area in check.sqref.ranges:
            checks[sheet.cell(1, area.min_col).value] = check
    return sheet, checks


def test_cells_of_a_workbook_have_bounds_lists_and_notes() -> None:
    sheet, checks = checks_of("ambulance_sitrep")
    levels, calls, mean = (
        checks[name] for name in ("reap_level", "calls_answered", "call_answer_mean_seconds")
    )
    assert (levels.type, levels.formula1) == ("list", '"1,2,3,4"')
    assert (calls.type, calls.formula1, calls.formula2) == ("whole", "0", "100000")
    assert mean.type == "decimal"
    assert (checks["report_date"].type, checks["report_date"].formula2) == ("date", "TODAY()")
    codes = checks["org_code"]
    assert codes.type == "list" and codes.formula1 == "'Lists'!$A$2:$A$12"
    lists = sheet.parent["Lists"]
    assert lists.sheet_state == "hidden" and lists["A2"].value == "R1F"
    assert lists["B2"].value == "Isle of Wight NHS Trust"
    note = sheet["C1"].comment.text
    assert "Emergency (999) calls answered." in note and "Unit: calls" in note
    assert "AMB-001: Counts, times and hours are not negative" in note


def test_a_feed_of_its_own_units_has_no_bounds_of_others(tmp_path: Path) -> None:
    _, checks = checks_of("acute_realtime", bed_management_feed())
    assert checks["Longest wait in ED"].type is None or checks["Longest wait in ED"].type == "none"
    assert checks["OPEL"].formula1 == '"OPEL 1,OPEL 2,OPEL 3,OPEL 4"'


def bed_management_feed() -> str:
    feeds = load_registry().feeds_of("acute_realtime")
    return next(one.feed_id for one in feeds if one.format.kind == "xlsx")


def run(*arguments: str) -> int:
    return _run(["template", *arguments])


def test_a_csv_template_is_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nhs111") == 0
    printed = capsys.readouterr().out
    contract = load_registry().collections["nhs111"]
    assert printed == ",".join(column.name for column in contract.columns) + "\n"
    assert run("nhs111", "--example") == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2 and rows[1].startswith("111AD5,2026-07-08T09:45:00Z,61,")


def test_a_json_template_has_every_name_and_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nhs111", "--format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    contract = load_registry().collections["nhs111"]
    assert row == dict.fromkeys(column.name for column in contract.columns)


def test_a_file_that_is_there_is_never_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("nhs111", "--format", "xlsx") == 0
    path = tmp_path / "nhs111_template.xlsx"
    path.write_bytes(b"filled in")
    assert run("nhs111", "--format", "xlsx") == 2
    assert path.read_bytes() == b"filled in"
    assert "is there already" in capsys.readouterr().err
    assert run("nhs111", "--format", "xlsx", "--replace") == 0
    assert path.read_bytes().startswith(b"PK")
    assert run("nhs111", "--to", str(tmp_path)) == 0
    assert (tmp_path / "nhs111_template.csv").read_text("utf-8").startswith("contract_code,")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nhs11",), "did you mean 'nhs111'"),
        (("nhs111", "--format", "ods"), "choose one of: csv, xlsx, json"),
        (("nhs111", "--feed", "ambulance_sitrep.rx9"), "is a feed of ambulance_sitrep"),
        (("ambulance_sitrep", "--feed", "ambulance_sitrep.rx9", "--format", "json"), "reads csv"),
        (("acute_sitrep", "--feed", "acute_sitrep.winter_timeseries"), "a layout of their own"),
        (("iuc_adc", "--feed", "iuc_adc.monthly"), "a layout of their own"),
        (("nhs111", "--to", "/no/such/folder/file.csv"), "There is no folder"),
    ],
    ids=["collection", "format", "other-feed", "other-kind", "winter", "long", "folder"],
)
def test_what_cannot_be_made_is_told(
    arguments: Sequence[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert told.casefold() in capsys.readouterr().err.casefold()


def test_an_example_is_of_a_slot_that_has_ended() -> None:
    from pipelines.guide.example_rows import example_row

    for contract in load_registry().collections.values():
        row = example_row(contract, now())
        assert row.slot.end <= now()
