"""Parses YAML strictly: a repeated key, or a file that would be too much for the parser, is told.

The module imports PyYAML: import it where a file has to be parsed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, SequenceNode

from pipelines.base.errors import ConfigurationError

_MOST_BRACKETS, _MOST_DASHES = 5_000, 500
"""A contract has 300 brackets."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(path: Path, text: str) -> MappingNode:
    """The nodes of the file's text, with their lines; raises `ConfigurationError`."""
    _refuse_too_much(path, text)
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        detail = getattr(error, "problem", None) or str(error)
        raise ConfigurationError(f"{path}:{line}: not valid YAML: {detail}") from error
    if not isinstance(root, MappingNode):
        raise ConfigurationError(f"{path}:1: expected keys and values, found something else")
    return root


def construct(path: Path, root: MappingNode) -> dict[str, Any]:
    """The nodes as plain values; raises `ConfigurationError`, which names the line."""
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


def line_at(root: MappingNode, place: Sequence[int | str]) -> int:
    """The line of the deepest part of that place which stands in the file."""
    node: Node = root
    line = root.start_mark.line
    for part in place:
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


def _refuse_too_much(path: Path, text: str) -> None:
    """The parser calls itself for each level of nesting, and with too many the process ends."""
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise ConfigurationError(f"{path}:1: has more than {_MOST_BRACKETS:,} brackets")
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _MOST_DASHES and line.count("- ") + line.count("? ") > _MOST_DASHES:
            raise ConfigurationError(f"{path}:{number}: is nested too deeply")


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
