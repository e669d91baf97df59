"""The pages for those who send are what the contracts say, and what the pipeline answers."""

import pytest

from pipelines.base.settings import PROJECT
from pipelines.guide.collection_guide import CollectionGuide, kept_answers, tell_collections
from pipelines.guide.collection_page import collection_files
from pipelines.registry.registry import load_registry

NAMES = list(load_registry().collections)


@pytest.fixture(scope="module")
def guides() -> dict[str, CollectionGuide]:
    return tell_collections(load_registry())


def test_the_committed_pages_are_made_from_the_contracts() -> None:
    made = collection_files(load_registry(), PROJECT / "docs" / "collections")
    differing = [path for path, text in made.items() if path.read_text("utf-8") != text]
    assert differing == [], "run `sitrep dictionary` and commit it"
    there = {path.stem for path in (PROJECT / "docs" / "collections").glob("*.md")}
    assert there == set(NAMES), "a page of a collection that is gone: delete it"


@pytest.mark.parametrize("name", NAMES)
def test_everything_of_a_contract_is_told(name: str, guides: dict[str, CollectionGuide]) -> None:
    contract, guide = load_registry().collections[name], guides[name]
    page = (PROJECT / "docs" / "collections" / f"{name}.md").read_text("utf-8")
    for column in contract.columns:
        assert f"`{column.name}`" in page and column.unit in page
    for rule in contract.rules:
        assert f"### {rule.code}: {rule.title}" in page
        assert rule.message in page and rule.fix in page
        told = next(one for one in guide.rules if one.code == rule.code)
        assert told.compares or told.columns
    for version in contract.versions:
        assert version.note in page


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_kept_show_each_way_that_a_file_can_go(name: str) -> None:
    # That they are those of the pipeline is tested above: they are made again there.
    answers = kept_answers(name)
    assert [one.answer["status"] for one in answers] == [
        "accepted",
        "accepted_with_rejections",
        "rejected",
        "duplicate",
    ]
    assert answers[0].answer["lines"] == []
    codes = {line["code"] for line in answers[1].answer["lines"]}
    assert "CELL-001" in codes and len(codes) > 1
    assert answers[2].answer["lines"][0]["code"] == "FILE-015"
