"""The layouts of later winters: what the project's own feed makes of their sheets."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.winter_timeseries.winter_reader import read
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from pipelines.parse.rows import ParsedRows
from pipelines.registry.registry import load_registry
from tests.support.published_workbooks import Grid, block_sheet, day_sheet, write_sheets

NAME = "Web-File-Timeseries-UEC-Daily-SitRep.xlsx"
D1, D2 = date(2023, 11, 20), date(2023, 11, 21)
VOID = "G&A beds unavailable to non-covid admissions \u201cvoid\u201d"

LATER_SHEETS: Mapping[str, Mapping[str, str]] = {
    "Total G&A beds": {"G&A Beds Open": "ga_beds_open", "G&A beds occ'd": "ga_beds_occupied"},
    "Adult G&A beds": {
        "Adult G&A Beds Open": "adult_ga_beds_open",
        f"Adult {VOID}": "adult_ga_beds_unavailable",
        "Adult G&A beds occ'd": "adult_ga_beds_occupied",
    },
    "Paediatric G&A beds": {
        "Paeds G&A Beds Open": "paediatric_ga_beds_open",
        f"Paeds {VOID}": "paediatric_ga_beds_unavailable",
        "Paeds G&A beds occ'd": "paediatric_ga_beds_occupied",
    },
    "Flu": {
        "G&A flu beds": "ga_beds_occupied_flu",
        "CC flu beds": "critical_care_beds_occupied_flu",
    },
    "RSV ": {
        "Paeds RSV Beds Closed": "paediatric_beds_closed_rsv",
        "Paeds RSV Beds Closed Unocc": "paediatric_beds_closed_rsv_unoccupied",
    },
    "Adult D&V, Norovirus": {
        "Adult D&V Beds Closed": "adult_beds_closed_norovirus",
        "Adult D&V Beds Closed Unocc": "adult_beds_closed_norovirus_unoccupied",
    },
    "Paediatric D&V, Norovirus": {
        "Paeds D&V Beds Closed": "paediatric_beds_closed_norovirus",
        "Paeds D&V Beds Closed Unocc": "paediatric_beds_closed_norovirus_unoccupied",
    },
}
"""Sheet → heading → measure, as the publisher has them from 2021 on."""


@pytest.fixture(scope="module")
def form() -> WinterTimeseries:
    found = load_registry().feeds["acute_sitrep.winter_timeseries"].format
    assert isinstance(found, WinterTimeseries)
    return found


@pytest.fixture
def parsed(form: WinterTimeseries, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Reads a workbook of those sheets under that name."""

    def read_sheets(sheets: Mapping[str, Grid], name: str = NAME) -> ParsedRows:
        return read(write_sheets(tmp_path / "book.xlsx", sheets).read_bytes(), name, form)

    return read_sheets


def cells(parsed: ParsedRows) -> dict[tuple[str, str], dict[str, str]]:
    """(code, day) → measure → text, of the cells that hold something."""
    keys = zip(parsed.texts["org_code"], parsed.texts["report_date"], strict=True)
    return {
        (code or "", day or ""): {
            name: text
            for name in parsed.texts
            if name not in ("org_code", "report_date")
            and (text := parsed.text(row, name)) is not None
        }
        for row, (code, day) in enumerate(keys)
    }


def codes(parsed: ParsedRows) -> list[str]:
    return sorted({one.code for one in parsed.findings})


def test_every_sheet_of_the_later_winters_is_read(parsed) -> None:  # type: ignore[no-untyped-def]
    sheets: dict[str, Grid] = {}
    expected: dict[tuple[str, str], dict[str, str]] = {}
    figure = 100
    for name, measures in LATER_SHEETS.items():
        figures = list(range(figure, figure + 2 * len(measures)))
        headings = [*measures, "Occupancy rate"] if "G&A" in name else list(measures)
        row = [
            number
            for block in (figures[: len(measures)], figures[len(measures) :])
            for number in [*block, *([0.9] if "G&A" in name else [])]
        ]
        sheets[name] = block_sheet(headings, (D1, D2), {"RF4": row}, row)
        for day, block in ((D1, figures[: len(measures)]), (D2, figures[len(measures) :])):
            told = zip(measures.values(), map(str, block), strict=True)
            expected.setdefault(("RF4", day.isoformat()), {}).update(told)
        figure += 100
    found = parsed(sheets)
    assert cells(found) == expected
    assert codes(found) == []
    assert len(found.totals) == 2 * sum(map(len, LATER_SHEETS.values()))


