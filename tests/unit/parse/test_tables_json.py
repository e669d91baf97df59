"""JSON of trusts' systems: one object, many, or one on each line; every value as it was written."""

import codecs
import json
from typing import Any

import pytest

from pipelines.conform.conformed_rows import ConformedRows, conform_parts
from pipelines.conform.typed_columns import Part
from pipelines.findings.finding import Place
from pipelines.parse.files.refusal import Refusal
from tests.support.small_tables import (
    BEDS_OF_A_DAY,
    PATIENTS_OF_A_SLOT,
    codes_of,
    json_rows,
    read_small,
    refusal_of,
    rows_of,
    small_feed,
)

PLAIN = json_rows()
FIRST = {
    "org_code": "RF4",
    "report_date": "2018-12-03",
    "beds": 912,
    "hours": 0.5,
    "opel_level": 3,
    "reported_by": "RRU",
}
SECOND = FIRST | {"report_date": "2018-12-04", "beds": 913}
KEYS = ("org_code", "report_date", "beds")
READ = [("RF4", "2018-12-03", "912"), ("RF4", "2018-12-04", "913")]


def conform_text(text: str, form: Any = PLAIN) -> ConformedRows:
    return conform_parts([Part(0, read_small(text, form), small_feed(form))], BEDS_OF_A_DAY)


# Where the objects are


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([FIRST, SECOND]),
        json.dumps([FIRST, SECOND], indent=2),
        f"\n  {json.dumps([FIRST, SECOND])}\r\n",
        f"{json.dumps(FIRST)}\n{json.dumps(SECOND)}",
        f"{json.dumps(FIRST)}\r\n{json.dumps(SECOND)}\r\n",
        f"\n{json.dumps(FIRST)}\n\n  \n{json.dumps(SECOND)}\n\n",
    ],
    ids=["array", "indented", "padded", "lines", "crlf", "blank-lines"],
)
def test_an_array_or_an_object_on_each_line(text: str) -> None:
    parsed = read_small(text, PLAIN)
    assert rows_of(parsed, *KEYS) == READ
    assert codes_of(parsed) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_is_one_row(indent: int | None) -> None:
    parsed = read_small(json.dumps(FIRST, indent=indent), PLAIN)
    assert rows_of(parsed, *KEYS) == READ[:1]
    assert parsed.place(0, "beds") == Place(None, 1, None)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("rows", {"rows": [FIRST, SECOND], "made": "today"}),
        ("data.rows", {"data": {"rows": [FIRST, SECOND], "count": 2}, "message": {"id": 7}}),
        ("a.b.c", {"a": {"b": {"c": [FIRST, SECOND]}}}),
    ],
)
def test_the_objects_at_a_path(path: str, document: dict[str, Any]) -> None:
    parsed = read_small(json.dumps(document), json_rows(records=path))
    assert rows_of(parsed, *KEYS) == READ
    assert codes_of(parsed) == [], "what belongs to the message is no heading"


def test_a_single_object_at_a_path() -> None:
    parsed = read_small(json.dumps({"data": FIRST}), json_rows(records="data"))
    assert rows_of(parsed, *KEYS) == READ[:1]


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"lines": []}},
        {"data": []},
        {"data": None},
        {"rows": [FIRST]},
        [FIRST],
        "text",
        7,
    ],
)
def test_nothing_at_the_path_is_told(document: Any) -> None:
    told = refusal_of(json.dumps(document), json_rows(records="data.rows"))
    assert told.code == "FILE-014"
    assert "'data.rows'" in told.message


LATER = {key: own for key, own in SECOND.items() if key != "org_code"}
SITES = {
    "report_date": "2018-12-03",
    "sites": [
        {"code": "RF4", "kind": {"name": "acute"}, "days": [FIRST | {"org_code": ""}, LATER]},
        {"code": "RAX", "days": []},
        {"code": "RF5", "days": [LATER]},
    ],
}


