"""What the text of one cell means, in every way in which a feed may write it."""

from datetime import date, datetime
from typing import Any

import pytest

from pipelines.conform.readings import ReadTexts, read_texts, reader
from pipelines.registry.column import ColumnType
from pipelines.registry.feed import MISSING
from pipelines.registry.format import Reading

Outcome = tuple[Any, str | None]
LONDON = Reading(zone="Europe/London")
UTC = Reading(zone="UTC")
AS_PEOPLE_WRITE = "%d/%m/%Y %H:%M"


def read(
    kind: ColumnType, text: str, reading: Reading | None = None, unit: str = "", slot: int = 15
) -> Outcome:
    """The value of one text, and the code of what is wrong with it."""
    return reader(kind, unit, slot, reading or Reading(), MISSING)(text)


# Numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        (" 12 ", 12),
        ("12\u00a0", 12),
        ("\u00a012", 12),
        ("1,234", 1234),
        ("1,234,567", 1_234_567),
        ("1 234", 1234),
        ("1\u00a0234\u00a0567", 1_234_567),
        ("1\u2009234", 1234),
        ("-1\u202f234", -1234),
        ("12.0", 12),
        ("+12", 12),
        ("-3", -3),
        ("-1,234", -1234),
        ("-0", 0),
        ("2147483647", 2**31 - 1),
        ("-2147483647", 1 - 2**31),
    ],
)
def test_a_count(text: str, value: int) -> None:
    assert read("count", text) == (value, None)


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "-", " - ", "N/A", "n/a", *MISSING], ids=repr)
@pytest.mark.parametrize("kind", ["count", "decimal", "level", "date", "slot", "code", "text"])
def test_a_missing_value_is_none_and_no_problem(kind: ColumnType, text: str) -> None:
    assert read(kind, text) == (None, None)


def test_what_stands_for_missing_is_the_feeds_own() -> None:
    read_one = reader("count", "", 0, Reading(), ("closed",))
    assert read_one(" CLOSED ") == (None, None)
    assert read_one("N/A") == (None, "CELL-014")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("many", "CELL-001"),
        ("12 beds", "CELL-001"),
        ("1 2345", "CELL-001"),
        ("1  234", "CELL-001"),
        ("1 234\u2009567", "CELL-001"),
        ("12%", "CELL-001"),
        ("1_000", "CELL-001"),
        ("1/2", "CELL-001"),
        ("--", "CELL-014"),
        ("nan", "CELL-014"),
        ("inf", "CELL-001"),
        ("-Infinity", "CELL-001"),
        ("0x10", "CELL-001"),
        ("#NAME?", "CELL-014"),
        ("\u22125", "CELL-001"),
        ("2018-12-03", "CELL-001"),
        ("0:19:21", "CELL-001"),
        ("TRUE", "CELL-001"),
        ("1e400", "CELL-001"),
        (",", "CELL-001"),
        ("3.5", "CELL-002"),
        ("0.1", "CELL-002"),
        ("1,234.5", "CELL-002"),
        ("2147483648", "CELL-005"),
        ("-2147483648", "CELL-005"),
        ("99999999999999999999", "CELL-005"),
        ("1e30", "CELL-005"),
    ],
)
def test_what_is_no_count(text: str, code: str) -> None:
    assert read("count", text) == (None, code)


@pytest.mark.parametrize("kind", ["count", "decimal"])
@pytest.mark.parametrize("text", ["12,5", "1,2", "1,23", "1234,567", "1,,234", ",123", "12,"])
def test_a_comma_that_separates_no_thousands_is_not_taken_away(kind: ColumnType, text: str) -> None:
    """'12,5' is a decimal comma; as 125 it would pass as a plausible number of beds."""
    by_point = Reading(decimal_mark="point")
    assert read(kind, text, by_point) == (None, "CELL-001")
    assert read(kind, text)[1] in ("CELL-001", "CELL-012")


