"""Whether a rule takes more or less than it did, as far as its kwargs tell."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any

from pipelines.registry.contract import Rule

_UP_IS_STRICTER = {"min_value": True, "mostly": True, "max_value": False, "tolerance_pct": False}
_MORE_IS_STRICTER = {"column_list": True, "pairs": True, "value_set": False}
_ADDS_UP = ("sum", "unique")
"""In types of these names another column in the list makes neither stricter nor looser."""


class Strictness(StrEnum):
    """How a rule compares with what it was."""

    SAME = "the same"
    STRICTER = "stricter"
    LOOSER = "looser"
    CHANGED = "changed"


def compare_rules(old: Rule, new: Rule) -> tuple[Strictness, str]:
    """How the new form of a rule compares with the old one, and what differs, in words."""
    if old.expectation != new.expectation:
        return Strictness.CHANGED, f"it is {new.expectation} and was {old.expectation}"
    found = list(_compare(old, new))
    if not found:
        return Strictness.SAME, ""
    kinds = {kind for kind, _ in found}
    strictness = kinds.pop() if len(kinds) == 1 else Strictness.CHANGED
    return strictness, "; ".join(told for _, told in found)


def _compare(old: Rule, new: Rule) -> Iterator[tuple[Strictness, str]]:
    for name in sorted(old.kwargs.keys() | new.kwargs.keys()):
        before, after = old.kwargs.get(name), new.kwargs.get(name)
        if before == after:
            continue
        if name == "limits" and isinstance(before, dict) and isinstance(after, dict):
            yield from _limits(before, after)
        elif name in _UP_IS_STRICTER:
            yield _bound(name, before, after)
        elif name in _MORE_IS_STRICTER and isinstance(before, list) and isinstance(after, list):
            yield from _members(name, before, after, new.expectation)
        else:
            yield Strictness.CHANGED, f"{name} is {_told(after)} and was {_told(before)}"


def _limits(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[Strictness, str]]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield _bound(f"the limit of {name}", before.get(name), after.get(name), False)


def _bound(
    name: str, before: Any, after: Any, up_is_stricter: bool | None = None
) -> tuple[Strictness, str]:
    """A bound that is new is stricter, one that is gone is looser."""
    told = f"{name} is {_told(after)} and was {_told(before)}"
    if before is None or after is None:
        return (Strictness.LOOSER if after is None else Strictness.STRICTER), told
    if not _comparable(before, after):
        return Strictness.CHANGED, told
    stricter = _UP_IS_STRICTER[name] if up_is_stricter is None else up_is_stricter
    return (Strictness.STRICTER if (after > before) == stricter else Strictness.LOOSER), told


def _comparable(before: Any, after: Any) -> bool:
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    return numbers or (isinstance(before, date) and type(before) is type(after))


def _members(
    name: str, before: list[Any], after: list[Any], expectation: str
) -> Iterator[tuple[Strictness, str]]:
    more = [one for one in after if one not in before]
    fewer = [one for one in before if one not in after]
    is_clear = not any(word in expectation for word in _ADDS_UP)
    for members, verb, stricter in (
        (more, "has also", _MORE_IS_STRICTER[name]),
        (fewer, "no longer has", not _MORE_IS_STRICTER[name]),
    ):
        if members:
            kind = Strictness.STRICTER if stricter else Strictness.LOOSER
            told = f"{name} {verb} {', '.join(map(_told, members))}"
            yield (kind if is_clear else Strictness.CHANGED), told
    if not more and not fewer:
        yield Strictness.CHANGED, f"{name} is in another order"


def _told(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(map(str, value))
    return "not given" if value is None else str(value)
