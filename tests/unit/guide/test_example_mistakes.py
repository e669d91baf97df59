"""An example of a contract is a row of it, or what is wrong with it is told."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.guide.example_mistakes import example_mistakes
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry, load_registry


def mistakes_of(example: dict[str, Any]) -> list[str]:
    contract = load_registry().collections["ambulance_handover"]
    changed = Collection.model_validate(contract.model_dump(by_alias=True) | {"example": example})
    return example_mistakes(Registry({"ambulance_handover": changed}, {}, ()))


def test_the_examples_of_the_contracts_are_rows_of_them() -> None:
    assert example_mistakes(load_registry()) == []


def test_a_contract_needs_no_example() -> None:
    assert mistakes_of({}) == []


@pytest.mark.parametrize(
    ("example", "told"),
    [
        ({"org_code": "RGT", "arrivals": 3}, "names no column, or one of a time: arrivals"),
        ({"org_code": "RGT", "report_date": "2026-11-24"}, "or one of a time: report_date"),
        ({"ambulance_arrivals": 3}, "lacks a value of org_code"),
        ({"org_code": "RGT", "ambulance_arrivals": "3"}, "is '3' and should be a number"),
        ({"org_code": 7}, "org_code is 7 and should be a text in quotes"),
    ],
    ids=["unknown", "time", "no-code", "text-for-number", "number-for-text"],
)
def test_what_is_no_row_is_told_with_its_line(example: dict[str, Any], told: str) -> None:
    (mistake,) = mistakes_of(example)
    assert told in mistake
    file, line, _ = mistake.split(":", 2)
    text = Path(file).read_text("utf-8").splitlines()[int(line) - 1]
    assert text.startswith("example:")
