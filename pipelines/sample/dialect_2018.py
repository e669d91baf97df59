"""The workbook of winter 2018-19."""

from pipelines.sample.layout import (
    STAR_NOTE,
    WEEKEND_NOTE,
    Dialect,
    SampleColumn,
    Sheet,
    SheetKind,
)


def _rate(measure: str, share_of: str) -> SampleColumn:
    return SampleColumn(measure, "Occupancy rate", share_of=share_of)


def _unit(name: str, label: str, variable: str, things: str, *notes: str) -> Sheet:
    """Beds open, occupied and the share occupied in one kind of unit."""
    unit = name.strip()
    key = unit.lower().replace(" ", "_")
    available, occupied = f"{key}_beds_open", f"{key}_beds_occupied"
    return Sheet(
        name,
        name.title(),
        SheetKind.MEASURES,
        (
            SampleColumn(available, f"{label} Open", f"{variable}_ITUBeds_Avail"),
            SampleColumn(occupied, f"{label} Occ", f"{variable}_ITUBeds_Occ"),
            _rate(occupied, available),
        ),
        (
            "",
            f"1. {unit} {things} available",
            f"2. {unit} {things} occupied",
            *notes,
        ),
    )


BEDS = Sheet(
    "G&A beds",
    "General and Acute Beds",
    SheetKind.MEASURES,
    (
        SampleColumn("ga_core_beds_open", "Core Beds Open", "ganda_core_beds"),
        SampleColumn("ga_escalation_beds_open", "Escalation Beds Open", "ganda_escalation_beds"),
        SampleColumn("ga_beds_open", "Total Beds Open", "ganda_beds_total"),
        SampleColumn("ga_beds_occupied", "Total beds occ'd", "ganda_beds_occupied"),
        _rate("ga_beds_occupied", "ga_beds_open"),
    ),
    (
        "",
        "1. Total G&A beds available",
        "2. Of total G&A beds available, number occupied",
    ),
)

LONG_STAYS = Sheet(
    "Beds Occ by long stay patients",
    "Number of beds occupied by patients who have stays of 7, 14 or 21 days in hospital",
    SheetKind.MEASURES,
    (
        SampleColumn("patients_over_7_days", "> 7 days", "Stranded_Patients_Occupied"),
        SampleColumn(
            "patients_over_14_days",
            "> 14 days",
            "Beds_occupied_by_long_stay_patients_14_plus_days",
        ),
        SampleColumn("patients_over_21_days", "> 21 days", "Extended_Patients_Occupied"),
    ),
    (
        "",
        *(
            f"{n}. Beds occupied by patients with a length of stay of {7 * n} or more days"
            for n in (1, 2, 3)
        ),
    ),
)

NOROVIRUS = Sheet(
    "D&V, Norovirus",
    "Number of beds unavailable due to D&V/norovirus like symptoms",
    SheetKind.MEASURES,
    (
        SampleColumn("beds_closed_norovirus", "Beds closed", "Beds_Closed_Noro"),
        SampleColumn(
            "beds_closed_norovirus_unoccupied",
            "Beds closed unocc",
            "Beds_Closed_Noro_Unoccupied",
        ),
    ),
    (
        "",
        "1. Number of beds closed due to Diahorrea and Vomitting/norovirus like symptoms",
        "2. Of these beds closed, number unoccupied",
        STAR_NOTE,
    ),
    starred=True,
)

AMBULANCES = Sheet(
    "Ambulance Arrivals and Delays",
    "Number of Patients Arriving By Ambulance and Ambulance Handover Delays",
    SheetKind.MEASURES,
    (
        SampleColumn("ambulance_arrivals", "Arriving by ambulance", "Amb_Handovers"),
        SampleColumn("handovers_30_to_60_minutes", "Delay 30-60 mins", "Amb_Handover_30_to_60"),
        SampleColumn("handovers_over_60_minutes", "Delay >60 mins", "Amb_Handover_Over_60"),
    ),
    (
        "",
        "1. Number of patients arriving by ambulance",
        "2. Number of ambulance handover delays between 30 and 60 minutes",
        "3. Number of ambulance handover delays greater than 60 minutes",
    ),
)

DIALECT = Dialect(
    sheets=(
        Sheet(
            "A&E Closures",
            "A&E Closures",
            SheetKind.ONE_MEASURE,
            (SampleColumn("ae_closures", variable="AE_Closures"),),
            left_over_lookups=18,
        ),
        Sheet(
            "A&E Diverts",
            "A&E Diverts",
            SheetKind.ONE_MEASURE,
            (SampleColumn("ae_diverts", variable="AE_diverts"),),
        ),
        BEDS,
        LONG_STAYS,
        NOROVIRUS,
        _unit("Adult critical care", "CC Adult", "CritCare", "beds"),
        _unit("Paediatric intensive care", "Paed Int Care", "Paeds", "beds"),
        _unit(
            "Neonatal intensive care ",
            "Neo Int Care",
            "Neonatal",
            "cots",
            WEEKEND_NOTE,
        ),
        AMBULANCES,
    ),
    capital_small_words=False,
    lookups_under_england=frozenset({SheetKind.ONE_MEASURE}),
    variable_codes=True,
    england_by_formula=False,
    published_is_a_date=True,
    period_separator="- ",
    macro_sheet=False,
)