@pytest.mark.parametrize(
    ("text", "by_point", "by_comma"),
    [
        ("1,250", 1250.0, 1.25),
        ("4.125", 4.125, 4125.0),
        ("0,75", None, 0.75),
        ("1.234,5", None, 1234.5),
        ("1,234.5", 1234.5, None),
        ("1\u2009234,5", None, 1234.5),
        ("1 250", 1250.0, 1250.0),
    ],
)
def test_a_decimal_by_either_mark(
    text: str, by_point: float | None, by_comma: float | None
) -> None:
    assert read("decimal", text, Reading(decimal_mark="point"))[0] == by_point
    assert read("decimal", text, Reading(decimal_mark="comma"))[0] == by_comma


@pytest.mark.parametrize(
    ("kind", "text"), [("decimal", "1,250"), ("decimal", "23,000"), ("count", "3.415")]
)
def test_what_both_marks_could_mean_is_left_open(kind: ColumnType, text: str) -> None:
    assert read(kind, text) == (None, "CELL-012")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("1,234.5", 1234.5), ("12", 12.0), ("-1.25", -1.25), ("1e3", 1000.0)],
)
def test_a_decimal(text: str, value: float) -> None:
    assert read("decimal", text) == (value, None)


# Words before and after a value

OPEL = Reading(prefixes=("OPEL",))
MINUTES = Reading(suffixes=("mins", "min"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("OPEL 3", 3),
        ("OPEL 3 ", 3),
        ("OPEl 3", 3),
        ("OPEL3", 3),
        ("opel 4", 4),
        ("OPEL\u00a02", 2),
        (" OPEL 1", 1),
        ("3", 3),
        ("0", 0),
        ("OPEL 9", 9),
    ],
)
def test_a_level_with_or_without_its_word(text: str, value: int) -> None:
    assert read("level", text, OPEL) == (value, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OPEL", "CELL-001"),
        ("OPEL three", "CELL-001"),
        ("OPEL 3/4", "CELL-001"),
        ("OPEL 2.5", "CELL-002"),
        ("Level 3", "CELL-001"),
        ("3 OPEL", "CELL-001"),
        ("RED", "CELL-001"),
    ],
)
def test_what_is_no_level(text: str, code: str) -> None:
    assert read("level", text, OPEL) == (None, code)


def test_words_before_a_value_are_taken_off_one_after_the_other() -> None:
    assert read("level", "OPEL Level 3", Reading(prefixes=("OPEL", "Level"))) == (3, None)
    both = Reading(prefixes=("REAP level", "REAP"))
    assert [read("level", text, both)[0] for text in ("REAP level 2", "REAP 2", "2")] == [2, 2, 2]


def test_a_word_is_taken_off_only_where_the_feed_says_so() -> None:
    assert read("count", "OPEL 3") == (None, "CELL-001")
    assert read("decimal", "12 mins") == (None, "CELL-001")


@pytest.mark.parametrize("text", ["12 mins", "12 min", "12mins", "12 MINS", "12\u00a0min", "12"])
def test_a_unit_behind_a_value(text: str) -> None:
    assert read("decimal", text, MINUTES) == (12.0, None)


@pytest.mark.parametrize("text", ["87.5%", "87.5 %", "87.5"])
def test_per_cent(text: str) -> None:
    assert read("decimal", text, Reading(suffixes=("%",))) == (87.5, None)


@pytest.mark.parametrize("text", ["mins", "12 hours", "min 12", "12 mins ago"])
def test_what_is_no_value_with_its_unit(text: str) -> None:
    assert read("decimal", text, MINUTES) == (None, "CELL-001")


# Durations


