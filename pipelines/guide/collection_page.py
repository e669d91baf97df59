"""The pages of docs/collections: each contract in Markdown, for those who send it."""

from pathlib import Path

from pipelines.base.markdown import own_page_template
from pipelines.guide.collection_guide import (
    CollectionGuide,
    answers_path,
    answers_text,
    tell_collection,
)
from pipelines.guide.example_answers import example_answers
from pipelines.registry.registry import Registry

_TEMPLATE = Path(__file__).with_name("collection_page.md.j2")


def collection_page(guide: CollectionGuide) -> str:
    """The collection's page in Markdown."""
    return own_page_template(_TEMPLATE).render(guide=guide)


def collection_files(registry: Registry, folder: Path) -> dict[Path, str]:
    """Each file that is made of the contracts: a page below `folder`, and the answers kept."""
    made: dict[Path, str] = {}
    for name, collection in registry.collections.items():
        answers = example_answers(collection)
        made[folder / f"{name}.md"] = collection_page(
            tell_collection(collection, registry, answers)
        )
        made[answers_path(name)] = answers_text(answers)
    return made
