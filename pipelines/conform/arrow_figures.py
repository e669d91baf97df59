"""The figures of a file's organisations, from rows in an Arrow table."""

from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.column import Column
from pipelines.registry.contract import Collection


class ArrowFigures:
    """The rows of one file by day; one whose day cannot be read, or is too early, has none."""

    def __init__(self, rows: pa.Table, collection: Collection) -> None:
        self.rows, self._time = rows, collection.time_column

    def days(self) -> list[date]:
        """The days or months of the rows, each once."""
        found: list[date] = pc.unique(self.rows[self._time].drop_null()).to_pylist()
        return found

    def sums(self, column: Column) -> dict[date, float]:
        """What the rows make of the column by day, as its `national` says."""
        rows, days, index = self._by_day
        totals = np.bincount(
            index, weights=_weights(rows[column.name], column), minlength=len(days)
        )
        return dict(zip(days, totals.tolist(), strict=True))

    @cached_property
    def _by_day(self) -> tuple[pa.Table, list[date], npt.NDArray[np.int32]]:
        rows = self.rows
        if rows[self._time].null_count:
            rows = rows.filter(pc.is_valid(rows[self._time]))
        days = rows[self._time].combine_chunks().dictionary_encode()
        return rows, days.dictionary.to_pylist(), days.indices.to_numpy(zero_copy_only=False)


def _weights(values: pa.ChunkedArray, column: Column) -> npt.NDArray[np.float64]:
    """What each row adds to the national figure."""
    numbers: npt.NDArray[np.float64] = pc.fill_null(pc.cast(values, pa.float64()), 0.0).to_numpy()
    return (numbers > 0).astype(np.float64) if column.national == "count_reporting" else numbers
