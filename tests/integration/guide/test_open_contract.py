"""The contract as Open Data Contract Standard: whole, valid, and lint clean."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft201909Validator
from open_data_contract_standard.model import OpenDataContractStandard

from pipelines.base.settings import PROJECT
from pipelines.cli.app import _run
from pipelines.guide.open_contract import open_contract, open_contract_text
from pipelines.registry.registry import load_registry

NAMES = list(load_registry().collections)
LINT = PROJECT / ".contracts-venv" / "bin" / "datacontract"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_by_the_schema_of_the_standard(name: str) -> None:
    schema = json.loads(OpenDataContractStandard.json_schema())  # type: ignore[no-untyped-call]
    told = yaml.safe_load(open_contract_text(load_registry().collections[name]))
    assert [one.message for one in Draft201909Validator(schema).iter_errors(told)] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_says_all_that_the_contract_says(name: str) -> None:
    contract = load_registry().collections[name]
    told = OpenDataContractStandard.from_string(open_contract_text(contract))
    assert told == open_contract(contract)
    (table,) = told.schema_ or []
    columns = {one.name: one for one in table.properties or []}
    assert list(columns) == [column.name for column in contract.columns]
    assert [one.name for one in columns.values() if one.primaryKey] == [
        name for name in columns if name in contract.key
    ]
    positions = {name: columns[name].primaryKeyPosition for name in contract.key}
    assert list(positions.values()) == list(range(1, len(contract.key) + 1))
    assert all(columns[name].required for name in contract.key)
    rules = {one.name: one for one in table.quality or []}
    for rule in contract.rules:
        own = rules.pop(rule.code)
        assert (own.type, own.engine) == ("custom", "great-expectations")
        assert own.implementation == {"type": rule.expectation, "kwargs": rule.kwargs}
    assert rules == {}
    levels = {one.property for one in told.slaProperties or []}
    assert {"frequency", "grace"} < levels and levels & {"latency", "timeOfAvailability"}


def test_bounds_are_those_of_columns_and_rules() -> None:
    table = (open_contract(load_registry().collections["ambulance_sitrep"]).schema_ or [])[0]
    options = {one.name: one.logicalTypeOptions for one in table.properties or []}
    assert options["reap_level"] == {"minimum": 1, "maximum": 4}
    assert options["calls_answered"] == {"minimum": 0, "maximum": 100_000}
    assert options["report_date"] == {"format": "yyyy-MM-dd", "minimum": "2010-04-01"}


def test_the_command_writes_it_and_keeps_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nhs111.odcs.yaml"
    assert _run(["contract", "odcs", "nhs111", "--to", str(tmp_path)]) == 0
    assert path.read_text("utf-8") == open_contract_text(load_registry().collections["nhs111"])
    assert _run(["contract", "odcs", "nhs111", "--to", str(path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert _run(["contract", "odcs", "nhs11"]) == 2


@pytest.mark.skipif(not LINT.exists(), reason="there is no datacontract-cli (make contracts)")
@pytest.mark.parametrize(
    "name",
    [NAMES[0], *(pytest.param(one, marks=pytest.mark.long) for one in NAMES[1:])],
)
def test_it_is_lint_clean(name: str, tmp_path: Path) -> None:
    path = tmp_path / "contract.odcs.yaml"
    path.write_text(open_contract_text(load_registry().collections[name]), "utf-8")
    done = subprocess.run(
        [LINT, "lint", path], check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(path.read_text("utf-8").replace("kind: DataContract", "kind: Other"), "utf-8")
    done = subprocess.run(
        [LINT, "lint", path], check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode != 0