def test_lists_on_the_way_are_gone_through_with_what_is_carried() -> None:
    form = json_rows(
        records="sites.days",
        carried=["sites.code"],
        columns={"org_code": {"headings": ["sites.code"]}},
        ignored_headings=["org_code"],
    )
    parsed = read_small(json.dumps(SITES), form)
    assert list(parsed.texts["org_code"]) == ["RF4", "RF4", "RF5"]
    assert list(parsed.texts["report_date"]) == ["2018-12-03", "2018-12-04", "2018-12-04"]


def test_an_object_s_own_value_counts_before_a_carried_one() -> None:
    own = {"org_code": "RF9", "sites": [FIRST, {"report_date": "2018-12-04", "beds": 7}]}
    parsed = read_small(json.dumps(own), json_rows(records="sites", carried=["org_code"]))
    assert list(parsed.texts["org_code"]) == ["RF4", "RF9"]


def test_an_entry_on_the_way_that_lacks_the_list_is_told() -> None:
    broken = {"sites": [SITES["sites"][0], {"code": "RF5", "Days": [LATER]}]}
    told = refusal_of(json.dumps(broken), json_rows(records="sites.days"))
    assert told.code == "FILE-014" and "entry 2 at 'sites' has no 'days'" in told.message


def test_what_is_carried_needs_a_path() -> None:
    with pytest.raises(ValueError, match="carried: needs 'records'"):
        json_rows(carried=["code"])


# Places


def test_a_place_is_the_number_of_the_object_in_its_array() -> None:
    parsed = read_small(json.dumps([FIRST, {}, SECOND]), PLAIN)
    assert [parsed.place(row, "beds") for row in (0, 1)] == [
        Place(None, 1, None),
        Place(None, 3, None),
    ]


def test_a_place_is_the_line_of_the_object() -> None:
    parsed = read_small(f"\n\n{json.dumps(FIRST)}\n\n{json.dumps(SECOND)}\n", PLAIN)
    assert [parsed.place(row, "beds").row for row in (0, 1)] == [3, 5]


def test_a_wrong_value_is_told_with_its_object() -> None:
    rows = conform_text(json.dumps([FIRST, SECOND | {"beds": "many"}]))
    (problem,) = rows.problems[0]
    assert (problem.rows, problem.code, problem.column_name) == ([1], "CELL-001", "beds")


# Keys


def test_keys_of_inner_objects_have_the_outer_s_name_before_them() -> None:
    form = json_rows(
        columns={
            "org_code": ["provider.ods.code"],
            "beds": ["ga beds.open"],
            "hours": ["hours_lost"],
        }
    )
    inner = {
        "provider": {"ods": {"code": "RF4"}, "label": "Barking"},
        "report_date": "2018-12-03",
        "GA Beds": {"open": 912},
        "hours_lost": 0.5,
    }
    parsed = read_small(json.dumps([inner]), form)
    assert rows_of(parsed, *KEYS, "hours") == [("RF4", "2018-12-03", "912", "0.5")]
    unknown = [one.value for one in parsed.findings if one.code == "HEAD-001"]
    assert unknown == ["provider.label"]


def test_the_order_of_keys_is_nothing() -> None:
    turned = dict(reversed(SECOND.items()))
    assert rows_of(read_small(json.dumps([FIRST, turned]), PLAIN), *KEYS) == READ


@pytest.mark.parametrize(
    "text",
    [
        '{"org_code": "RF4", "report_date": "2018-12-03", "beds": 1, "beds": 2}',
        '[{"org_code": "RF4", "report_date": "2018-12-03", "beds": 1, "beds": 1}]',
        '{"org_code": "RF4", "report_date": "2018-12-03", "x": {"beds": 1, "beds": 2}}',
        f'{json.dumps(FIRST)}\n{{"beds": 1, "org_code": "RF4", "beds": 2}}\n',
    ],
)
def test_a_key_that_stands_twice_is_not_guessed(text: str) -> None:
    told = refusal_of(text, PLAIN)
    assert told.code == "FILE-014"
    assert "'beds'" in told.message and "twice" in told.message


