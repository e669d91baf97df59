"""The columns that a rule's kwargs name, whichever type of rule it is."""

from collections.abc import Iterator, Mapping
from typing import Any

_ONE = ("column", "column_A", "column_B", "total")
_SEVERAL = ("column_list", "parts")


def columns_named(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a rule's kwargs name, each once, in the order in which they stand.

    Raises `ValueError` where a kwarg that names columns has another shape.
    """
    return tuple(dict.fromkeys(_walk_columns(kwargs)))


def _walk_columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    for key in _ONE[:-1]:
        if key in kwargs:
            yield _one_name(key, kwargs[key])
    for key in _SEVERAL:
        if key in kwargs:
            yield from _names(key, kwargs[key])
    if "total" in kwargs:
        yield _one_name("total", kwargs["total"])
    if "pairs" in kwargs:
        yield from _names_of_pairs(kwargs["pairs"])
    if "limits" in kwargs:
        limits = kwargs["limits"]
        if not isinstance(limits, Mapping):
            raise ValueError(f"limits needs columns with a number each, and is {limits!r}")
        yield from _names("limits", list(limits))


def _one_name(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} needs the name of one column, and is {_told(value)}")
    return value


def _names(key: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{key} needs a list of columns, and is {_told(value)}")
    return list(value)


def _names_of_pairs(pairs: Any) -> Iterator[str]:
    if not isinstance(pairs, list | tuple):
        raise ValueError(f"pairs needs a list of pairs of columns, and is {_told(pairs)}")
    for pair in pairs:
        names = _names("each of pairs", pair)
        if len(names) != 2:
            raise ValueError(f"each of pairs needs two columns, and one is {_told(pair)}")
        yield from names


def _told(value: Any) -> str:
    return "empty" if value is None else repr(value)
