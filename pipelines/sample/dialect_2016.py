"""The workbook of winter 2016-17."""

from pipelines.sample.layout import (
    STAR_NOTE,
    WEEKEND_NOTE,
    Dialect,
    SampleColumn,
    Sheet,
    SheetKind,
)
from pipelines.sample.winter import FIRST_WINTER

AVAILABLE = {"CC Adult": "avail", "Paed Int Care": "Avail", "Neo Int Care": "Avail"}


def _one_measure(name: str, measure: str, lookups: int = 0, *notes: str) -> Sheet:
    columns = (SampleColumn(measure),)
    return Sheet(
        name,
        name.title(),
        SheetKind.ONE_MEASURE,
        columns,
        notes,
        left_over_lookups=lookups,
    )


def _unit(name: str, label: str, things: str, open_later: str = "") -> Sheet:
    """Beds open and occupied in one kind of unit; the first label may change."""
    unit = name.strip()
    key = unit.lower().replace(" ", "_")
    return Sheet(
        name,
        unit.title(),
        SheetKind.MEASURES,
        (
            SampleColumn(f"{key}_beds_open", f"{label} {AVAILABLE[label]}", "", open_later),
            SampleColumn(f"{key}_beds_occupied", f"{label} Occ"),
        ),
        (
            "Notes:",
            f"1. {unit} {things} available",
            f"2. {unit} {things} occupied",
            WEEKEND_NOTE,
        ),
        relabelled_from=21 / FIRST_WINTER.length,
    )


ATTENDANCES = Sheet(
    "A&E attendances",
    "A&E Attendances",
    SheetKind.MEASURES,
    (
        *(SampleColumn(f"ae_attendances_type_{n}", f"Type {n} attendances") for n in (1, 2, 3)),
        SampleColumn("ae_attendances", "Total attendances"),
    ),
    (
        "Note:",
        ("A&E attendance growths should be calculated on the official monthly figures only."),
    ),
)

BEDS = Sheet(
    "G&A beds",
    "General and Acute Beds",
    SheetKind.MEASURES,
    (
        SampleColumn("ga_core_beds_open", "Core beds avail"),
        SampleColumn("ga_escalation_beds_open", "Escalation beds avail"),
        SampleColumn("ga_beds_open", "Total beds avail"),
        SampleColumn("ga_beds_occupied", "Total beds occ'd"),
    ),
    (
        "Notes:",
        "1. Total G&A core bed stock available",
        "2. Total G&A escalation beds available",
        "3. Total G&A beds available",
        "4. Of total G&A beds available, number occupied",
        STAR_NOTE,
    ),
    starred=True,
)

NOROVIRUS = Sheet(
    "D&V, Norovirus",
    "Number of beds unavailable due to D&V/norovirus like symptoms",
    SheetKind.MEASURES,
    (
        SampleColumn(
            "beds_closed_norovirus",
            "Beds closed norovirus",
            later_label="Beds closed norovirus 1",
        ),
        SampleColumn(
            "beds_closed_norovirus_unoccupied",
            "Beds closed unocc",
            later_label="Beds closed unocc 2",
        ),
    ),
    (
        "Notes:",
        (
            "1. ‘Beds closed norovirus’ indicates the volume of beds in areas where a "
            "patient has D&V/norovirus symptoms"
        ),
        (
            "2. 'Beds closed unocc' indicates the number of those beds ‘closed’ that are "
            "unoccupied at the time of the snapshot"
        ),
    ),
    relabelled_from=2 / 3,
)

PRESSURES = Sheet(
    "Trusts with Pressures",
    "Trusts reporting Operational Pressures Escalation Level (OPEL) 3 or above",
    SheetKind.PRESSURES,
    (SampleColumn("opel_level"),),
    (
        "Note:",
        "1. Based on OPEL reporting from NHS Trusts",
        (
            "2. Note esclations over the weekend will tend to be reported on the Monday, "
            "hence we are no longer showing the weekends separately"
        ),
    ),
    left_over_lookups=4,
)

DIALECT = Dialect(
    sheets=(
        _one_measure(
            "A&E closures",
            "ae_closures",
            8,
            "Note: An A&E closure in December has subsequently been found to have "
            "been reported in error",
        ),
        _one_measure(
            "A&E diverts",
            "ae_diverts",
            0,
            "Note: The A&E diverts of one trust on 4 January have subsequently been "
            "found to have been reported",
            "by the trust in error.",
        ),
        ATTENDANCES,
        _one_measure("Emergency admissions", "emergency_admissions"),
        BEDS,
        NOROVIRUS,
        _unit("Adult critical care", "CC Adult", "beds", "CC Adult Open"),
        _unit("Paediatric intensive care", "Paed Int Care", "beds"),
        _unit("Neonatal intensive care ", "Neo Int Care", "cots"),
        PRESSURES,
    ),
    capital_small_words=True,
    lookups_under_england=frozenset(SheetKind),
    variable_codes=False,
    england_by_formula=True,
    published_is_a_date=False,
    period_separator=" to ",
    macro_sheet=True,
)
