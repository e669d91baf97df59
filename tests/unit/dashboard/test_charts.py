"""Charts: gaps stay gaps, what is partial looks so, and words say what lines say."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.charts import describe, line_chart, spark_line
from dashboard.picture import Series

BEGIN = datetime(2026, 11, 26, 8)
SVG = "{http://www.w3.org/2000/svg}"


def series(*values: float | None, step: int = 15, **other: Any) -> Series:
    times = [BEGIN + timedelta(minutes=step * number) for number in range(len(values))]
    whole = other.pop("whole", [True] * len(values))
    return Series(times, values, whole, step=timedelta(minutes=step), **other)


def elements(svg: str, kind: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}{kind}"))


def lines(svg: str, colour: str = "#005eb8") -> list[str]:
    return [one.attrib["d"] for one in elements(svg, "path") if one.get("stroke") == colour]


def test_a_gap_stays_a_gap() -> None:
    assert len(lines(line_chart(series(1, 2, 3, 4), "x", "patients"))) == 1
    assert len(lines(line_chart(series(1, 2, None, 4, 5), "x", "patients"))) == 2
    apart = Series(
        [BEGIN, BEGIN + timedelta(hours=1), BEGIN + timedelta(minutes=75)], [1, 2, 3], [True] * 3
    )
    svg = line_chart(apart, "x", "patients")
    assert len(lines(svg)) == 1, "the slot that stands alone is a point"
    assert len(elements(svg, "circle")) == 1
    assert spark_line(series(1, 2, None, 4, 5)).count("<path") == 2


def test_points_that_somebody_is_missing_from_are_hollow() -> None:
    svg = line_chart(series(1, 2, 3, whole=[True, False, False]), "x", "patients")
    hollow = [one for one in elements(svg, "circle") if one.get("fill") == "#ffffff"]
    assert len(hollow) == 2
    told = describe(series(1, 2, 3, whole=[True, False, False]), "patients")
    assert told.endswith("2 of 3 points lack somebody who was expected.")


def test_what_is_usual_is_a_band_where_it_is_known() -> None:
    known: dict[str, Any] = {
        "lowest": [1, 1, None, 2, 2],
        "median": [2] * 5,
        "highest": [3, 3, None, 4, 4],
    }
    svg = line_chart(series(1, 2, 3, 4, 5, **known), "x", "patients")
    assert len([one for one in elements(svg, "path") if one.get("fill") == "#d2e2f1"]) == 2
    assert len(lines(svg, "#768692")) == 1


def test_all_of_it_lies_within_the_picture() -> None:
    for shown in (series(5, 5, 5), series(-3, 4), series(0, 0), series(1e6, 2e6), series(7)):
        svg = line_chart(shown, "x", "patients", standard=5)
        for path in elements(svg, "path"):
            numbers = [float(one) for one in re.findall(r"-?\d+\.?\d*", path.attrib["d"])]
            assert all(-0.1 <= one <= 720.1 for one in numbers)
            assert all(0 <= y <= 240 for y in numbers[1::2])


def test_a_chart_says_the_same_in_words() -> None:
    svg = line_chart(series(3, 9, 1), "Waiting <b>", "patients", chart_id="c")
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "c-t c-d"
    assert [one.text for one in root.iter(f"{SVG}title")] == ["Waiting <b>"]
    (told,) = (one.text for one in root.iter(f"{SVG}desc"))
    assert told == (
        "From Thu 26 Nov 08:00 to Thu 26 Nov 08:30, patients: lowest 1 at Thu 26 Nov 08:30, "
        "highest 9 at Thu 26 Nov 08:15, newest 1."
    )


def test_days_in_summer_are_told_as_days() -> None:
    days = [datetime(2026, 7, 1), datetime(2026, 7, 2)]
    told = describe(Series(days, [1, 2], [True] * 2, step=timedelta(days=1)), "calls")
    assert told.startswith("From Wed 1 Jul to Thu 2 Jul, calls: lowest 1 at Wed 1 Jul, ")


@pytest.mark.parametrize("values", [(), (None, None)])
def test_nothing_known_is_no_chart(values: tuple[None, ...]) -> None:
    assert line_chart(series(*values), "x", "patients") == ""
    assert spark_line(series(*values)) == ""
    assert describe(series(*values), "patients") == "No values."


def test_the_standard_is_a_line_with_its_number() -> None:
    svg = line_chart(series(80, 90), "x", "%", standard=95)
    assert "standard 95" in svg
    assert "standard" not in line_chart(series(80, 90), "x", "%")


def test_no_style_stands_in_an_element() -> None:
    assert "style" not in line_chart(series(1, 2), "x", "%", standard=1) + spark_line(series(1, 2))
