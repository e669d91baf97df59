"""Counts that fall, unknown values, refused patient data: what is said of each, and what never."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from pipelines.findings.finding_kinds import KINDS as ISSUES
from pipelines.findings.not_kept import PATIENT_DATA_CODES, UNSEEN
from pipelines.registry.registry import load_registry
from pipelines.watch.known_monitors import find_monitors
from pipelines.watch.monitors.counter_fell import Fall, counters, find_falls
from pipelines.watch.monitors.refused_patient_data import RefusedFile, find_patient_data
from pipelines.watch.monitors.unknown_codes import (
    MOST_VALUES,
    UnknownValue,
    codes_of_unknown,
    find_unknown,
)
from pipelines.watch.watch_finding import tell_number, tell_some, tell_time

at = partial(datetime, 2026, 11, 9, tzinfo=UTC)
COLLECTIONS = load_registry().collections
FEED = "acute_realtime.r0a"


def fall(hour: int, measure: str = "attendances_since_midnight", key: str = "R0A R0A01") -> Fall:
    return Fall(FEED, key, measure, at(hour), 120.0, 15.0)


def test_every_count_since_midnight_of_the_contract_is_looked_at() -> None:
    assert counters(COLLECTIONS["acute_realtime"]) == [
        "attendances_since_midnight",
        "four_hour_breaches_since_midnight",
        "admissions_since_midnight",
    ]


def test_a_count_that_fell_is_told_with_both_values() -> None:
    (found,) = find_falls([fall(14)], "acute_realtime")
    assert (found.code, found.feed_id) == ("WATCH-003", FEED)
    assert found.subject == "R0A R0A01 attendances_since_midnight"
    assert found.since == at(14)
    assert "fell from 120 to 15 in the slot Mon 9 Nov 2026 14:00 GMT" in found.message
    assert "midnight in London" in found.fix


def test_a_count_that_falls_again_and_again_is_one_finding_since_the_first() -> None:
    found = find_falls([fall(15), fall(9), fall(12)], "acute_realtime")
    assert [one.since for one in found] == [at(9)]
    assert "It fell 3 times" in found[0].message


def test_each_site_and_measure_is_a_finding_of_its_own() -> None:
    falls = [fall(9), fall(9, "admissions_since_midnight"), fall(9, key="R0A R0A02")]
    assert len({one.key for one in find_falls(falls, "acute_realtime")}) == 3


def unknown(value: str, feed_id: str = FEED, count: int = 1, files: int = 1) -> UnknownValue:
    return UnknownValue(feed_id, "acute_realtime", value, ("ROW-002",), at(8), files, count)


def test_unknown_codes_are_those_of_the_machinery_and_of_reference_rules() -> None:
    codes = codes_of_unknown(COLLECTIONS.values())
    assert {"ROW-002", "HEAD-001", "SHEET-001", "ART-002", "NHS-002", "AMB-002"} <= set(codes)
    assert {"ART-001", "ART-003", "NHS-001", "CELL-001"}.isdisjoint(codes)
    assert {code for code in codes if code in ISSUES} == {"ROW-002", "HEAD-001", "SHEET-001"}


def test_an_unknown_value_is_told_with_its_files() -> None:
    (found,) = find_unknown([unknown("ZZ9", files=3)])
    assert (found.code, found.feed_id, found.subject) == ("WATCH-006", FEED, "ZZ9")
    assert found.message == "'ZZ9' is unknown (ROW-002) in 3 files."
    assert found.since == at(8)


def test_anothers_code_is_told_as_a_wrong_sender_and_not_as_unknown() -> None:
    other = replace(unknown("RGT", files=2), known_as="Cambridge University Hospitals")
    (found,) = find_unknown([other])
    assert found.message == (
        "'RGT' is Cambridge University Hospitals, for which this feed may not report (ROW-002), in "
        "2 files: a wrong sender, not an unknown code."
    )
    assert "reports_for" in found.fix and "reference data" not in found.fix
    many = [replace(unknown(f"R{n}", count=20), known_as="A trust") for n in range(MOST_VALUES)]
    (all_of_them,) = find_unknown(many)
    assert "wrong sender" in all_of_them.message and "reports_for" in all_of_them.fix
    (mixed,) = find_unknown([*many, unknown("ZZ9", count=20)])
    assert "are unknown" in mixed.message


def test_a_text_in_place_of_a_code_is_cut_and_stands_on_one_line() -> None:
    (found,) = find_unknown([unknown("one\ntwo\t" + "x" * 500)])
    assert found.subject.startswith("one two xxx")
    assert len(found.subject) == 60
    assert "\n" not in found.message


def test_a_file_whose_columns_slipped_is_one_finding_that_stays_the_same() -> None:
    values = [unknown(str(number), count=4000) for number in range(MOST_VALUES)]
    (found,) = find_unknown(values)
    assert "4,000 different values are unknown: 0, 1, 2, 3, 4 and 5 more" in found.message
    (later,) = find_unknown([unknown("other", count=11)])
    assert later.key == found.key


def test_few_values_are_told_each() -> None:
    values = [unknown(str(number), count=MOST_VALUES) for number in range(MOST_VALUES)]
    assert len(find_unknown([*values, unknown("ZZ9", "nhs111.national")])) == MOST_VALUES + 1


def test_each_file_with_patient_data_is_told_of_and_nothing_that_it_holds() -> None:
    files = [
        RefusedFile(FEED, "acute_realtime", f"{FEED}@{number}", at(8 + number), "DATA-001")
        for number in range(2)
    ]
    found = find_patient_data(reversed(files))
    assert [one.since for one in found] == [at(8), at(9)]
    assert len({one.key for one in found}) == 2
    assert found[0].message == (
        "A file was refused as a whole (DATA-001) and not kept: acute_realtime.r0a@0."
    )
    assert "information governance" in found[0].fix


def test_the_codes_of_patient_data_refuse_a_submission() -> None:
    assert {ISSUES[code].severity for code in PATIENT_DATA_CODES} == {"reject_submission"}
    told = {code for code in ISSUES if code.startswith("DATA-")}
    assert set(PATIENT_DATA_CODES) == told - {UNSEEN}, "no patient is sure there"


def test_every_kind_says_what_to_do_and_what_will_not_help() -> None:
    monitors = find_monitors()
    assert not monitors.broken
    for kind in monitors.kinds.values():
        assert min(map(len, (kind.title, kind.fix, kind.no_help))) > 10
        assert kind.fix.endswith(".") and kind.no_help.endswith(".")


def test_an_alert_tells_the_kinds_in_this_order() -> None:
    kinds = list(find_monitors().kinds.values())
    assert [(kind.code, kind.title) for kind in kinds] == [
        ("WATCH-007", "A file with patient data was refused"),
        ("WATCH-011", "A publication was refused because it had shrunk"),
        ("WATCH-028", "Submissions for another's feed were refused"),
        ("WATCH-022", "Landed bytes are damaged"),
        ("WATCH-008", "Landed files are not loaded"),
        ("WATCH-023", "A file of state was damaged"),
        ("WATCH-024", "A figure is beyond its alert level"),
        ("WATCH-009", "Nothing comes from a source any more"),
        ("WATCH-021", "Something at a source cannot be taken"),
        ("WATCH-001", "A provider fell silent"),
        ("WATCH-010", "Files arrive without usable values"),
        ("WATCH-025", "Answers are not given back"),
        ("WATCH-002", "A feed is stuck"),
        ("WATCH-004", "England's figure is far from its usual level"),
        ("WATCH-005", "Row count differs from usual"),
        ("WATCH-003", "A count since midnight fell"),
        ("WATCH-006", "Unknown code, or a wrong sender"),
    ]
    assert len({kind.urgency for kind in kinds}) == len(kinds)


def test_times_are_told_in_london_and_the_repeated_hour_apart() -> None:
    assert tell_time(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "Sun 25 Oct 2026 01:30 BST"
    assert tell_time(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == "Sun 25 Oct 2026 01:30 GMT"
    assert tell_time(datetime(2026, 7, 1, 23, 0, tzinfo=UTC), is_day=True) == "Thu 2 Jul 2026"


def test_numbers_and_names_are_told_shortly() -> None:
    assert [tell_number(one) for one in (5.0, 12.25, 1234.5)] == ["5", "12.2", "1,234"]
    assert tell_some(["a", "b"]) == "a, b"
    assert tell_some(list("abcdefg")) == "a, b, c, d, e and 2 more"