def test_a_measure_may_stand_on_a_sheet_of_its_own_or_as_a_column(parsed) -> None:  # type: ignore[no-untyped-def]
    own = {
        "Emergency admissions": day_sheet((D1,), {"RF4": [7]}),
        "Adult G&A beds open": day_sheet((D1,), {"RF4": [8]}),
        "CC flu beds": day_sheet(("15-17-02-13",), {"RF4": [9]}),
    }
    assert cells(parsed(own)) == {
        ("RF4", "2013-02-15"): {"critical_care_beds_occupied_flu": "9"},
        ("RF4", "2013-02-16"): {"critical_care_beds_occupied_flu": "9"},
        ("RF4", "2013-02-17"): {"critical_care_beds_occupied_flu": "9"},
        ("RF4", "2023-11-20"): {"emergency_admissions": "7", "adult_ga_beds_open": "8"},
    }
    headings = ("Total attendances", "Emergency admissions")
    beds = ("Total beds open", "Adult G&A beds open")
    together = {
        "A&E attendances": block_sheet(headings, (D1,), {"RF4": [70, 7]}),
        "G&A beds": block_sheet(beds, (D1,), {"RF4": [80, 8]}),
    }
    assert cells(parsed(together))["RF4", "2023-11-20"] == {
        "ae_attendances": "70",
        "emergency_admissions": "7",
        "ga_beds_open": "80",
        "adult_ga_beds_open": "8",
    }


@pytest.mark.parametrize("name", ["Total", "Beds closed", "Type 1", "Others"])
def test_a_sheet_whose_name_says_too_little_is_not_guessed_at(parsed, name: str) -> None:  # type: ignore[no-untyped-def]
    closures = day_sheet((D1,), {"RF4": [1]})
    found = parsed({"A&E closures": closures, name: day_sheet((D1,), {"RF4": [5]})})
    assert cells(found) == {("RF4", "2023-11-20"): {"ae_closures": "1"}}
    assert codes(found) == ["SHEET-001"]


def test_a_measure_on_two_sheets_keeps_the_first_and_tells_what_differs(parsed) -> None:  # type: ignore[no-untyped-def]
    open_beds, total = ("Total beds open",), ("G&A beds open", "G&A beds occ")
    first = block_sheet(open_beds, (D1, D2), {"RF4": [10, 11], "R1H": [20, None]}, [30, 11])
    second = block_sheet(total, (D1,), {"RF4": [10, 9], "R1H": [21, 19]}, [31, 28])
    filled = block_sheet(total, (D2,), {"R1H": [22, 18]}, [22, 18])
    found = parsed({"G&A beds": first, "Total G&A beds": second})
    opened = {key: one["ga_beds_open"] for key, one in cells(found).items()}
    assert opened["RF4", "2023-11-20"] == "10" and opened["R1H", "2023-11-20"] == "20"
    assert opened["RF4", "2023-11-21"] == "11"
    told = [one for one in found.findings if one.code == "HEAD-008"]
    assert [(one.place.sheet, one.column_name) for one in told] == [
        ("Total G&A beds", "ga_beds_open")
    ]
    assert "1 of its values" in told[0].message
    totals = {(one.column_name, one.report_date): one.text for one in found.totals}
    assert totals["ga_beds_open", D1] == "30"
    found = parsed({"G&A beds": first, "Total G&A beds": filled})
    assert cells(found)["R1H", "2023-11-21"]["ga_beds_open"] == "22"
    assert "HEAD-008" not in codes(found)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Web-File-Timeseries-Covid-Acute-x4.xlsx", "COVID-19"),
        ("Daily-discharge-sitrep-monthly-data.xlsx", "discharge"),
        ("Winter-SitRep-NHS111-Time-Series-2-December-2019.xlsx", "NHS 111"),
        ("Ambulance-Collection-Web-File-Timeseries.xlsx", "Ambulance"),
        ("UEC-Daily-SitRep-Staff-Absences-Time-series.xlsx", "Staff absences"),
    ],
)
def test_a_sister_workbook_is_named_by_its_file_name(parsed, name: str, title: str) -> None:  # type: ignore[no-untyped-def]
    """Its sheets may be named like ours and count other patients."""
    assert load_registry().feeds["acute_sitrep.winter_timeseries"].matches(name)
    with pytest.raises(Refusal) as refused:
        parsed({"Adult critical care": day_sheet((D1,), {"RF4": [1]})}, name)
    assert refused.value.finding.code == "FILE-020"
    assert title in refused.value.finding.message


@pytest.mark.parametrize(
    ("sheet", "title_row"),
    [("Discharges by 1700", []), ("Table 1", ["Title:", "Acute discharge situation report"])],
)
def test_a_sister_workbook_is_named_by_what_stands_in_it(  # type: ignore[no-untyped-def]
    parsed, sheet: str, title_row: list[str]
) -> None:
    with pytest.raises(Refusal) as refused:
        parsed({sheet: [title_row, *day_sheet((D1,), {"RF4": [1]})]})
    assert refused.value.finding.code == "FILE-020"
    assert "discharge" in refused.value.finding.message


def test_a_workbook_that_nobody_knows_is_refused_with_its_sheets(parsed) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refusal) as refused:
        parsed({"Canteen": day_sheet((D1,), {"RF4": [1]})})
    assert refused.value.finding.code == "FILE-005"
    assert "'Canteen'" in refused.value.finding.message
