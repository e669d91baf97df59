"""The data dictionary in docs is what the contracts say."""

from pipelines.base.settings import PROJECT
from pipelines.registry.registry import load_registry
from warehouse.publish.data_dictionary import data_dictionary


def test_the_committed_dictionary_is_made_from_the_contracts() -> None:
    text = (PROJECT / "docs" / "data-dictionary.md").read_text("utf-8")
    assert text == data_dictionary(load_registry()), "run `sitrep dictionary` and commit it"


def test_every_column_and_rule_stands_in_the_dictionary() -> None:
    registry = load_registry()
    text = data_dictionary(registry)
    for collection in registry.collections.values():
        assert all(f"`{column.name}`" in text for column in collection.columns)
        assert all(f"`{rule.code}`" in text for rule in collection.rules)
