"""The page about telemetry says what the code sends."""

import re

from dags.telemetry import METRICS
from pipelines.base.settings import PROJECT
from pipelines.base.tally import TimedStep

PAGE = (PROJECT / "docs" / "telemetry.md").read_text("utf-8")
_ROW = re.compile(r"^\| `(sitrep\.\w+)` \| (.+) \|$", re.MULTILINE)


def test_the_table_is_that_of_the_code() -> None:
    told = {name: rest.split(" | ") for name, rest in _ROW.findall(PAGE)}
    assert list(told) == [one.name for one in METRICS]
    for one in METRICS:
        kind, unit, tags, meaning, worry = told[one.name]
        assert (kind, unit, meaning) == (one.kind, one.unit, one.meaning), one.name
        assert tuple(re.findall(r"`(\w+)`", tags)) == one.tags, one.name
        assert worry, one.name


def test_every_step_is_named() -> None:
    row = dict(_ROW.findall(PAGE))["sitrep.step_duration"]
    assert set(re.findall(r"`(\w+)`", row)) - {"collection", "step"} == set(TimedStep)


def test_queries_ask_for_what_is_sent() -> None:
    asked = set(re.findall(r"airflow_(sitrep_\w+?)(?:_total|_milliseconds)?\b", PAGE))
    assert asked <= {one.name.replace(".", "_") for one in METRICS}


def test_no_two_metrics_have_one_name_and_none_names_a_provider() -> None:
    names = [one.name for one in METRICS]
    assert len(names) == len(set(names))
    tags = {tag for one in METRICS for tag in one.tags}
    assert tags == {"collection", "status", "outcome", "step"}
