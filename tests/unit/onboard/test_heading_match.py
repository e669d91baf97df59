"""Which column a heading is taken for; numbers, units, categories and centiles never mix."""

import pytest

from pipelines.onboard.heading_match import HeadingMatcher
from pipelines.registry.registry import load_registry


def taken(collection: str, heading: str) -> str | None:
    registry = load_registry()
    matcher = HeadingMatcher(registry.collection(collection), registry.feeds_of(collection))
    found = matcher.read(0, heading).taken
    return found.column if found else None


@pytest.mark.parametrize(
    ("collection", "heading", "column"),
    [
        ("ambulance_sitrep", "999 calls answered", "calls_answered"),
        ("ambulance_sitrep", "Cat 1 90th centile response", "response_c1_p90_seconds"),
        ("ambulance_sitrep", "respC2MeanSecs", "response_c2_mean_seconds"),
        ("ambulance_sitrep", "Incidents C1 (A8)", "incidents_c1"),
        ("ambulance_sitrep", "Handovers > 1 hr", "handovers_over_60_minutes"),
        ("ambulance_sitrep", "Calls anwsered", "calls_answered"),
        ("ambulance_handover", "Delay 30-60 mins", "handovers_30_to_60_minutes"),
        ("ambulance_handover", "over 120", "handovers_over_120_minutes"),
        ("acute_sitrep", "LoS >21d", "patients_over_21_days"),
        ("acute_sitrep", "Total beds occ'd", "ga_beds_occupied"),
        ("nhs111", "Calls offered", "calls_received"),
        ("nhs111", "Answered < 1 minute", "calls_answered_within_60_seconds"),
        ("acute_realtime", "Four hour breaches today", "four_hour_breaches_since_midnight"),
        ("acute_realtime", "Arrivals last 15 min", "arrivals"),
        ("acute_realtime", "ArrivalsLast15", "arrivals"),
        ("acute_realtime", "AmbsWaitingGT15", "ambulances_waiting_over_15_minutes"),
        ("acute_realtime", "Amb HO >60", "ambulances_waiting_over_60_minutes"),
        ("ambulance_sitrep", "Hosp H/Os", "handovers"),
        ("ambulance_sitrep", "rpt_dt", "report_date"),
        ("ambulance_sitrep", "Hours lost > 15 min", "handover_time_lost_hours"),
        ("acute_sitrep", "Paed G&A Occ", "paediatric_ga_beds_occupied"),
        ("nhs111", "answeredIn60", "calls_answered_within_60_seconds"),
    ],
)
def test_words_of_the_field_are_known(collection: str, heading: str, column: str) -> None:
    assert taken(collection, heading) == column


@pytest.mark.parametrize(
    ("collection", "heading"),
    [
        ("ambulance_sitrep", "C1T mean"),
        ("ambulance_sitrep", "C5 incidents"),
        ("ambulance_sitrep", "C1 75th centile"),
        ("ambulance_sitrep", "C1 median"),
        ("ambulance_sitrep", "C1 incidents (A10)"),
        ("ambulance_sitrep", "% calls answered"),
        ("ambulance_sitrep", "Handovers 30-60 mins"),
        ("ambulance_sitrep", "Handovers over 45 mins"),
        ("ambulance_sitrep", "Handovers under 15 mins"),
        ("ambulance_sitrep", "Handovers (mins)"),
        ("ambulance_sitrep", "Handover delays"),
        ("ambulance_sitrep", "Calls not answered"),
        ("ambulance_sitrep", "Calls answered last year"),
        ("ambulance_sitrep", "Mean answer time (ms)"),
        ("ambulance_sitrep", "Min C1 response"),
        ("ambulance_sitrep", "Hours lost > 30 min"),
        ("acute_realtime", "ArrivalsLast60"),
        ("acute_realtime", "arrivals15"),
        ("ambulance_handover", "Over 60 to 120 mins"),
        ("ambulance_handover", "Arrivals not by ambulance"),
        ("acute_sitrep", "G&A beds available"),
        ("acute_sitrep", "G&A occupancy rate"),
        ("acute_sitrep", "Patients over 28 days"),
        ("acute_sitrep", "Type 4 attendances"),
        ("acute_sitrep", "Attendances excluding type 3"),
        ("nhs111", "% answered within 60 seconds"),
        ("nhs111", "Answered within 120 seconds"),
        ("nhs111", "Calls answered after 60 seconds"),
        ("nhs111", "Calls abandoned after 30 seconds"),
        ("acute_realtime", "Over 6h"),
        ("acute_realtime", "Ambulances waiting (mins)"),
        ("acute_realtime", "Arrivals last hour"),
        ("acute_realtime", "Ambulances: over 4 hours"),
        ("acute_realtime", "Mean wait (mins)"),
        ("acute_realtime", "Patients in department under 4 hours"),
        ("acute_realtime", "Not in department"),
        ("acute_realtime", "Paediatric patients in department"),
    ],
)
def test_what_is_like_a_column_and_is_another_thing_is_not_taken(
    collection: str, heading: str
) -> None:
    assert taken(collection, heading) is None
