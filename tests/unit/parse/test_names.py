"""Names of sheets and headings that differ a little from winter to winter."""

import pytest

from pipelines.base.clean_code import clean_code
from pipelines.parse.files.names import HeadingNames, sheet_key

NAMES = {
    "closures": ["A&E closures", "Closures"],
    "type_1": ["Type 1 attendances", "Type 1"],
    "type_2": ["Type 2 attendances", "Type 2"],
    "over_7": ["> 7 days", "7+ days"],
    "norovirus": ["Beds closed norovirus"],
    "unoccupied": ["Beds closed unocc"],
    "cc_open": ["CC Adult open"],
    "cc_occ": ["CC Adult occ"],
    "picu_open": ["Paed Int Care open"],
    "band": ["Delay 30-60 mins"],
    "over_60": ["Delay >60 mins"],
}
SYNONYMS = {
    "open": ["avail", "available"],
    "occ": ["occd", "occupied"],
    "unocc": ["unoccupied"],
    "paed": ["paediatric"],
    "int": ["intensive"],
    "cc": ["critical care"],
    "mins": ["minutes", "min"],
}


@pytest.fixture(scope="module")
def names() -> HeadingNames:
    return HeadingNames(NAMES, SYNONYMS)


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("A&E closures", "closures"),
        (" A&E Closures ", "closures"),
        ("A and E closures", "closures"),
        ("a&e  CLOSURES*", "closures"),
        ("A&E\u00a0closures", "closures"),
        ("A&E closures\n", "closures"),
        ("Closures1", "closures"),
        ("Closures 1", "closures"),
        ("Closures (1)", "closures"),
        ("Closures¹", "closures"),
        ("Closures 1 2", "closures"),
        ("Closures note 3", "closures"),
        ("Closures (note 3)", "closures"),
        ("Type 1", "type_1"),
        ("Type 2", "type_2"),
        ("Type 1 2", "type_1"),
        ("Type 1 attendances2", "type_1"),
        ("> 7 days", "over_7"),
        (">7 days", "over_7"),
        ("7+ days", "over_7"),
        ("7+ Days 2", "over_7"),
        ("Beds closed norovirus", "norovirus"),
        ("Beds closed norovirus 1", "norovirus"),
        ("Beds closed norovirus1", "norovirus"),
        ("Beds closed unocc'd", None),
        ("Beds closed unoccupied", "unoccupied"),
        ("CC Adult avail", "cc_open"),
        ("CC Adult Open", "cc_open"),
        ("Critical care adult available", "cc_open"),
        ("CC Adult occ'd", "cc_occ"),
        ("CC Adult occ\u2019d", "cc_occ"),
        ("Paediatric Intensive Care Available", "picu_open"),
        ("Delay 30-60 mins", "band"),
        ("Delay 30\u201360 minutes", "band"),
        ("Delay >60 mins", "over_60"),
        ("Delay > 60 min", "over_60"),
    ],
)
def test_a_heading_is_found_however_it_is_spelt(
    names: HeadingNames, heading: str, target: str | None
) -> None:
    assert names.find(heading) == target


@pytest.mark.parametrize(
    "heading",
    [
        "",
        " ",
        "1",
        "*",
        "Type 3",
        "Type 11",
        "Type 12",
        "Type",
        "> 14 days",
        "7 days",
        "< 7 days",
        "Delay >120 mins",
        "Delay 60 mins",
        "Delay 15-30 mins",
        "Beds closed",
        "Beds closed norovirus unocc",
        "Beds closed norovirus 2018",
        "Not closures",
        "Closures and diverts",
        "CC Adult",
        "note 1",
    ],
)
def test_a_heading_that_means_something_else_is_not_taken_for_one(
    names: HeadingNames, heading: str
) -> None:
    assert names.find(heading) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("A&E Closures ", "aeclosures"),
        ("AE closures", "aeclosures"),
        ("Neonatal intensive care ", "neonatalintensivecare"),
        ("D&V, Norovirus", "dvnorovirus"),
        ("Macro1", "macro1"),
        ("", ""),
    ],
)
def test_the_key_of_a_sheet(name: str, key: str) -> None:
    assert sheet_key(name) == key


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("RA4", "RA4"),
        ("RA4*", "RA4"),
        (" ra4* ", "RA4"),
        ("RA4 *", "RA4"),
        ("RA4\u00a0", "RA4"),
        ("RA4¹", "RA4"),
        ("RA4†‡", "RA4"),
        ("G6V2S", "G6V2S"),
        ("-", "-"),
        ("", ""),
        ("*", ""),
    ],
)
def test_a_code_without_what_is_glued_to_it(text: str, code: str) -> None:
    assert clean_code(text) == code