def test_two_keys_for_one_column_are_told_and_the_first_is_read() -> None:
    text = '[{"org_code": "RF4", "report_date": "2018-12-03", "beds": 1, "Beds": 2}]'
    parsed = read_small(text, PLAIN)
    assert rows_of(parsed, "beds") == [("1",)]
    assert ("HEAD-007", "Beds") in [(one.code, one.value) for one in parsed.findings]


def test_an_unknown_key_is_told_with_the_number_of_its_values() -> None:
    objects = [FIRST | {"beds_closed": 1}, SECOND | {"beds_closed": None}, SECOND]
    (told,) = read_small(json.dumps(objects), PLAIN).findings
    assert (told.code, told.value) == ("HEAD-001", "beds_closed")
    assert "1 values" in told.message
    assert told.place == Place(None, None, None)


@pytest.mark.parametrize("lacking", ["org_code", "report_date"])
def test_objects_that_all_lack_a_key_of_the_row_are_refused(lacking: str) -> None:
    objects = [{name: value for name, value in FIRST.items() if name != lacking}]
    told = refusal_of(json.dumps(objects), PLAIN)
    assert told.code == "FILE-015"
    assert f"'{lacking}'" in told.message


def test_one_object_without_its_key_costs_only_itself() -> None:
    without = {name: value for name, value in FIRST.items() if name != "report_date"}
    rows = conform_text(json.dumps([without, SECOND]))
    assert [(row, one.code) for one in rows.problems[0] for row in one.rows] == [(0, "CELL-003")]


# Missing values


def test_null_is_an_empty_cell_and_a_key_that_is_absent_is_no_cell() -> None:
    """Null takes a value away that an earlier file gave; what is absent stays as it is held."""
    absent = {name: value for name, value in SECOND.items() if name != "beds"}
    text = json.dumps([FIRST, SECOND | {"beds": None}, absent, SECOND | {"beds": "", "hours": 9}])
    parsed = read_small(text, PLAIN)
    assert rows_of(parsed, "beds") == [("912",), ("",), (None,), ("",)]
    rows = conform_text(text)
    assert rows.problems == {}
    assert rows.table["beds"].to_pylist() == [912, None, None, None]
    bit = 1 << [column.name for column in BEDS_OF_A_DAY.measures].index("beds")
    assert [bool(bits & bit) for bits in rows.table["carried"].to_pylist()] == [
        True,
        True,
        False,
        True,
    ]


def test_a_key_that_no_object_has_is_lacking() -> None:
    absent = {name: value for name, value in FIRST.items() if name not in ("beds", "hours")}
    parsed = read_small(json.dumps([absent]), PLAIN)
    assert [(one.code, one.column_name) for one in parsed.findings] == [
        ("HEAD-006", "beds"),
        ("HEAD-006", "hours"),
    ]


# Values


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("7", "7"),
        ("7.0", "7.0"),
        ('"7"', "7"),
        ('"1,912"', "1,912"),
        ("-3", "-3"),
        ("1e3", "1e3"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("12345678901234567890", "12345678901234567890"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("true", "true"),
        ('"\\u0152 \\n"', "Œ \n"),
        ("[]", "[]"),
        ("[null]", "[null]"),
    ],
)
def test_a_value_stays_the_text_that_it_is(written: str, text: str) -> None:
    document = f'[{{"org_code": "RF4", "report_date": "2018-12-03", "beds": {written}}}]'
    assert rows_of(read_small(document, PLAIN), "beds") == [(text,)]