@pytest.mark.parametrize(
    ("given_in", "unit", "text", "value"),
    [
        ("minutes", "seconds", "7.5", 450.0),
        ("minutes", "seconds", "1 234", 74_040.0),
        ("hours", "seconds", "2", 7200.0),
        ("seconds", "minutes", "90", 1.5),
        ("minutes", "hours", "90", 1.5),
        ("seconds", "hours", "5400", 1.5),
        ("hours", "minutes", "1.5", 90.0),
        ("minutes", "minutes", "90", 90.0),
        (None, "minutes", "90", 90.0),
        ("clock", "seconds", "0:19:21", 1161.0),
        ("clock", "seconds", "00:19:21", 1161.0),
        ("clock", "seconds", "0:19:21.5", 1161.5),
        ("clock", "seconds", "00:00:00", 0.0),
        ("clock", "minutes", "0:59:30", 59.5),
        ("clock", "hours", "31:30:00", 31.5),
        ("clock", "seconds", "0:19:21,5", 1161.5),
        # As Excel stores them: fractions of a day, and of a day and more with a date's format.
        ("clock", "minutes", "0.05138888888888889", 74.0),
        ("clock", "minutes", "0.729166666666667", 1050.0),
        ("clock", "minutes", "1.0916666666666666", 1572.0),
        ("clock", "seconds", "1.1574074074074073e-05", 1.0),
        ("clock", "minutes", "0", 0.0),
        ("clock", "minutes", "1900-01-01T02:12:00", 1572.0),
        ("clock", "minutes", "1904-01-02T02:12:00", 1572.0),
    ],
)
def test_a_duration_in_another_unit(given_in: Any, unit: str, text: str, value: float) -> None:
    found, code = read("decimal", text, Reading(given_in=given_in), unit)
    assert (found, code) == (pytest.approx(value), None)


@pytest.mark.parametrize(
    "text",
    [
        "19",
        "1.5",
        "-0.5",
        "2026-11-24T06:45:00",
        "1900-03-01T00:00:00",
        "0:60:00",
        "0:19:60",
        "1:2:3:4",
        "-0:19:21",
        "0:-1:00",
        "a:b:c",
        "0:19:",
        ":",
        "1.5:00",
    ],
)
def test_what_is_no_clock(text: str) -> None:
    assert read("decimal", text, Reading(given_in="clock"), "seconds") == (None, "CELL-001")


@pytest.mark.parametrize(
    ("clock", "text", "outcome"),
    [
        (None, "17:30", (None, "CELL-013")),
        ("hh:mm", "17:30", (1050.0, None)),
        ("mm:ss", "17:30", (17.5, None)),
        ("mm:ss", "90:30", (90.5, None)),
        ("hh:mm", "0:17:30", (17.5, None)),
        ("hh:mm", "17:61", (None, "CELL-001")),
        ("hh:mm", "17:30.5", (None, "CELL-001")),
    ],
)
def test_a_clock_of_two_parts_is_what_the_feed_says(
    clock: Any, text: str, outcome: Outcome
) -> None:
    reading = Reading(given_in="clock", clock=clock)
    assert read("decimal", text, reading, "minutes") == outcome


@pytest.mark.parametrize(
    ("given_in", "text", "outcome"),
    [
        ("minutes", "0.1", (6, None)),
        ("minutes", "0.333", (20, None)),
        ("clock", "0:01:30", (90, None)),
        ("clock", "0:00:01.4", (1, None)),
        ("hours", "600000", (None, "CELL-005")),
        ("minutes", "x", (None, "CELL-001")),
    ],
)
def test_a_count_in_another_unit_is_rounded(given_in: Any, text: str, outcome: Outcome) -> None:
    """Only what was multiplied may have decimals."""
    assert read("count", text, Reading(given_in=given_in), "seconds") == outcome


# Days


@pytest.mark.parametrize(
    "text",
    [
        "2018-12-03",
        " 2018-12-03 ",
        "2018-12-03 00:00",
        "2018-12-03T00:00:00",
        "2018-12-03 00:00:00.000",
    ],
)
@pytest.mark.parametrize("reading", [Reading(), Reading(format="%d/%m/%Y")])
def test_a_day_in_iso_whatever_the_form_of_the_feed(text: str, reading: Reading) -> None:
    """A true date cell of a workbook comes in this form too, and databases add midnight."""
    assert read("date", text, reading) == (date(2018, 12, 3), None)


