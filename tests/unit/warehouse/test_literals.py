"""Values written into SQL come back from DuckDB as they went in."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import duckdb
import pytest

from warehouse.store import literals

TEXTS = [
    "",
    "plain",
    "O'Brien",
    "''",
    "'; DROP TABLE ops.submission; --",
    '"quoted"',
    "back\\slash",
    "line\nbreak\r\ttab",
    "%_$1 ? $x",
    "naïve – £ 💉",
    "\u00a0",
    "a\0b",
    "\0'; \0\0",
]


def read(literal: str) -> Any:
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {literal}").fetchall()[0][0]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_what_it_is(text: str) -> None:
    assert read(literals.text(text)) == text
    assert read(literals.literal(text)) == text


@pytest.mark.parametrize(
    "value",
    [
        None,
        0,
        -1,
        2**62,
        1.5,
        -0.25,
        1e-300,
        datetime(2026, 11, 17, 8, 0, 0, 123456),
        True,
        False,
        float("inf"),
        float("-inf"),
    ],
    ids=repr,
)
def test_a_value_stays_what_it_is(value: object) -> None:
    found = read(literals.literal(value))
    assert found == value or float(found) == value


@pytest.mark.parametrize("value", [b"bytes", ["list"], {"a": 1}], ids=repr)
def test_what_has_no_literal_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no literal"):
        literals.literal(value)


def test_an_empty_list_matches_nothing() -> None:
    assert (
        read(f"count(*) FROM (VALUES ('a'), (NULL)) AS t(x) WHERE x IN {literals.texts([])}") == 0
    )
    assert (
        read(f"count(*) FROM (VALUES ('a'), ('b')) AS t(x) WHERE x IN {literals.texts(['a'])}") == 1
    )


@pytest.mark.parametrize("text", TEXTS)
def test_a_list_of_texts_matches_each(text: str) -> None:
    assert read(f"{literals.text(text)} IN {literals.texts(['x', text])}") is True


def test_a_missing_time_is_null() -> None:
    assert literals.timestamp(None) == literals.text(None) == "NULL"


def test_a_time_keeps_its_microseconds() -> None:
    moment = datetime(2026, 10, 25, 1, 30, 0, 7)
    assert read(literals.timestamp(moment)) == moment


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=1))])
def test_a_time_with_a_zone_is_not_stored_an_hour_off(zone: timezone) -> None:
    """`as_stored` takes the zone away; a time that still has one must not be misread."""
    moment = datetime(2026, 7, 17, 8, tzinfo=zone)
    expected = moment.astimezone(UTC).replace(tzinfo=None)
    try:
        found = read(literals.timestamp(moment))
    except (TypeError, ValueError, duckdb.Error):
        return
    assert found == expected
