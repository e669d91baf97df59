"""What holds in some versions of a contract only is told so, and stands in templates then."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.guide.collection_guide import tell_collection
from pipelines.guide.collection_page import collection_page
from pipelines.guide.example_answers import example_answers
from pipelines.guide.open_contract import open_contract
from pipelines.guide.submission_schema import submission_schema
from pipelines.guide.template_files import sent_form
from pipelines.registry.contract import Collection
from pipelines.registry.registry import load_registry

NEW = {
    "name": "conveyed_to_sdec",
    "type": "count",
    "unit": "incidents",
    "description": "Taken to same day emergency care.",
    "from": "2027-28",
}
NEXT = {"financial_year": "2027-28", "start": "2027-04-01", "note": "With same day emergency care."}


@pytest.fixture
def contract() -> Collection:
    """The ambulance SitRep with one column more, and one rule less, from April 2027 on."""
    content: dict[str, Any] = (
        load_registry().collections["ambulance_sitrep"].model_dump(by_alias=True)
    )
    content["columns"] = [*content["columns"], NEW]
    content["versions"] = [*content["versions"], NEXT]
    for rule in content["rules"]:
        if rule["code"] == "AMB-010":
            rule["until"] = "2026-27"
    return Collection.model_validate(content)


@pytest.mark.parametrize(
    ("now", "is_there"),
    [("2027-04-01T10:30:00Z", False), ("2027-04-02T10:30:00Z", True)],
    ids=["last-day-of-the-year", "first-day-of-the-next"],
)
def test_a_template_has_what_holds_on_the_day_of_its_slot(
    contract: Collection, monkeypatch: pytest.MonkeyPatch, now: str, is_there: bool
) -> None:
    monkeypatch.setenv("SITREP_NOW", now)
    form = sent_form(contract, None, "json")
    assert ("conveyed_to_sdec" in form.headings) is is_there
    row = submission_schema(form, None)["$defs"]["row"]
    assert ("conveyed_to_sdec" in row["required"]) is is_there


def test_a_page_tells_the_years(contract: Collection) -> None:
    registry = load_registry()
    own = replace(registry, collections={"ambulance_sitrep": contract})
    page = collection_page(tell_collection(contract, own, []))
    assert "| `conveyed_to_sdec` (from 2027-28 on) |" in page
    assert (
        "### AMB-010: The categories add up to the incidents, within 1% (until the version" in page
    )
    assert "With same day emergency care." in page


def test_examples_are_of_the_version_of_their_day(contract: Collection) -> None:
    answers = example_answers(contract)
    assert answers[0].answer["status"] == "accepted" and answers[0].answer["lines"] == []
    assert "conveyed_to_sdec" not in answers[0].sent


def test_the_standard_has_the_last_version(contract: Collection) -> None:
    told = open_contract(contract)
    (table,) = told.schema_ or []
    assert told.version == "2027-28"
    assert "conveyed_to_sdec" in [one.name for one in table.properties or []]
    assert "AMB-010" not in [one.name for one in table.quality or []]