def test_a_day_in_the_form_of_the_feed() -> None:
    assert read("date", "03/12/2018", Reading(format="%d/%m/%Y")) == (date(2018, 12, 3), None)
    assert read("date", "3 Dec 18", Reading(format="%d %b %y")) == (date(2018, 12, 3), None)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("03/12/2018", None),
        ("13/12/2018", "%m/%d/%Y"),
        ("03/12/18", "%d/%m/%Y"),
        ("2018-02-30", None),
        ("30/02/2018", "%d/%m/%Y"),
        ("2018-12-03 01:00", None),
        ("2018-12-03T00:00:01", None),
        ("2018-12", None),
        ("tomorrow", "%d/%m/%Y"),
        ("43437", None),
    ],
)
def test_what_is_no_day(text: str, form: str | None) -> None:
    assert read("date", text, Reading(format=form)) == (None, "CELL-004")


# Slots


@pytest.mark.parametrize("reading", [Reading(), UTC, LONDON])
@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01T08:15:00Z",
        "2026-07-01 08:15Z",
        "2026-07-01T09:15:00+01:00",
        "2026-07-01T03:15:00-05:00",
        "2026-07-01T08:15:00.000000Z",
    ],
)
def test_a_time_with_its_offset_is_that_instant_in_any_zone(text: str, reading: Reading) -> None:
    assert read("slot", text, reading) == (datetime(2026, 7, 1, 8, 15), None)


@pytest.mark.parametrize(
    ("reading", "outcome"),
    [
        (Reading(), (None, "CELL-009")),
        (UTC, (datetime(2026, 7, 1, 8, 15), None)),
        (LONDON, (datetime(2026, 7, 1, 7, 15), None)),
    ],
)
def test_a_time_without_an_offset_is_in_the_zone_of_the_feed(
    reading: Reading, outcome: Outcome
) -> None:
    assert read("slot", "2026-07-01T08:15:00", reading) == outcome


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-25 00:45", datetime(2026, 10, 24, 23, 45)),
        ("2026-10-25 02:00", datetime(2026, 10, 25, 2, 0)),
        ("2027-03-28 00:45", datetime(2027, 3, 28, 0, 45)),
        ("2027-03-28 02:00", datetime(2027, 3, 28, 1, 0)),
    ],
)
def test_london_times_around_a_change_of_the_clocks(text: str, utc: datetime) -> None:
    assert read("slot", text, LONDON) == (utc, None)


@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28"])
@pytest.mark.parametrize("time", ["01:00", "01:15", "01:30", "01:45", "01:59:59"])
def test_a_london_time_that_comes_twice_or_never_is_not_guessed(day: str, time: str) -> None:
    assert read("slot", f"{day} {time}", LONDON) == (None, "CELL-008")
    assert read("slot", f"{day} {time}", UTC)[1] is None


def test_with_its_offset_a_time_that_comes_twice_is_known() -> None:
    for offset, hour in (("+01:00", 0), ("+00:00", 1), ("Z", 1)):
        text = f"2026-10-25T01:30:00{offset}"
        assert read("slot", text, LONDON) == (datetime(2026, 10, 25, hour, 30), None)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("22/11/2026 08:15", (datetime(2026, 11, 22, 8, 15), None)),
        ("2026-11-22 08:15:00", (datetime(2026, 11, 22, 8, 15), None)),
        ("01/07/2026 08:15", (datetime(2026, 7, 1, 7, 15), None)),
        ("25/10/2026 01:15", (None, "CELL-008")),
        ("22/11/2026", (None, "CELL-007")),
        ("22/11/2026 08:15:00", (datetime(2026, 11, 22, 8, 15), None)),
        ("22/11/2026 08:15:00.000", (datetime(2026, 11, 22, 8, 15), None)),
        ("22/11/2026 08:15:30", (None, "CELL-007")),
        ("11/22/2026 08:15", (None, "CELL-007")),
        ("22/11/2026 24:00", (None, "CELL-015")),
        ("2026-11-22T24:00:00Z", (None, "CELL-015")),
        ("22/11/2026 24:15", (None, "CELL-007")),
        ("8 o'clock", (None, "CELL-007")),
    ],
)
def test_a_time_in_the_form_of_the_feed_or_in_iso(text: str, outcome: Outcome) -> None:
    assert read("slot", text, Reading(format=AS_PEOPLE_WRITE, zone="Europe/London")) == outcome


