"""Whatever a feed says of how its files are written, its template is written so, and read back."""

from typing import Any

import pytest

from pipelines.guide.example_answers import ExampleFile, answers_to
from pipelines.guide.template_files import make_template, sent_form
from pipelines.registry.feed import Feed
from pipelines.registry.registry import load_registry

NOW = "2026-07-08T10:05:00Z"
DAY, SLOT, WAIT = "report_date", "slot_start", "longest_wait_minutes"
TWO_ROWS = {"calls_answered": ["Calls: answered"], "call_answer_mean_seconds": ["Calls: mean"]}


def one(column: str, **how: Any) -> dict[str, Any]:
    return {column: {"headings": ["Ours"], **how}}


SITREP: dict[str, dict[str, Any]] = {
    "two rows in a workbook": {"kind": "xlsx", "header_rows": 2, "columns": TWO_ROWS},
    "two rows in text": {"kind": "csv", "header_rows": 2, "columns": TWO_ROWS},
    "three rows": {
        "kind": "xlsx",
        "header_rows": 3,
        "columns": {"calls_answered": ["999: Calls: answered"], "incidents": ["999: Incidents"]},
    },
    "comma": {"kind": "csv", "delimiter": ";", "decimal_mark": "comma", "encoding": "cp1252"},
    "utf-16": {"kind": "csv", "encoding": "utf-16"},
    "a sheet called Notes": {"kind": "xlsx", "sheet": "Notes"},
    "clock": {"kind": "xlsx", "columns": one("response_c2_mean_seconds", given_in="clock")},
    "day in words": {"kind": "csv", "columns": one(DAY, format="%d %B %Y")},
    "day since 1970": {"kind": "json", "columns": one(DAY, format="epoch_seconds")},
}
REALTIME: dict[str, dict[str, Any]] = {
    "hh:mm": {"kind": "csv", "columns": one(WAIT, given_in="clock", clock="hh:mm")},
    "suffix": {"kind": "xlsx", "columns": one(WAIT, suffixes=["mins"])},
    "hours": {"kind": "json", "records": "a.b", "columns": one(WAIT, given_in="hours")},
    "London": {"kind": "xlsx", "columns": one(SLOT, zone="Europe/London")},
    "end, in two columns": {
        "kind": "xlsx",
        "columns": one(
            SLOT,
            time_headings=["At"],
            format="%d/%m/%Y %H:%M",
            zone="Europe/London",
            labelled_by="end",
        ),
    },
    "start and end, in two columns": {
        "kind": "csv",
        "columns": one(
            SLOT,
            time_headings=["At"],
            format="%d/%m/%Y %H:%M",
            zone="Europe/London",
            labelled_by="both",
        ),
    },
    "seconds since 1970": {"kind": "json", "columns": one(SLOT, format="epoch_seconds")},
    "milliseconds of the end": {
        "kind": "csv",
        "columns": one(SLOT, format="epoch_milliseconds", labelled_by="end"),
    },
}
CASES = [("ambulance_sitrep", case) for case in SITREP]
CASES += [("acute_realtime", case) for case in REALTIME]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[case for _, case in CASES])
def test_a_template_is_written_as_the_feed_is_read(
    name: str, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", NOW)
    contract = load_registry().collections[name]
    feed = Feed.model_validate(
        {
            "feed_id": f"{name}.tried",
            "collection": name,
            "title": "Tried",
            "provider": {"code": contract.example["org_code"], "name": "Tried"},
            "stage": "testing",
            "source": {"kind": "directory", "endpoint": "incoming/tried", "pattern": "tried*"},
            "format": (SITREP | REALTIME)[case],
        }
    )
    form = sent_form(contract, feed, None)
    content = make_template(form, feed, with_example=True)
    (answer,) = answers_to([ExampleFile("", "", f"tried.{form.kind}", content)], feed, contract)
    assert (answer["status"], answer["lines"]) == ("accepted", [])
