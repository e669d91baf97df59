"""An answer about one heading tells of others that differ from it by a number only."""

from pathlib import Path

import pytest

from pipelines.onboard.answered_alike import find_alike
from pipelines.onboard.new_feed import make_feed
from pipelines.registry.registry import load_registry

COLUMNS = {"incidents_c1", "incidents_c2", "response_c2_p90_seconds", "over_4_of_4"}


@pytest.mark.parametrize(
    ("heading", "answered", "column"),
    [
        ("Cat 2", {"Cat 1": "incidents_c1"}, "incidents_c2"),
        ("Cat 2", {"Cat 1": "incidents_c1", "Cat 3": "incidents_c3"}, "incidents_c2"),
        # Other words, no column of that number, two numbers, and two answers that differ.
        ("Category 2", {"Cat 1": "incidents_c1"}, None),
        ("Cat 5", {"Cat 1": "incidents_c1"}, None),
        ("Cat 2 over 15", {"Cat 1 over 30": "incidents_c1"}, None),
        ("Cat 2", {"Cat 1": "incidents_c1", "Cat 3": "response_c3_p90_seconds"}, None),
        ("Over 5", {"Over 4": "over_4_of_4"}, None),
        ("Cat 2", {"Cat 2": "incidents_c1"}, None),
        ("Cat 2", {}, None),
    ],
)
def test_a_heading_follows_an_answer(
    heading: str, answered: dict[str, str], column: str | None
) -> None:
    found = find_alike(heading, answered, COLUMNS)
    assert (found and found.column) == column


def test_numbers_without_words_are_asked_once(tmp_path: Path) -> None:
    """Nothing is taken without an answer; one answer is enough, and it is told so."""
    path = tmp_path / "RX9_20261120.csv"
    path.write_text("Date,Total incidents,Cat 1,Cat 2,Cat 3\n20/11/2026,3000,200,1800,1000\n")
    made = make_feed(load_registry(), "ambulance_sitrep", "RX9", [path], {})
    assert not {"incidents_c1", "incidents_c2"} & made.draft.columns.keys()
    asked = [one.key for one in made.questions]
    assert {"map.Cat 1", "map.Cat 2", "map.Cat 3"} <= set(asked)

    given = {"map.Cat 1": "incidents_c1", "map.Cat 3": "ignore"}
    made = make_feed(load_registry(), "ambulance_sitrep", "RX9", [path], given)
    read = made.draft.columns["incidents_c2"]
    assert read.heading is not None and read.heading.heading == "Cat 2"
    assert read.remark == "as answered for 'Cat 1'"
    assert "incidents_c3" not in made.draft.columns
    assert made.draft.ignored == ["Cat 3"]