def test_an_offset_in_the_form_of_the_feed_counts() -> None:
    reading = Reading(format="%d/%m/%Y %H:%M %z", zone="Europe/London")
    expected = (datetime(2026, 11, 22, 7, 15), None)
    assert read("slot", "22/11/2026 08:15 +0100", reading) == expected


@pytest.mark.parametrize(
    ("text", "slot", "outcome"),
    [
        ("2026-11-22T08:15:00Z", 15, (datetime(2026, 11, 22, 8, 0), None)),
        ("2026-11-22T08:00:00Z", 60, (datetime(2026, 11, 22, 7, 0), None)),
        ("2026-11-22T00:00:00", 15, (datetime(2026, 11, 21, 23, 45), None)),
        ("2026-11-21T24:00:00", 15, (datetime(2026, 11, 21, 23, 45), None)),
        ("2026-07-01T24:00+01:00", 15, (datetime(2026, 7, 1, 22, 45), None)),
        ("2026-12-31 24:00", 15, (datetime(2026, 12, 31, 23, 45), None)),
        ("9999-12-31T24:00:00", 15, (None, "CELL-007")),
        # Its start is before the clocks go back, its end after: 02:00 comes once, 01:00 twice.
        ("2026-10-25T02:00:00", 15, (datetime(2026, 10, 25, 1, 45), None)),
        ("2026-10-25T01:00:00", 15, (None, "CELL-008")),
        # In spring the slot from 00:45 to 02:00 by the clock is a quarter of an hour long.
        ("2027-03-28T02:00:00", 15, (datetime(2027, 3, 28, 0, 45), None)),
    ],
)
def test_a_slot_that_is_named_by_its_end(text: str, slot: int, outcome: Outcome) -> None:
    reading = Reading(zone="Europe/London", labelled_by="end")
    assert read("slot", text, reading, slot=slot) == outcome


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("0001-01-01T00:00:00Z", Reading(labelled_by="end")),
        ("0001-01-01T00:00:00+14:00", Reading()),
        ("9999-12-31T23:59:59-14:00", Reading()),
        ("2026-11-22T25:00:00Z", Reading()),
        ("2026-13-01T00:00:00Z", Reading()),
    ],
)
def test_a_time_that_cannot_be_is_told(text: str, reading: Reading) -> None:
    assert read("slot", text, reading) == (None, "CELL-007")


# Codes and texts


@pytest.mark.parametrize("word", ["NA", "NaN", "N/A", "null", "-", "\u2013", "n.a.", "#N/A"])
@pytest.mark.parametrize("kind", ["count", "decimal", "level"])
def test_a_word_for_a_missing_value_is_told_as_one(kind: ColumnType, word: str) -> None:
    read_one = reader(kind, "", 0, Reading(), ("closed",))
    assert read_one(word) == (None, "CELL-014")
    assert reader(kind, "", 0, Reading(), (word,))(word) == (None, None)


@pytest.mark.parametrize("kind", ["count", "decimal", "level", "date", "code"])
def test_signs_that_nobody_sees_are_no_part_of_a_value(kind: ColumnType) -> None:
    text = "2018-12-03" if kind == "date" else "12"
    assert read(kind, f"\u200b{text[:1]}\u00ad{text[1:]}\ufeff") == read(kind, text)


@pytest.mark.parametrize("text", ["RF4", "rf4", " RF4 ", "RF4*", "RF4\u00b9", "RF4 \u2020"])
def test_a_code_is_in_capitals_and_without_footnotes(text: str) -> None:
    assert read("code", text) == ("RF4", None)


def test_a_text_stays_as_it_is() -> None:
    assert read("text", " Opening at noon ") == ("Opening at noon", None)


# What is remembered


def test_each_distinct_text_is_read_once() -> None:
    asked: list[str] = []

    def note(text: str) -> Outcome:
        asked.append(text)
        return (None, "CELL-001") if text == "x" else (text, None)

    known = ReadTexts(note)
    assert [known[text] for text in ("a", "x", None, "a", "x")] == ["a", None, None, "a", None]
    assert asked == ["a", "x"]
    assert known.wrong == {"x": "CELL-001"}


