"""An Arrow table as the pandas frame that Great Expectations validates."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.types as pat


class FrameWithoutHash(pd.DataFrame):  # type: ignore[misc] # pandas is untyped here
    """A frame whose values Great Expectations does not hash: nobody reads the hash.

    It looks at the size of a frame first, and takes no hash of a very large one.
    """

    def memory_usage(self, *_args: Any, **_kwargs: Any) -> "pd.Series[float]":
        """More than any size that is hashed."""
        return pd.Series([np.inf])


def to_frame(table: pa.Table, row_id: str) -> pd.DataFrame:
    """The table as rows by columns for Great Expectations, with the column `row_id` as index.

    Numbers and truth values are float64 with NaN for null (exact for integers up to 2**53), days
    and times are UTC in microseconds with NaT, all else is text.
    """
    # An index with a name would turn every failing row id into a dictionary with its values.
    index = pd.Index(table.column(row_id).to_numpy(), name=None)
    columns = {
        name: _to_pandas(table.column(name)) for name in table.column_names if name != row_id
    }
    frame = FrameWithoutHash(columns, index=index)
    # Every look-up of a column by name is faster than with pandas' own type for texts.
    frame.columns = frame.columns.astype(object)
    return frame


def _to_pandas(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pat.is_temporal(kind) and not pat.is_time(kind) and not pat.is_duration(kind):
        # Only for times with a zone does Great Expectations compare a column in one go in any
        # unit; without one it asks for nanoseconds, which cannot hold a mistyped year 9999.
        in_utc = column.cast(pa.timestamp("us", tz="UTC")).to_numpy()
        return pd.array(in_utc, dtype="datetime64[us, UTC]")
    if pat.is_string(kind) or pat.is_large_string(kind) or pat.is_dictionary(kind):
        return column.cast(pa.string()).to_pandas().array
    # Nullable integers of pandas are slower here, and NA where Great Expectations expects False.
    return column.cast(pa.float64(), safe=False).to_numpy()
