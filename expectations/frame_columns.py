"""The columns of a frame as arrays of numbers or times, which is what rules compare in one go.

A column of another type is the contract's mistake and raises; left to themselves pandas and
NumPy read times as large numbers and the text '7' as seven. A column without any value has
whatever type its reader gave it, and is taken as any.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = npt.NDArray[np.bool_]
"""One truth value for each row of a frame."""


def read_numbers(column: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """The numbers of a column, NaN for null; raises `TypeError` where it holds anything else."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64)
        return numbers
    _expect_nothing_in(column, "numbers")
    return np.full(len(column), np.nan)


def read_times(column: "pd.Series[Any]") -> npt.NDArray[np.datetime64]:
    """The times of a column in UTC, NaT for null; raises `TypeError` where it holds others."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        times: npt.NDArray[np.datetime64] = column.to_numpy(dtype="datetime64[us]")
        return times
    _expect_nothing_in(column, "times")
    return np.full(len(column), np.datetime64("NaT", "us"))


def mark_by_value(column: "pd.Series[Any]", is_wrong: Callable[[Any], bool]) -> Rows:
    """The rows with a value that is wrong; each distinct value is asked about once, nulls never."""
    places, distinct = pd.factorize(column)
    # A null has the place -1, which is the last.
    wrong = np.array([*map(is_wrong, distinct), False], dtype=np.bool_)
    rows: Rows = wrong[places]
    return rows


def _expect_nothing_in(column: "pd.Series[Any]", wanted: str) -> None:
    if column.notna().any():
        raise TypeError(f"column {column.name} holds {column.dtype}, not {wanted}")