@pytest.mark.parametrize(
    ("written", "value", "code"),
    [
        ("7", 7, None),
        ("7.0", 7, None),
        ('"7"', 7, None),
        ('" 1,912 "', 1912, None),
        ("1e3", 1000, None),
        ("7.5", None, "CELL-002"),
        ("NaN", None, "CELL-014"),
        ("Infinity", None, "CELL-001"),
        ("true", None, "CELL-001"),
        ("[7]", None, "CELL-001"),
        ("12345678901234567890", None, "CELL-005"),
        ("null", None, None),
        ('"N/A"', None, None),
    ],
)
def test_numbers_and_texts_are_counts_or_not(
    written: str, value: int | None, code: str | None
) -> None:
    document = f'{{"org_code": "RF4", "report_date": "2018-12-03", "beds": {written}}}'
    rows = conform_text(document)
    assert rows.table["beds"].to_pylist() == [value]
    assert [one.code for one in rows.problems.get(0, [])] == ([code] if code else [])


def test_an_object_in_place_of_a_value_is_no_value() -> None:
    parsed = read_small(json.dumps([FIRST | {"beds": {"open": 1, "closed": 2}}]), PLAIN)
    assert "beds" not in parsed.texts
    unknown = {one.value for one in parsed.findings if one.code == "HEAD-001"}
    assert unknown == {"beds.open", "beds.closed"}


def test_objects_deep_within_objects_are_looked_into_so_far_and_then_are_text() -> None:
    inner: Any = 912
    for _ in range(20):
        inner = {"x": inner}
    parsed = read_small(json.dumps([FIRST | {"deep": inner}]), PLAIN)
    (told,) = parsed.findings
    assert told.code == "HEAD-001"
    assert told.value is not None and told.value.startswith("deep.x.x")
    assert rows_of(parsed, *KEYS) == READ[:1]


# Constants, totals, two columns


def test_a_constant_needs_no_key() -> None:
    form = json_rows(columns={"org_code": {"constant": "$provider"}})
    without = {name: value for name, value in FIRST.items() if name != "org_code"}
    parsed = read_small(json.dumps([without]), form)
    assert rows_of(parsed, *KEYS) == READ[:1]
    assert codes_of(parsed) == []


@pytest.mark.parametrize("name", ["Total", " ENGLAND "])
def test_an_object_of_totals_is_no_row(name: str) -> None:
    parsed = read_small(json.dumps([FIRST, FIRST | {"org_code": name}, SECOND]), PLAIN)
    assert rows_of(parsed, *KEYS) == READ
    assert dict(parsed.skipped) == {"total_line": 1}
    assert [parsed.place(row, "beds").row for row in (0, 1)] == [1, 3]


def test_a_day_and_a_time_of_day_are_one_text() -> None:
    form = json_rows(columns={"slot_start": {"headings": ["day"], "time_headings": ["time"]}})
    document = {"org_code": "RF4", "site_code": "RF4AA", "day": "2026-11-22", "time": "08:15Z"}
    parsed = read_small(json.dumps(document), form, PATIENTS_OF_A_SLOT)
    assert rows_of(parsed, "slot_start") == [("2026-11-22 08:15Z",)]


# Encodings and files that are no JSON


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_encoding(encoding: str) -> None:
    text = json.dumps([FIRST | {"reported_by": "Ré"}], ensure_ascii=False)
    assert rows_of(read_small(text.encode(encoding), PLAIN), "reported_by") == [("Ré",)]


WHOLE = json.dumps([FIRST, SECOND])


