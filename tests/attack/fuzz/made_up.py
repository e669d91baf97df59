"""Documents that Hypothesis makes up from nothing: any JSON, any table."""

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

_texts = st.text(max_size=12)
_numbers = st.one_of(
    st.integers(),
    st.integers(0, 400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.decimals(allow_nan=False).map(str),
)
_times = st.one_of(st.datetimes().map(str), st.dates().map(str), st.times().map(str))
cells = st.one_of(_texts, _numbers.map(str), _times, st.just(""))
"""Texts of one cell."""
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts, _times),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)
    ),
    max_leaves=12,
)
"""Values of JSON."""


def overlays(number: int, count: int) -> list[dict[str, Any]]:
    """For each of `count` files: texts and values to put into it, the same for the same number."""
    found: list[dict[str, Any]] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.fixed_dictionaries({"cells": st.lists(cells, max_size=8), "value": values}))
    def collect(one: dict[str, Any]) -> None:
        found.append(one)

    collect()
    return found or [{"cells": [], "value": None}]


def as_json(value: Any) -> bytes:
    """The value as a document; lone surrogates and NaN stay in it."""
    return json.dumps(value).encode("utf-8", "surrogatepass")
