"""The JSON Schema of a collection agrees with what the pipeline says of the same JSON."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipelines.base.clock import now
from pipelines.cli.app import _run
from pipelines.guide.example_answers import ExampleFile, answers_to
from pipelines.guide.example_files import json_values
from pipelines.guide.example_rows import example_row
from pipelines.guide.submission_schema import submission_schema
from pipelines.guide.template_files import make_template, sent_form
from pipelines.registry.registry import load_registry
from tests.support.each_time import others_are_long

NOW = "2026-07-08T10:05:00Z"
NAMES = list(load_registry().collections)
JSON_FEEDS = [one.feed_id for one in load_registry().feeds.values() if one.format.kind == "json"]
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _summer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", NOW)


def validator_of(name: str, feed_id: str | None = None) -> Draft202012Validator:
    feed = load_registry().feeds[feed_id] if feed_id else None
    form = sent_form(load_registry().collections[name], feed, "json")
    schema = submission_schema(form, feed)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def example(name: str) -> Row:
    contract = load_registry().collections[name]
    return dict(json_values(sent_form(contract, None, "json"), example_row(contract, now())))


def findings(name: str, rows: Any) -> list[str]:
    """The codes of what the pipeline finds."""
    contract = load_registry().collections[name]
    form = sent_form(contract, None, "json")
    file = ExampleFile("", "", "rows.json", json.dumps(rows).encode())
    (answer,) = answers_to([file], form.feed, contract)
    return [line["code"] for line in answer["lines"]]


def changed(column: str, value: Any) -> Callable[[Row], Row]:
    return lambda row: row | {column: value}


def without(column: str) -> Callable[[Row], Row]:
    return lambda row: {name: value for name, value in row.items() if name != column}


WRONG: dict[str, tuple[str, Callable[[Row], Row]]] = {
    "words": ("ambulance_sitrep", changed("calls_answered", "many")),
    "half a call": ("ambulance_sitrep", changed("calls_answered", 2.5)),
    "negative": ("ambulance_sitrep", changed("calls_answered", -1)),
    "too large": ("ambulance_sitrep", changed("calls_answered", 100_001)),
    "no such level": ("ambulance_sitrep", changed("reap_level", 5)),
    "no such service": ("ambulance_sitrep", changed("org_code", "XYZ")),
    "no code": ("ambulance_sitrep", changed("org_code", None)),
    "no day": ("ambulance_sitrep", changed("report_date", None)),
    "no date": ("ambulance_sitrep", changed("report_date", "2026-02-30")),
    "another date form": ("ambulance_sitrep", changed("report_date", "07/07/26")),
    "no key": ("ambulance_sitrep", without("report_date")),
    "no column": ("ambulance_sitrep", without("calls_answered")),
    "unknown column": ("ambulance_sitrep", changed("calls_anwsered", 3)),
    "no offset": ("nhs111", changed("slot_start", "2026-07-08T09:45:00")),
    "off the grid": ("nhs111", changed("slot_start", "2026-07-08T09:50:00Z")),
    "no site": ("acute_realtime", changed("site_code", "r0")),
    "level of a value": ("acute_realtime", changed("opel_level", 7)),
}

RIGHT: dict[str, tuple[str, Callable[[Row], Row]]] = {
    "empty": ("ambulance_sitrep", changed("calls_answered", None)),
    "whole, with a point": ("ambulance_sitrep", changed("handovers", 1092.0)),
    "no level": ("ambulance_sitrep", changed("reap_level", None)),
    "left out": ("acute_realtime", without("departures")),
    "offset of summer": ("nhs111", changed("slot_start", "2026-07-08T10:45:00+01:00")),
    "no seconds": ("nhs111", changed("slot_start", "2026-07-08T09:45Z")),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_valid_and_accepted(name: str) -> None:
    rows = [example(name)]
    assert list(validator_of(name).iter_errors(rows)) == []
    assert findings(name, rows) == []


@pytest.mark.long
@pytest.mark.parametrize("case", others_are_long(RIGHT, "left out", "offset of summer"))
def test_what_the_schema_takes_is_read_without_a_remark(case: str) -> None:
    name, change = RIGHT[case]
    rows = [change(example(name))]
    assert list(validator_of(name).iter_errors(rows)) == []
    assert findings(name, rows) == []


@pytest.mark.parametrize("case", others_are_long(WRONG, "too large", "no date", "off the grid"))
def test_what_the_schema_refuses_is_found_by_the_pipeline_too(case: str) -> None:
    name, change = WRONG[case]
    rows = [change(example(name))]
    assert list(validator_of(name).iter_errors(rows)) != []
    assert findings(name, rows) != []


@pytest.mark.parametrize("feed_id", JSON_FEEDS)
def test_a_feed_has_a_schema_of_its_own_names(feed_id: str) -> None:
    feed = load_registry().feeds[feed_id]
    contract = load_registry().collections[feed.collection]
    content = make_template(sent_form(contract, feed, None), feed, with_example=True)
    check = validator_of(feed.collection, feed_id)
    assert list(check.iter_errors(json.loads(content))) == []
    assert list(check.iter_errors([{}])) != []


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["schema", "nhs111"]) == 0
    schema = json.loads(capsys.readouterr().out)
    row = schema["$defs"]["row"]["properties"]
    assert row["calls_received"]["description"].startswith("Calls received. Unit: calls.")
    assert _run(["schema", "nhs11"]) == 2
    assert "choose one of: contract, feed, acute_realtime" in capsys.readouterr().err
    assert _run(["schema", "feed", "--feed", "nhs111.national"]) == 2
    assert _run(["schema", "feed"]) == 0
