"""Reads a YAML file under a strict model; every error names the file and the line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, SequenceNode

from pipelines.base.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Strict(BaseModel):
    """Base of all configuration: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_model(path: Path, model: type[Model], **derived: Any) -> Model:
    """The file as `model`, with `derived` fields (known from its path) added.

    Raises `ConfigurationError` with one line per mistake: `file:line: key: what is wrong`.
    """
    root = _compose(path)
    content = _construct(path, root)
    for key in derived:
        if key in content:
            line = _line_of(root, (key,))
            raise ConfigurationError(
                f"{path}:{line}: {key}: follows from the file's place; remove it"
            )
    try:
        return model.model_validate({**content, **derived})
    except ValidationError as error:
        lines = [
            f"{path}:{_line_of(root, problem['loc'])}: "
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ConfigurationError("\n".join(lines)) from error


def named_in(path: Path, key: str) -> str | None:
    """The text of a top-level key of the file, or None; `read_model` reports mistakes."""
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=_Loader) if f"{key}:" in text else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, TypeError, ValueError):
        return None
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, str) else None


def _compose(path: Path) -> MappingNode:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
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
