"""JSON to objects: one object, an array of them, or an object on each line."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pipelines.base.number_text import NumberText
from pipelines.base.settings import settings
from pipelines.base.whole_text import whole
from pipelines.findings.finding import Place, finding
from pipelines.parse.files.limits import refuse_beyond, too_large
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.tables.glued_exports import BYTE_ORDER_MARK
from pipelines.parse.formats.tables.records import Objects

_PAIR = re.compile(r'"\s*:')
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_DEEPEST = 8
"""Levels of objects within objects that are looked into."""


class _RepeatedKey(ValueError):
    """An object has a key twice."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counted = Counter(key for key, _ in pairs)
        repeated = next(key for key, count in counted.items() if count > 1)
        raise _RepeatedKey(f"the key '{repeated}' stands twice in one object")
    return found


# Numbers stay the text that they are: whether 7.0 is a count is decided where types are known.
# Tabs and the like inside of texts break no rule that matters to a table.
_DECODER = json.JSONDecoder(
    strict=False,
    parse_float=NumberText,
    parse_int=str,
    parse_constant=str,
    object_pairs_hook=_without_repeats,
)


def read_objects(text: str, path: str | None, carried: Collection[str] = ()) -> Objects:
    """The objects at `path` ('data.rows'; None: the whole file), inner ones as 'outer.inner'.

    Lists on the way are gone through. `carried` are paths of values outside of the objects that
    each object below them takes along under that path.

    Raises `Refusal` where the text is no JSON or has something else than objects there.
    """
    _refuse_too_many(text)
    try:
        stated, glued_at = _load_parted(text, path, carried)
    except (ValueError, RecursionError) as error:
        told = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refusal(finding("FILE-014", value=told)) from error
    objects: list[dict[str, str]] = []
    numbers: list[int] = []
    for number, one in stated:
        if not isinstance(one, dict):
            raise Refusal(finding("FILE-014", value=f"entry {number} is no object"))
        flat: dict[str, str] = {}
        _flatten(one, "", flat, 0)
        if flat:
            objects.append(flat)
            numbers.append(number)
    is_whole = _HALF.search(text) is None
    if not is_whole:
        repaired = [{whole(key): whole(own) for key, own in one.items()} for one in objects]
        is_whole, objects = repaired == objects, repaired
    keys = tuple(dict.fromkeys(key for one in objects for key in one))
    refuse_beyond(rows=len(objects), columns=len(keys), cells=len(objects) * len(keys))
    rows = [[one.get(key) for key in keys] for one in objects]
    return Objects(keys, rows, numbers, is_whole, glued_at, not stated)


def _refuse_too_many(text: str) -> None:
    """Raises `Refusal` where the text has more pairs, entries or objects than a file may have.

    Signs in texts count too; times have two colons each, so the signs alone say it seldom.
    """
    most = settings().most_cells
    if text.count(":") > most and sum(1 for _ in _PAIR.finditer(text)) > most:
        raise too_large(f"more than {most:,} values")
    if text.count(",") + text.count("{") + text.count("[") > 3 * most:
        raise too_large(f"more than {3 * most:,} entries")


def _load_parted(
    text: str, path: str | None, carried: Collection[str]
) -> tuple[list[tuple[int, Any]], int | None]:
    """Every object with its number, and the line of a second export if one is glued to the first.

    Raises `Refusal` where the two are no JSON Lines.
    """
    try:
        return _load(text, path, carried), None
    except ValueError as error:
        at = text.find(BYTE_ORDER_MARK)
        if at < 0:
            raise
        row = text.count("\n", 0, at) + 1
        refusal = Refusal(finding("FILE-029", place=Place(None, row), row=row))
        try:
            stated = _load(text.replace(f"\n{BYTE_ORDER_MARK}", "\n"), path, carried)
        except ValueError:
            raise refusal from error
        if any(type(one) is not dict for _, one in stated):
            raise refusal from error
        return stated, row


def _load(text: str, path: str | None, carried: Collection[str]) -> list[tuple[int, Any]]:
    """Every object with its number: its line, or its place in the array."""
    begin = len(text) - len(text.lstrip())
    whole, end = _DECODER.raw_decode(text, begin)
    if text[end:].strip():
        # JSON Lines end at line feeds; U+2028 and the like may stand inside of a text.
        lines = enumerate(text.split("\n"), start=1)
        return [(number, _DECODER.decode(line)) for number, line in lines if line.strip()]
    found = list(_at_path(whole, path.split("."), carried)) if path else [(whole, _NOTHING)]
    if not found:
        raise ValueError(f"there is nothing at '{path}'")
    objects = [
        {**outer, **one} if outer and isinstance(one, dict) else one
        for inner, outer in found
        for one in (inner if isinstance(inner, list) else [inner])
    ]
    return list(enumerate(objects, start=1))


def find_lists(objects: Objects) -> list[str]:
    """The keys under which the objects hold lists of objects."""
    columns = zip(objects.keys, zip(*objects.rows, strict=True), strict=False)
    return [key for key, cells in columns if any((one or "").startswith("[{") for one in cells)]


class _Everything(frozenset[str]):
    """Every path."""

    def __contains__(self, path: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


EVERYTHING: Collection[str] = _Everything()
"""To be carried: whatever stands outside of the objects."""


_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _at_path(
    value: Any, steps: Sequence[str], carried: Collection[str], done: int = 0
) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """What stands at the path, and of the objects above it the values that are carried."""
    if done == len(steps):
        yield value, _NOTHING
        return
    gone = ".".join(steps[:done])
    for number, one in enumerate(value if isinstance(value, list) and done else [value], start=1):
        if not isinstance(one, dict) or steps[done] not in one:
            if isinstance(value, list) and done:
                raise ValueError(f"entry {number} at '{gone}' has no '{steps[done]}'")
            continue
        own: dict[str, Any] = {}
        if carried:
            flat: dict[str, str] = {}
            beside = {key: inner for key, inner in one.items() if key != steps[done]}
            _flatten(beside, f"{gone}." if gone else "", flat, 0)
            own = {key: text for key, text in flat.items() if key in carried}
        for inner, outer in _at_path(one[steps[done]], steps, carried, done + 1):
            yield inner, {**own, **outer}


def _flatten(value: dict[str, Any], before: str, flat: dict[str, str], depth: int) -> None:
    for key, inner in value.items():
        name = f"{before}{key}"
        if isinstance(inner, str):
            flat[name] = inner
        elif isinstance(inner, dict) and depth < _DEEPEST:
            _flatten(inner, f"{name}.", flat, depth + 1)
        elif inner is None:
            flat[name] = ""
        else:
            flat[name] = json.dumps(inner)
