"""Reads a YAML file under a strict model; every error names the file and the line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, SequenceNode

from pipelines.base.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)

_MOST_BYTES, _MOST_BRACKETS, _MOST_DASHES = 1_000_000, 5_000, 500
"""A contract has 20,000 bytes and 300 brackets."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Strict(BaseModel):
    """Base of all configuration: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write what people are to read there")
    return text


Words = Annotated[str, AfterValidator(_is_not_blank), Field(json_schema_extra={"minLength": 1})]
"""A text that people read, and so never a blank one."""


def wrong_at(place: tuple[str | int, ...], told: str) -> ValidationError:
    """The error of a mistake that stands at that place of a model, to be raised by its validator.

    What a validator of a whole model raises as `ValueError` is told at the model's first line.
    """
    wrong = PydanticCustomError("mistake", "{told}", {"told": told})
    details = [InitErrorDetails(type=wrong, loc=place, input=None)]
    return ValidationError.from_exception_data("configuration", details)


class Document:
    """A YAML file of keys and values, and the lines where they stand."""

    def __init__(self, path: Path) -> None:
        """Reads the file; raises `ConfigurationError` where it is not usable YAML."""
        self.path = path
        self._root = _compose(path)
        self.content = _construct(path, self._root)

    def text_at(self, key: str) -> str | None:
        """The text of a top-level key; None where there is none, or it is no text."""
        value = self.content.get(key)
        return value if isinstance(value, str) else None

    def line_of(self, place: Sequence[int | str]) -> int:
        """The line of the deepest part of that place of the content which stands in the file."""
        return _line_of(self._root, place)

    def as_model(self, model: type[Model], **derived: Any) -> Model:
        """The content as `model`, with `derived` fields (known from the file's path) added.

        Raises `ConfigurationError` with one line per mistake: `file:line: key: what is wrong`.
        """
        for key in derived:
            if key in self.content:
                raise ConfigurationError(
                    f"{self.path}:{self.line_of((key,))}: {key}: follows from the file's place; "
                    "remove it"
                )
        try:
            return model.model_validate({**self.content, **derived})
        except ValidationError as error:
            lines = [
                f"{self.path}:{self.line_of(problem['loc'])}: "
                f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
                for problem in error.errors()
            ]
            raise ConfigurationError("\n".join(lines)) from error


def read_model(path: Path, model: type[Model], **derived: Any) -> Model:
    """The file as `model`; raises `ConfigurationError` as `Document` does."""
    return Document(path).as_model(model, **derived)


def line_of_item(path: Path, items: str, key: str, value: str) -> int:
    """The line of the one among a file's `items` whose `key` has that value, or 1."""
    try:
        document = Document(path)
    except ConfigurationError:
        return 1
    listed = document.content.get(items)
    for number, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict) and item.get(key) == value:
            return document.line_of((items, number))
    return 1


def _read_text(path: Path) -> str:
    """The file's text; raises `ConfigurationError` where the YAML parser had better not see it.

    The parser calls itself for each level of nesting, and with too many the process ends.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"{path}:1: is larger than {_MOST_BYTES:,} bytes")
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise ConfigurationError(f"{path}:1: has more than {_MOST_BRACKETS:,} brackets")
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _MOST_DASHES and line.count("- ") + line.count("? ") > _MOST_DASHES:
            raise ConfigurationError(f"{path}:{number}: is nested too deeply")
    return text


def _compose(path: Path) -> MappingNode:
    try:
        root = yaml.compose(_read_text(path), Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        detail = getattr(error, "problem", None) or str(error)
        raise ConfigurationError(f"{path}:{line}: not valid YAML: {detail}") from error
    if not isinstance(root, MappingNode):
        raise ConfigurationError(f"{path}:1: expected keys and values, found something else")
    return root


def _construct(path: Path, root: MappingNode) -> dict[str, Any]:
    """The file's content as plain values; a YAML error is reported with its line."""
    try:
        _refuse_repeated_keys(path, root)
        content: dict[str, Any] = SafeConstructor().construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}:{line}: not usable YAML: {error.problem}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path}:1: not usable YAML: it refers to itself") from error
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{path}:1: not usable YAML: {error}") from error
    return content


def _refuse_repeated_keys(path: Path, node: Node) -> None:
    """A repeated key is an error; YAML itself would silently keep the last one."""
    if isinstance(node, SequenceNode):
        for child in node.value:
            _refuse_repeated_keys(path, child)
    if isinstance(node, MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key.value, str):
                raise ConfigurationError(f"{path}:{line}: a key is not a single word")
            if key.value in seen:
                raise ConfigurationError(f"{path}:{line}: {key.value}: this key appears twice")
            seen.add(key.value)
            _refuse_repeated_keys(path, value)


def _line_of(root: MappingNode, location: Sequence[int | str]) -> int:
    """The line of the deepest part of `location` that stands in the file."""
    node: Node = root
    line = root.start_mark.line
    for part in location:
        found: Node | None = None
        if isinstance(node, MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, found = key.start_mark.line, value
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line
        if found is None:
            # A discriminated union adds its tag to the location; the file has no such level.
            continue
        node = found
    return int(line) + 1
