"""Our Great Expectations types about days and times."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.compatibility import pydantic

from expectations.frame_columns import Rows, read_times
from expectations.instants import to_instant
from expectations.row_expectation import RowExpectation

MICROSECONDS_PER_MINUTE = 60_000_000


class ExpectTimesToBeBetween(RowExpectation):
    """Expect every day or time of `column` from `min_value` to `max_value`; nulls pass.

    A bound that is a day is its midnight in UTC, as a day in the column is.
    """

    column: str
    min_value: datetime | None = None
    max_value: datetime | None = None

    @pydantic.validator("min_value", "max_value", pre=True)
    def _is_a_time(cls, bound: Any) -> datetime | None:
        # Left to itself pydantic would take a number for seconds since the epoch.
        if bound is not None and not isinstance(bound, date):
            raise ValueError(f"{bound!r} is neither a day nor a time")
        return bound if bound is None else to_instant(bound)

    @pydantic.root_validator(skip_on_failure=True)
    def _has_a_bound(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if fields["min_value"] is None and fields["max_value"] is None:
            raise ValueError("min_value and max_value cannot both be missing")
        return fields

    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """The rows whose time lies outside."""
        times = read_times(frame[self.column])
        failing = np.zeros(len(times), dtype=np.bool_)
        if self.min_value is not None:
            failing |= times < _to_numpy(self.min_value)
        if self.max_value is not None:
            failing |= times > _to_numpy(self.max_value)
        return failing


class ExpectTimesToBeOnGrid(RowExpectation):
    """Expect every time of `column` a whole multiple of `minutes` after the epoch; nulls pass."""

    column: str
    minutes: int = pydantic.Field(gt=0)

    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """The rows whose time lies between two points of the grid."""
        times = read_times(frame[self.column])
        off_grid = times.view(np.int64) % (self.minutes * MICROSECONDS_PER_MINUTE) != 0
        failing: Rows = off_grid & ~np.isnat(times)
        return failing


def _to_numpy(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
