"""What has two readings is asked, or left out with a reason; it is never read in silence."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.onboard.new_feed import NewFeed, make_feed, try_feed
from pipelines.registry.registry import load_registry
from tests.support.onboarding_samples import as_json, workbook

SERVICE, TRUST, AREAS, SITES = (
    ("ambulance_sitrep", "RX9"),
    ("acute_sitrep", "RGT"),
    ("nhs111", "X24"),
    ("acute_realtime", "RGT"),
)


def made_of(
    folder: Path, of: tuple[str, str], content: str | bytes, name: str = "", **given: str
) -> NewFeed:
    path = folder / (name or f"{of[1]}_20261120.csv")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return make_feed(load_registry(), *of, [path], given)


def written(made: NewFeed) -> dict[str, Any]:
    return {
        name: own.heading.heading if own.heading else own.constant
        for name, own in made.draft.columns.items()
        if own.is_written
    }


def lines(*texts: str) -> str:
    return "\n".join(texts) + "\n"


CASES: dict[str, tuple[tuple[str, str], str, tuple[str, ...], tuple[str, ...]]] = {
    "a clock of two parts": (
        SERVICE,
        lines("Date,C1 mean", "20/11/2026,17:30", "21/11/2026,17:31"),
        ("response_c1_mean_seconds",),
        ("response_c1_mean_seconds.clock",),
    ),
    "a clock under minutes": (
        SERVICE,
        lines("Date,C1 mean (mins)", "20/11/2026,7:30"),
        ("response_c1_mean_seconds",),
        ("response_c1_mean_seconds.clock",),
    ),
    "no unit": (
        SERVICE,
        lines("Date,C1 mean", "20/11/2026,450"),
        ("response_c1_mean_seconds",),
        ("response_c1_mean_seconds.unit",),
    ),
    "a unit that is an m": (
        SERVICE,
        lines("Date,C1 mean (m)", "20/11/2026,7.5"),
        ("response_c1_mean_seconds",),
        ("response_c1_mean_seconds.unit",),
    ),
    "heading and cells disagree": (
        SERVICE,
        lines("Date,C1 mean (mins)", "20/11/2026,450 secs", "21/11/2026,451 secs"),
        ("response_c1_mean_seconds",),
        ("response_c1_mean_seconds.unit",),
    ),
    "a fraction of a day": (
        SERVICE,
        lines("Date,C1 mean (mins)", "20/11/2026,0.00512", "21/11/2026,0.00498"),
        ("response_c1_mean_seconds",),
        ("response_c1_mean_seconds.unit",),
    ),
    "1,250": (
        SERVICE,
        lines("Date;Unit hours planned", "20/11/2026;1,250", "21/11/2026;1,251"),
        ("unit_hours_planned",),
        ("decimal_mark",),
    ),
    "12.345": (
        SERVICE,
        lines("Date;Unit hours planned", "20/11/2026;12.345", "21/11/2026;12.346"),
        ("unit_hours_planned",),
        ("decimal_mark",),
    ),
    "two headings for one column": (
        SERVICE,
        lines("Date,Calls answered,999 calls answered", "20/11/2026,5,6"),
        ("calls_answered",),
        ("calls_answered.heading",),
    ),
    "a heading near two columns": (
        TRUST,
        lines("Date,Total G&A beds,A&E closures", "20/11/2026,900,0"),
        ("ga_beds_open", "ga_beds_occupied"),
        ("map.Total G&A beds",),
    ),
    "zero or nothing": (
        SERVICE,
        lines("Date,Hear and treat", "20/11/2026,nil", "21/11/2026,7"),
        ("hear_and_treat",),
        ("missing.nil",),
    ),
    "a number that stands for nothing": (
        SERVICE,
        lines("Date,Handovers", "20/11/2026,9999", "21/11/2026,70", "22/11/2026,-1"),
        ("handovers",),
        ("missing.-1", "missing.9999"),
    ),
    "figures withheld": (
        TRUST,
        lines("Date,A&E closures", "20/11/2026,<5", "21/11/2026,<5", "22/11/2026,7"),
        ("ae_closures",),
        ("missing.<5",),
    ),
    "a month among days": (
        SERVICE,
        lines("Date,Incidents", "19/11/2026,5", "20/11/2026,6", "Nov-26,11"),
        ("report_date",),
        ("report_date.Nov-26",),
    ),
    "a local time and its label": (
        AREAS,
        lines("Contract code,Time,Calls received", "111AD5,20/11/2026 08:15,5"),
        ("slot_start",),
        ("slot_start.labelled_by", "slot_start.zone"),
    ),
    "a site or all of them": (
        SITES,
        lines(
            "Trust,Site,Slot start UTC,In ED",
            "RGT,RGT01,2026-11-20T08:00:00Z,5",
            "RGT,RGTALL,2026-11-20T08:00:00Z,5",
        ),
        ("site_code",),
        ("site.RGTALL",),
    ),
    "rows of others": (
        TRUST,
        lines("Code,Date,A&E closures", "RGT,20/11/2026,0", "R1H,20/11/2026,1"),
        (),
        ("reports_for",),
    ),
    "groups that may say more": (
        SERVICE,
        lines(",This year,Last year", "Date,Incidents,Handovers", "20/11/2026,6,5"),
        ("report_date",),
        ("header_rows",),
    ),
    "a percentage": (
        SERVICE,
        lines("Date,Hear and treat,Incidents", "20/11/2026,12%,5", "21/11/2026,13%,6"),
        ("hear_and_treat",),
        (),
    ),
    "shares of one": (
        SERVICE,
        lines("Date,Hear and treat,Incidents", "20/11/2026,0.12,5", "21/11/2026,0.13,6"),
        ("hear_and_treat",),
        (),
    ),
    "two tables": (
        SERVICE,
        lines(
            "Date,Incidents,Hear and treat", "20/11/2026,6,1", "",
            "Date,Handovers,See and treat", "20/11/2026,8,4",
        ),
        ("report_date",),
        (),
    ),
    "no codes of more than one": (
        TRUST,
        lines("Trust name,Date,A&E closures", "One,20/11/2026,0", "Two,20/11/2026,1"),
        ("org_code",),
        (),
    ),
    "a heading that stands twice": (
        SERVICE,
        lines("Date,Incidents,Incidents", "20/11/2026,6,5"),
        ("incidents",),
        (),
    ),
    "days without a time": (
        AREAS,
        lines("Contract code,Date,Calls received", "111AD5,20/11/2026,5"),
        ("slot_start",),
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_two_readings_are_asked_and_nothing_of_them_is_read(case: str, tmp_path: Path) -> None:
    of, content, without, keys = CASES[case]
    made = made_of(tmp_path, of, content)
    assert not set(written(made)) & set(without), made.text
    assert sorted(one.key for one in made.questions) == sorted(keys)
    for key in keys:
        assert f"# OPEN {key}" in made.text


def test_minutes_and_seconds_that_a_spreadsheet_took_for_hours_are_asked(tmp_path: Path) -> None:
    sheet: list[list[Any]] = [
        ["Date", "C1 mean"],
        [date(2026, 11, 20), timedelta(hours=7, minutes=12)],
    ]
    made = made_of(tmp_path, SERVICE, workbook({"A": sheet}), "RX9.xlsx")
    assert [one.key for one in made.questions] == ["response_c1_mean_seconds.clock_shown"]


def test_true_dates_among_texts_are_asked(tmp_path: Path) -> None:
    sheet: list[list[Any]] = [["Date", "Incidents"], [date(2026, 12, 11), 5], ["13/11/2026", 6]]
    made = made_of(tmp_path, SERVICE, workbook({"A": sheet}), "RX9.xlsx")
    assert [one.key for one in made.questions] == ["report_date.mixed"]
    assert "report_date" not in written(made)


def test_a_share_is_no_count_whichever_stands_first(tmp_path: Path) -> None:
    made = made_of(tmp_path, SERVICE, lines("Date,% incidents,Incidents", "20/11/2026,95,1000"))
    assert written(made)["incidents"] == "Incidents" and made.draft.ignored == ["% incidents"]


def test_the_day_outside_of_the_rows_is_theirs_where_it_is_named_so(tmp_path: Path) -> None:
    content = {"report_date": "2026-11-20", "rows": [{"calls_answered": 5, "incidents": 7}]}
    made = made_of(tmp_path, SERVICE, as_json(content))
    assert made.draft.table.raw.place == "rows" and "carried: [report_date]" in made.text
    assert written(made)["report_date"] == "report_date"


def test_another_date_outside_of_the_rows_is_asked(tmp_path: Path) -> None:
    content = {"date": "2026-11-20", "rows": [{"calls_answered": 5, "incidents": 7}]}
    made = made_of(tmp_path, SERVICE, as_json(content))
    assert [one.key for one in made.questions] == ["report_date.outside"]
    assert "report_date" not in written(made)


def test_a_figure_outside_of_the_rows_is_not_made_theirs(tmp_path: Path) -> None:
    rows = [{"site_code": "RGT01", "slot_start": "2026-11-20T09:00:00Z", "arrivals": 5}]
    made = made_of(tmp_path, SITES, json.dumps({"opel": 3, "trust": "RGT", "sites": rows}))
    assert "opel_level" not in written(made) and "carried: [trust]" in made.text
    assert any("'opel' stands once, outside of the rows" in note for note in made.notes)


def test_lists_within_rows_are_gone_through_with_the_code_above_them(tmp_path: Path) -> None:
    slots = [{"slot_start": "2026-11-20T09:00:00Z", "inEd": 5}]
    content = {"data": [{"site": f"RGT0{at}", "slots": slots} for at in (1, 2)]}
    made = made_of(tmp_path, SITES, json.dumps(content))
    assert "records: data.slots" in made.text and "carried: [data.site]" in made.text
    assert made.draft.sites == ["RGT01", "RGT02"] and made.questions == ()


def test_lists_within_rows_that_hold_nothing_known_are_told(tmp_path: Path) -> None:
    row = {"trust": "RGT", "site": "RGT01", "inEd": 5, "wards": [{"ward": "A"}]}
    made = made_of(tmp_path, SITES, json.dumps({"data": [row]}))
    assert any("Lists stand within the rows at 'wards'" in note for note in made.notes)


@pytest.mark.parametrize(
    ("cell", "stands_at"),
    [
        ("RHQNG", None),
        ("RHQNG - Northern General", "start"),
        ("Northern General (RHQNG)", "brackets"),
        ("Northern General: RHQNG", "end"),
    ],
)
def test_a_code_beside_a_name_is_found(tmp_path: Path, cell: str, stands_at: str | None) -> None:
    content = lines("Site,Slot start (UTC),Arrivals", f"{cell},20/11/2026 09:00,5")
    made = made_of(tmp_path, SITES, content)
    assert made.draft.columns["site_code"].settings.get("code_at") == stands_at
    assert made.draft.sites == ["RHQNG"]


def test_names_without_codes_are_no_codes(tmp_path: Path) -> None:
    content = lines("Site,Slot start (UTC),Arrivals", "NORTHERN GENERAL,20/11/2026 09:00,5")
    assert "site_code" not in written(made_of(tmp_path, SITES, content))


@pytest.mark.parametrize(("day", "is_asked"), [("20/11/2026", False), ("20/11/2023", True)])
def test_the_day_of_a_name_is_told_by_the_days_of_its_rows(
    tmp_path: Path, day: str, is_asked: bool
) -> None:
    content = lines("Date,Incidents", f"{day},1000", f"{day.replace('20/', '13/')},900")
    made = made_of(tmp_path, SERVICE, content, "RX9 201126.csv")
    assert ("file_time.format" in [one.key for one in made.questions]) is is_asked


def test_times_in_the_hour_that_repeats_are_told(tmp_path: Path) -> None:
    content = lines(
        "Contract code,Slot start (local),Calls received",
        "111AD5,25/10/2026 00:45,5",
        "111AD5,25/10/2026 01:15,6",
    )
    made = made_of(tmp_path, AREAS, content)
    assert "in the hour that the clocks" in made.draft.columns["slot_start"].remark
    assert "in the hour that the clocks" in made.text


def test_a_mapping_is_answered_by_the_name_of_its_heading(tmp_path: Path) -> None:
    content = lines("Date,Picked up", "20/11/2026,5")
    made = made_of(tmp_path, SERVICE, content, **{"map.Picked up": "calls_answered"})
    assert written(made)["calls_answered"] == "Picked up"


def test_a_line_over_all_sites_is_no_site(tmp_path: Path) -> None:
    content = lines(
        "Trust,Site,Slot start UTC,In ED",
        "RGT,RGT01,2026-11-20T08:00:00Z,5",
        "RGT,TOTAL,2026-11-20T08:00:00Z,5",
    )
    made = made_of(tmp_path, SITES, content)
    assert made.draft.sites == ["RGT01"]
    path = tmp_path / "RGT_20261120.csv"
    trial = try_feed(tmp_path / "home", load_registry(), made.feed, path, 9)
    assert {one.understood for one in trial.cells if one.column == "site_code"} == {"RGT01"}