def test_what_is_remembered_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.conform.readings._MOST_TEXTS", 10)
    known = ReadTexts(lambda text: (text, None))
    for number in range(100):
        known.make_room()
        assert known[str(number)] == str(number)
        assert known[None] is None
    assert len(known) <= 12


def test_a_wrong_text_is_still_wrong_after_others_were_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.conform.readings._MOST_TEXTS", 3)
    known = ReadTexts(lambda text: (None, "CELL-001"))
    for text in "abcdefgh":
        known.make_room()
        assert known[text] is None
        assert known.wrong[text] == "CELL-001"


def test_columns_that_are_written_alike_share_what_is_remembered() -> None:
    one = read_texts("count", "beds", 0, Reading(), MISSING)
    assert one is read_texts("count", "beds", 0, Reading(), MISSING)
    others = [
        read_texts("count", "beds", 0, Reading(prefixes=("x",)), MISSING),
        read_texts("count", "beds", 0, Reading(), ("-",)),
        read_texts("level", "beds", 0, Reading(), MISSING),
    ]
    assert all(other is not one for other in others)


@pytest.mark.parametrize(
    ("kind", "form", "text", "expected"),
    [
        ("slot", "epoch_seconds", "1795161600", (datetime(2026, 11, 20, 8, 0), None)),
        ("slot", "epoch_milliseconds", "1795161600000", (datetime(2026, 11, 20, 8, 0), None)),
        ("date", "epoch_seconds", "1795132800", (date(2026, 11, 20), None)),
        ("date", "epoch_seconds", "1783551600", (date(2026, 7, 9), None)),  # 23:00 UTC in summer
        ("slot", "epoch_seconds", "1795161600.5", (None, "CELL-007")),
        ("slot", "epoch_seconds", "9" * 40, (None, "CELL-007")),
        ("date", "epoch_seconds", "-1", (None, "CELL-004")),
    ],
)
def test_times_may_be_counted_from_1970(
    kind: ColumnType, form: str, text: str, expected: Outcome
) -> None:
    assert reader(kind, "", 15, Reading(format=form), ())(text) == expected


# Codes beside names, and days that a spreadsheet counts


@pytest.mark.parametrize(
    ("text", "stands_at", "code"),
    [
        ("RHQNG - Northern General", "start", "RHQNG"),
        ("RR8: Leeds", "start", "RR8"),
        ("RAE Bradford", "start", "RAE"),
        ("RR8*", "start", "RR8"),
        ("LEEDS GENERAL", "start", "LEEDS GENERAL"),
        ("Leeds - RR8", "end", "RR8"),
        ("Leeds RR8", "end", "RR8"),
        ("Leeds General", "end", "LEEDS GENERAL"),
        ("Leeds (RR8)", "brackets", "RR8"),
        ("Leeds (North) [RR8] ", "brackets", "RR8"),
        ("Leeds (North)", "brackets", "LEEDS (NORTH)"),
        ("RR8", "brackets", "RR8"),
    ],
)
def test_a_code_beside_a_name(text: str, stands_at: Any, code: str) -> None:
    assert read("code", text, Reading(code_at=stands_at)) == (code, None)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "46347", date(2026, 11, 21)),
        ("date", "2026-11-21", date(2026, 11, 21)),
        ("slot", "46347.75", datetime(2026, 11, 21, 18, 0)),
        ("slot", "46347.010416666664", datetime(2026, 11, 21, 0, 15)),
        ("slot", "46347", datetime(2026, 11, 21)),
    ],
)
def test_days_that_a_spreadsheet_counts(kind: ColumnType, text: str, value: date) -> None:
    assert read(kind, text, Reading(format="excel_days", zone="UTC")) == (value, None)


@pytest.mark.parametrize("text", ["4634", "463470", "21/11/2026", "-46347", "46347,5"])
def test_what_no_spreadsheet_counts_is_no_day(text: str) -> None:
    assert read("date", text, Reading(format="excel_days")) == (None, "CELL-004")