@pytest.mark.parametrize(
    "text",
    [
        *(WHOLE[:length] for length in range(1, len(WHOLE))),
        WHOLE[1:],
        f"{WHOLE} and more",
        f"{WHOLE}{WHOLE}",
        f"{json.dumps(FIRST)}\n{json.dumps(SECOND)[:-5]}",
        f"{json.dumps(FIRST)}, {json.dumps(SECOND)}",
        "org_code,report_date,beds\nRF4,2018-12-03,912\n",
        "{'org_code': 'RF4'}",
        '{"org_code": "RF4",}',
        "<html></html>",
        "text",
    ],
)
def test_what_is_no_json_or_was_cut_off_is_refused(text: str) -> None:
    assert refusal_of(text, PLAIN).code == "FILE-014"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 1),
        ('"text"', 1),
        ("null", 1),
        (json.dumps([FIRST, 7]), 2),
        (json.dumps([[FIRST]]), 1),
        (json.dumps([FIRST, None]), 2),
        (f"{json.dumps(FIRST)}\n7\n", 2),
        (f"\n\n{json.dumps(FIRST)}\n[]\n", 4),
    ],
)
def test_what_is_no_object_is_refused_with_its_number(text: str, number: int) -> None:
    told = refusal_of(text, PLAIN)
    assert told.code == "FILE-014"
    assert f"entry {number} is no object" in told.message


@pytest.mark.parametrize("depth", [900, 940, 960, 980, 1_000, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"x":'])
def test_nesting_without_end_is_refused_or_read_and_never_a_fault(opening: str, depth: int) -> None:
    """From each depth on the parser gives up, or what writes the value as text does."""
    closing = "]" if opening == "[" else "}"
    for more in range(0, 40, 3):
        deep = opening * (depth + more) + "1" + closing * (depth + more)
        text = f'[{{"org_code": "RF4", "report_date": "2018-12-03", "beds": {deep}}}]'
        try:
            parsed = read_small(text, PLAIN)
        except Refusal as refusal:
            assert refusal.finding.code == "FILE-014"
        else:
            assert len(parsed) == 1


def test_an_empty_object_is_told_to_hold_nothing() -> None:
    for text in ("[{}]", "{}"):
        assert refusal_of(text, PLAIN).code in ("FILE-009", "FILE-014", "FILE-015")


@pytest.mark.parametrize("content", [b"", b"  \n", codecs.BOM_UTF8 + b"\n"])
def test_nothing_in_the_file(content: bytes) -> None:
    assert refusal_of(content, PLAIN).code in ("FILE-001", "FILE-014")


def test_a_workbook_in_place_of_json_is_told_as_such() -> None:
    assert refusal_of(b"PK\x03\x04" + bytes(100), PLAIN).code == "FILE-012"


# Lines, and files without any


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085", "\v", "\f"])
def test_only_line_feeds_end_a_line(sign: str) -> None:
    rows = [{**FIRST, "reported_by": f"R{sign}RU"}, {**FIRST, "report_date": "2018-12-04"}]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    for escaped in ("\\u000b", "\\f"):
        text = text.replace(escaped, json.loads(f'"{escaped}"'))
    parsed = read_small(text, PLAIN)
    assert rows_of(parsed, "report_date", "reported_by") == [
        ("2018-12-03", f"R{sign}RU"),
        ("2018-12-04", "RRU"),
    ]
    assert [parsed.place(row, "beds").row for row in range(2)] == [1, 2]


@pytest.mark.parametrize(("text", "path"), [("[]", None), ('{"data": {"rows": []}}', "data.rows")])
def test_an_empty_array_is_a_file_without_rows(text: str, path: str | None) -> None:
    parsed = read_small(text, json_rows(records=path))
    assert (len(parsed), parsed.nothing_expected, codes_of(parsed)) == (0, True, ["FILE-026"])


def test_lines_of_a_second_export_are_read_too() -> None:
    text = f"{json.dumps(FIRST)}\n\ufeff{json.dumps({**FIRST, 'report_date': '2018-12-04'})}\n"
    parsed = read_small(text, PLAIN)
    assert rows_of(parsed, "report_date") == [("2018-12-03",), ("2018-12-04",)]
    assert [(one.code, one.place) for one in parsed.findings] == [("FILE-028", Place(None, 2))]


def test_two_arrays_in_one_file_are_refused_by_that_name() -> None:
    rows = json.dumps([FIRST])
    assert refusal_of(f"{rows}\n\ufeff{rows}", PLAIN).code == "FILE-029"
