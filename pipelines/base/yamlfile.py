"""Reads a YAML file under a strict model; every error names the file and the line."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipelines.base.errors import ConfigurationError
from pipelines.base.parsed_files import keep, kept

if TYPE_CHECKING:
    from yaml.nodes import MappingNode

Model = TypeVar("Model", bound=BaseModel)

_MOST_BYTES = 1_000_000
"""A contract has 20,000 bytes."""


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
        self._source = _read(path)
        self.content = kept(path, self._source) or self._parse()

    def text_at(self, key: str) -> str | None:
        """The text of a top-level key; None where there is none, or it is no text."""
        value = self.content.get(key)
        return value if isinstance(value, str) else None

    def line_of(self, place: Sequence[int | str]) -> int:
        """The line of the deepest part of that place of the content which stands in the file."""
        from pipelines.base.yaml_nodes import line_at

        return line_at(self._root, place)

    @cached_property
    def _root(self) -> "MappingNode":
        from pipelines.base.yaml_nodes import compose

        try:
            text = self._source.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigurationError(f"{self.path}: cannot be read: {error}") from error
        return compose(self.path, text)

    def _parse(self) -> dict[str, Any]:
        from pipelines.base.yaml_nodes import construct

        content = construct(self.path, self._root)
        keep(self.path, self._source, content)
        return content

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


def line_of_key(path: Path, key: str) -> int:
    """The line of a file's top-level key, or 1."""
    try:
        return Document(path).line_of((key,))
    except ConfigurationError:
        return 1


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            source = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    if len(source) > _MOST_BYTES:
        raise ConfigurationError(f"{path}:1: is larger than {_MOST_BYTES:,} bytes")
    return source
