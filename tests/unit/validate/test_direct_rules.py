"""Rules that are run directly say what Great Expectations says of the same tables."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.base.settings import PROJECT
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection
from pipelines.registry.registry import load_registry
from pipelines.validate import direct_rules
from pipelines.validate.direct_rules import is_direct
from pipelines.validate.suite import ROW_ID, RuleOutcome, rules_run_directly, run_rules
from pipelines.validate.validate import rule_parameters
from tests.support.rules import ARule
from tests.support.small_slots import FEED, FIRST_FILE, write_slots

ROWS = 300
NUMBERS = (None, 0, 1, 2, 3, 4, 5, 9, 59, 60, 61, 240, 241, 720, 999, 5000, 10**6, -1)
CODES = (None, "RX9", "RRU", "R0A", "R0A02", "111AD5", "XX9", "", "rx9", "RX9 ", "A" * 9)
NAMES = sorted(load_registry().collections)


def times(draw: random.Random) -> datetime | None:
    moment = datetime(2026, 11, 20, draw.randrange(24), draw.choice((0, 7, 15, 30, 45)))
    near = draw.choice((0, 0, -3000, 1, 30, 4000))
    return draw.choice((None, moment, moment + timedelta(days=near, seconds=draw.choice((0, 1)))))


def column_of(kind: str, draw: random.Random) -> pa.Array:
    def many(one: Callable[[], Any]) -> list[Any]:
        return [one() for _ in range(ROWS)]

    if kind in ("count", "level"):
        return pa.array(many(lambda: draw.choice(NUMBERS)), pa.int32())
    if kind == "decimal":
        parts = (0.0, 0.5, 1e-10, 0.005)
        told = many(lambda: draw.choice(NUMBERS))
        return pa.array([None if x is None else x + draw.choice(parts) for x in told], pa.float64())
    if kind in ("date", "month"):
        told = [one and date(one.year, one.month, one.day) for one in many(lambda: times(draw))]
        return pa.array(told, pa.date32())
    if kind == "slot":
        return pa.array(many(lambda: times(draw)), pa.timestamp("us"))
    return pa.array(many(lambda: draw.choice(CODES)), pa.string())


def tables(collection: Collection, count: int) -> Iterator[pa.Table]:
    for seed in range(count):
        draw = random.Random(f"{collection.collection} {seed}")
        columns = {one.name: column_of(one.type, draw) for one in collection.columns}
        numbers = sorted(draw.choice((0, 1, 2)) for _ in range(ROWS))
        columns[SUBMISSION_NUMBER] = pa.array(numbers, pa.int32())
        columns[ROW_ID] = pa.array(np.arange(ROWS, dtype=np.int64))
        yield pa.table(columns)


def outcomes(table: pa.Table, collection: Collection) -> dict[str, list[int]]:
    forms = collection.rule_forms
    return {one.code: failing(one) for one in run_rules(table, forms, rule_parameters())}


def failing(outcome: RuleOutcome) -> list[int]:
    assert not outcome.table_level_failure and not outcome.missing_columns
    return list(outcome.failing_rows.tolist())


def compare(name: str, count: int) -> int:
    """Compares all rules of the contract on so many tables; how many failing rows there were."""
    collection, found = load_registry().collections[name], 0
    for table in tables(collection, count):
        told = outcomes(table, collection)
        with rules_run_directly():
            assert outcomes(table, collection) == told
        assert any(told.values())
        found += sum(map(len, told.values()))
    return found


@pytest.fixture
def at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", datetime(2026, 11, 20, 12, tzinfo=UTC).isoformat())


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_the_same_outcome(name: str, at_that_time: None) -> None:
    assert compare(name, 2) > 100


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_the_same_outcome_on_many_tables(name: str, at_that_time: None) -> None:
    assert compare(name, 60) > 3000


def test_each_type_in_use_is_run_directly() -> None:
    used = {rule.expectation for one in load_registry().collections.values() for rule in one.rules}
    assert {one for one in used if not is_direct(one)} == set()


def test_what_is_not_known_is_left_to_great_expectations() -> None:
    table = pa.table({"value": pa.array([1, 7], pa.int32()), ROW_ID: pa.array([0, 1])})
    core = ARule("expect_column_values_to_be_between", {"column": "value", "max_value": 5})
    with rules_run_directly():
        assert failing(run_rules(table, [core], {})[0]) == [1]
    with pytest.raises(direct_rules.NotDirect):
        direct_rules.find_failing(table, core, core.kwargs)


def test_a_check_of_a_file_imports_no_great_expectations(tmp_path: Path) -> None:
    path = write_slots(tmp_path / FIRST_FILE)
    program = (
        "import sys; from pipelines.cli.app import _run; "
        f"code = _run(['feeds', 'check', {FEED!r}, {str(path)!r}]); "
        "sys.exit(code or ('great_expectations' in sys.modules) * 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=False)
    assert ended.returncode == 0
