"""What no organisation can have is kept out, and the limit is told; digits of other scripts too."""

from datetime import date, datetime

import pytest

from pipelines.conform.readings import Limits, reader
from pipelines.registry.column import Column, ColumnType
from pipelines.registry.feed import MISSING
from pipelines.registry.format import Reading
from pipelines.registry.registry import load_registry
from pipelines.registry.units import clock_seconds, most_plausible

LIMITS = Limits(most=100_000, earliest=date(2018, 9, 1))


def read(kind: ColumnType, text: str, reading: Reading | None = None) -> tuple[object, str | None]:
    unit = "seconds" if kind == "decimal" else "patients"
    return reader(kind, unit, 15, reading or Reading(), MISSING, LIMITS)(text)


@pytest.mark.parametrize("kind", ["count", "level", "decimal"])
@pytest.mark.parametrize("text", ["100001", "-100001", "2147483647", "1e30", "1e308"])
def test_a_number_beyond_the_limit_is_refused(kind: ColumnType, text: str) -> None:
    assert read(kind, text) == (None, "CELL-005")
    assert read(kind, "100000")[0] == 100_000


def test_the_limit_holds_in_the_unit_of_the_column() -> None:
    assert read("decimal", "27", Reading(given_in="hours"))[0] == 97_200
    assert read("decimal", "28", Reading(given_in="hours")) == (None, "CELL-005")


@pytest.mark.parametrize("text", ["0001-01-01", "1900-01-01", "1904-01-01", "2018-08-31"])
def test_a_day_before_the_collection_began_is_refused(text: str) -> None:
    assert read("date", text) == (None, "SLOT-002")
    assert read("date", "2018-09-01") == (date(2018, 9, 1), None)
    assert read("date", "01/01/1900", Reading(format="%d/%m/%Y")) == (None, "SLOT-002")


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "offset"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00", "1900-01-01T08:15", "2018-08-31T22:45"])
def test_a_slot_before_the_collection_began_is_refused(text: str, zone: str) -> None:
    full = f"{text}+00:00" if zone == "offset" else text
    assert read("slot", full, Reading(zone=zone)) == (None, "SLOT-002")  # type: ignore[arg-type]


def test_the_first_slot_is_that_of_the_first_day_in_london() -> None:
    assert read("slot", "2018-08-31T22:45Z") == (None, "SLOT-002")
    assert read("slot", "2018-08-31T23:00Z") == (datetime(2018, 8, 31, 23), None)


@pytest.mark.parametrize("text", ["9999-12-31T23:59Z", "9999-12-31T23:59-14:00"])
def test_the_end_of_the_calendar_does_not_overflow(text: str) -> None:
    for labelled_by in ("start", "end"):
        value, code = read("slot", text, Reading(labelled_by=labelled_by))
        assert isinstance(value, datetime) or code == "CELL-007"


@pytest.mark.parametrize(
    "text", ["²:30", "1:²0", "٣:30", "１:30", "1:3٠", "1:-0", "1: 30", "1:1e1"]
)
def test_a_clock_has_plain_digits(text: str) -> None:
    assert clock_seconds(text) is None
    assert read("decimal", text, Reading(given_in="clock")) == (None, "CELL-001")


@pytest.mark.parametrize("text", ["²", "٣", "１２", "1,²50", "٣,000", "½", "Ⅳ", "一"])
def test_a_number_has_plain_digits(text: str) -> None:
    assert read("count", text) == (None, "CELL-001")
    assert read("decimal", text) == (None, "CELL-001")


@pytest.mark.parametrize("text", ["²019-03-08", "٢019-03-08", "２０１９-03-08", "2019-03-0٨"])
def test_a_time_has_plain_digits(text: str) -> None:
    assert read("date", text) == (None, "CELL-004")
    assert read("date", text, Reading(format="%Y-%m-%d")) == (None, "CELL-004")
    assert read("slot", f"{text}T08:15Z") == (None, "CELL-007")


def test_every_column_is_bounded_without_a_word_of_its_contract() -> None:
    column = Column(name="new", type="count", unit="patients at slot end", description="New.")
    assert column.most == 100_000
    assert column.model_copy(update={"maximum": 7}).most == 7
    hour = most_plausible("hours")
    assert most_plausible("minutes") == 60 * hour and most_plausible("seconds at 8") == 3600 * hour
    with pytest.raises(ValueError, match="less than or equal"):
        Column(name="new", type="count", unit="beds", description="New.", maximum=2**31)


def test_limits_are_above_what_rules_warn_of() -> None:
    for collection in load_registry().collections.values():
        for rule in collection.rules:
            for name, limit in rule.kwargs.get("limits", {}).items():
                assert collection.column(name).most > limit, name
