"""Which of many like cases are tried each time; the others are tried by `make test-long`."""

from collections.abc import Iterable
from typing import Any

import pytest


def others_are_long(cases: Iterable[Any], *each_time: Any) -> list[Any]:
    """The cases to parametrize a test with; those that are not in `each_time` are long.

    Raises `ValueError` where one of `each_time` is no case.
    """
    cases = list(cases)
    if lacking := [one for one in each_time if one not in cases]:
        raise ValueError(f"no such cases: {lacking}")
    return [one if one in each_time else _long(one) for one in cases]


def _long(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    name = case.__name__ if callable(case) else None
    return pytest.param(*values, marks=pytest.mark.long, id=name)
