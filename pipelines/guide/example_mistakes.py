"""What is wrong with the example that a contract gives; it keeps no file waiting."""

from collections.abc import Iterator

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from pipelines.base.yamlfile import line_of_key
from pipelines.registry.column import TIME_TYPES
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry


def example_mistakes(registry: Registry) -> list[str]:
    """Each mistake of an example, with its file and line."""
    return [
        f"{_place(name)}: example: {told}"
        for name, collection in registry.collections.items()
        for told in _mistakes(collection)
    ]


def refuse_examples(registry: Registry) -> None:
    """Raises `ConfigurationError` where an example is no row of its contract."""
    if mistakes := example_mistakes(registry):
        raise ConfigurationError("\n".join(mistakes))


def _place(collection: str) -> str:
    """The file of the contract and the line of its example."""
    path = settings().expectations_dir / f"{collection}.yaml"
    return f"{path}:{line_of_key(path, 'example')}"


def _mistakes(collection: Collection) -> Iterator[str]:
    example, key = collection.example, collection.key
    if not example:
        return
    offered = {one.name: one for one in collection.columns if one.type not in TIME_TYPES}
    if unknown := [name for name in example if name not in offered]:
        yield f"names no column, or one of a time: {', '.join(unknown)}"
    needed = [one.name for one in offered.values() if not one.nullable or one.name in key]
    if missing := [name for name in needed if name not in example]:
        yield f"lacks a value of {', '.join(missing)}"
    for name, value in example.items():
        if name in offered and isinstance(value, str) == offered[name].is_number:
            told = "a number" if offered[name].is_number else "a text in quotes"
            yield f"{name} is {value!r} and should be {told}"
