"""Messages say what was expected and what was found."""

import pytest

from pipelines.base.likely import did_you_mean
from pipelines.conform.expected_form import expected_form
from pipelines.findings.finding import finding
from pipelines.parse.files.damage_found import damage_found
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.file_format import file_format
from pipelines.registry.format import Reading
from pipelines.registry.registry import load_registry

FEED = "ambulance_sitrep.rx9"


def read(text: str) -> list[str]:
    """The messages of the reader, for a file of that feed."""
    registry = load_registry()
    feed = registry.feed(FEED)
    contract = registry.collection(feed.collection)
    try:
        parsed = file_format(feed).read(text.encode(), "RX9.csv", feed, contract)
    except Refusal as refusal:
        return [refusal.finding.message]
    return [one.message for one in parsed.findings]


def test_a_lacking_header_tells_the_headings_found_and_those_expected() -> None:
    mistyped = "report_dte"
    (told,) = read(f"a banner\n\n{mistyped},Calls,Others\n03/12/2018,1,2\n")
    assert "no header row was found" in told.casefold()
    assert "'report_date'" in told.split("For report_date")[1]
    assert f"'{mistyped}' may be meant" in told


def test_the_found_row_is_the_one_most_like_a_header_and_is_not_told_at_length() -> None:
    (told,) = read("\n" + ",".join(f"{'h' * 60}{number}" for number in range(30)) + "\n1,2\n")
    assert "Found in row 2:" in told and "and 18 more" in told
    assert "h" * 41 not in told


def test_a_lacking_measure_tells_what_it_should_be_called() -> None:
    text = "org_code,report_date,calls_answerd\nRX9,2018-12-03,1\n"
    told = [one for one in read(text) if "No column" in one]
    calls = next(one for one in told if "calls_answered " in one)
    assert "expected: " in calls and "'calls_answerd' may be meant" in calls


@pytest.mark.parametrize(
    ("kind", "reading", "example"),
    [
        ("slot", Reading(format="%d/%m/%Y %H:%M"), "%d/%m/%Y %H:%M, like 22/11/2026 08:15"),
        ("slot", Reading(), "ISO 8601, like 2026-11-22T08:15:00Z"),
        ("slot", Reading(zone="Europe/London"), "ISO 8601, like 2026-11-22T08:15:00"),
        ("date", Reading(), "ISO 8601, like 2026-11-22"),
    ],
)
def test_a_wrong_time_tells_the_format_expected(kind: str, reading: Reading, example: str) -> None:
    expected = expected_form(kind, reading)  # type: ignore[arg-type]
    assert expected.endswith(example)
    told = finding("CELL-007", value="8 o'clock", column_name="slot_start", expected=expected)
    assert told.message.endswith(f"which is not a time{expected}.")


def test_a_damage_is_told_in_words_of_its_sender() -> None:
    assert damage_found("File is not a zip file").startswith("its end is missing")
    assert damage_found("something new") == "something new"


def test_a_likely_name_is_offered_and_an_unlike_one_is_not() -> None:
    assert did_you_mean("nhs11", ["nhs111", "acute_sitrep"]) == " Did you mean 'nhs111'?"
    assert did_you_mean("zzz", ["nhs111"]) == ""
