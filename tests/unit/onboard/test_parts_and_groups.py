"""Headings that name a part of the one before, names among codes, and a file of one site."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.base.errors import UsageError
from pipelines.onboard.heading_match import HeadingMatcher
from pipelines.registry.registry import load_registry
from tests.support.onboarding_samples import workbook
from tests.unit.onboard.test_onboarding_traps import (
    SERVICE,
    SITES,
    TRUST,
    lines,
    made_of,
    written,
)


def test_a_part_is_named_by_the_heading_before_it(tmp_path: Path) -> None:
    text = lines("Date,G&A open,of which core,of which escalation", "20/11/2026,700,680,20")
    columns = written(made_of(tmp_path, TRUST, text))
    assert columns["ga_core_beds_open"] == "of which core"
    assert columns["ga_escalation_beds_open"] == "of which escalation"


def test_a_part_of_another_thing_is_asked(tmp_path: Path) -> None:
    """'Over 4 hours' alone is a column; over 4 hours of the ambulances waiting is none."""
    text = lines(
        "Site,Slot start (UTC),Ambulances waiting,of which over 4 hours",
        "RGT01,2026-11-20 09:00,3,1",
    )
    made = made_of(tmp_path, SITES, text)
    assert "patients_over_4_hours" not in written(made)
    assert "map.of which over 4 hours" in [one.key for one in made.questions]


def test_a_name_among_codes_is_asked_and_left_out_as_a_total(tmp_path: Path) -> None:
    text = lines(
        "Date,Trust,Emergency admissions",
        "20/11/2026,Cambridge (RGT),100",
        "20/11/2026,Royal Papworth (RGM),9",
        "20/11/2026,Cambridgeshire and Peterborough,109",
    )
    key = "org_code.Cambridgeshire and Peterborough"
    made = made_of(tmp_path, TRUST, text, reports_for="listed")
    assert [one.key for one in made.questions] == [key]
    made = made_of(tmp_path, TRUST, text, reports_for="listed", **{key: "total"})
    assert made.draft.totals == ["Cambridgeshire and Peterborough"]
    assert made.draft.reports_for == ["RGM", "RGT"]


def test_the_one_site_is_asked_and_stands_in_the_file(tmp_path: Path) -> None:
    text = lines("Slot start (UTC),Arrivals", "2026-11-20 09:00,3", "2026-11-20 09:15,4")
    made = made_of(tmp_path, SITES, text)
    assert [one.key for one in made.questions] == ["site_code"]
    made = made_of(tmp_path, SITES, text, site_code="RGT01")
    assert written(made)["site_code"] == "RGT01"
    assert made.feed.sites == ("RGT01",)
    with pytest.raises(UsageError, match="give the code of the site"):
        made_of(tmp_path, SITES, text, site_code="Addenbrooke's")


def test_measures_in_cells_are_told_with_what_to_do(tmp_path: Path) -> None:
    names = ("Incidents", "Calls answered", "Hear and treat", "Handovers")
    long = ["Date,Metric,Value", *(f"2026-11-20,{name},9" for name in names)]
    assert any("csv_long" in note for note in made_of(tmp_path, SERVICE, lines(*long)).notes)
    aside = ["Measure,20/11/2026,21/11/2026", *(f"{name},9,8" for name in names)]
    told = made_of(tmp_path, SERVICE, lines(*aside)).notes
    assert any("a row for each day" in note for note in told)
    plain = lines("Date,Incidents,Handovers", "2026-11-20,9,8")
    assert not any("name measures" in one for one in made_of(tmp_path, SERVICE, plain).notes)


def test_three_rows_of_headings_are_found(tmp_path: Path) -> None:
    book = workbook(
        {
            "Daily": [
                ["Date", "Response times (hh:mm:ss)", "", "", "", "Outcomes", ""],
                ["", "Category 1", "", "Category 2", "", "", ""],
                ["", "Mean", "90th centile", "Mean", "90th centile", "Hear & Treat", "Other"],
                [date(2026, 11, 20), "0:07:30", "0:14:00", "0:31:00", "1:10:00", 300, 7],
            ]
        }
    )
    made = made_of(tmp_path, SERVICE, book, name="a.xlsx")
    columns = written(made)
    assert made.draft.table.header_rows == 3
    assert columns["response_c2_mean_seconds"] == "Response times (hh:mm:ss): Category 2: Mean"
    assert columns["hear_and_treat"] == "Outcomes: Hear & Treat"


@pytest.mark.parametrize("end", ["09:15", "10:00"])
def test_a_slot_with_its_own_end_is_read(tmp_path: Path, end: str) -> None:
    """An hour is no slot; nor is its end an offset from UTC."""
    text = lines("Site,Interval (UTC),Arrivals", f"RGT01,20/11/2026 09:00-{end},3")
    made = made_of(tmp_path, SITES, text)
    slot = made.draft.columns["slot_start"]
    assert slot.is_written == (end == "09:15")
    if slot.is_written:
        assert slot.settings["labelled_by"] == "both"
        assert not made.questions


def test_no_site_is_asked_where_a_slot_stands_twice(tmp_path: Path) -> None:
    text = lines("Slot start (UTC),Arrivals", "2026-11-20 09:00,3", "2026-11-20 09:00,4")
    assert made_of(tmp_path, SITES, text).questions == ()


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("incidents.byCategory.C1", "incidents_c1"),
        ("responseTimeSecs.C2.centile90", "response_c2_p90_seconds"),
        ("H/overs >15m", "handovers_over_15_minutes"),
        ("Av. Call Answer (secs)", "call_answer_mean_seconds"),
    ],
)
def test_writings_of_services(heading: str, column: str) -> None:
    matcher = HeadingMatcher(load_registry().collection(SERVICE[0]))
    taken = matcher.read(0, heading, "." in heading).taken
    assert taken is not None and taken.column == column
