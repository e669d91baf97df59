"""All rows of a batch, and which of them, and of their values, are kept out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.parse.rows import ParsedRows
from pipelines.parse.submission import Submission
from pipelines.registry.contract import SUBMISSION_NUMBER
from pipelines.validate.costs import Costs
from pipelines.validate.rejected_values import QuarantinedValue, RejectedValues, RowMask


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that is kept out, with all its cells and the codes of why."""

    number: int
    row: int
    parsed: ParsedRows
    codes: tuple[str, ...]


@dataclass
class Judgement(Costs):
    """All rows of a batch, and what they cost; `starts` has each submission's first row id."""

    table: pa.Table
    starts: Mapping[int, int] = field(default_factory=dict)
    values: RejectedValues = field(default_factory=RejectedValues, kw_only=True)

    def quarantined_counts(self) -> dict[int, int]:
        """How many rows of each submission are rejected; those that have none are left out."""
        rejected = self._numbers()[list(self.codes)]
        numbers, counts = np.unique(rejected, return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    def accepted(self, refused: set[int]) -> pa.Table:
        """The rows that no rule rejects, of the submissions that are not refused.

        Values that are rejected by themselves are missing there and count as not carried.
        """
        table = self.table
        if self.values:
            assert self.collection is not None
            table = self.values.take_out(table, self.collection)
        if not self.codes and not refused and not self.refused:
            return table
        return table.filter(pa.array(self._is_accepted(refused)))

    def rejected_value_counts(self) -> dict[int, int]:
        """How many values of each submission are rejected in rows that are not."""
        if not self.values:
            return {}
        return self.values.count_by(self._numbers(), self._is_accepted(set()))

    def quarantined_values(
        self, submissions: Sequence[Submission], refused: set[int]
    ) -> Iterator[QuarantinedValue]:
        """The rejected values of the rows that `accepted` gives, row by row."""
        if not self.values:
            return
        numbers = self._numbers()
        for row_id, name, codes in self.values.in_rows(self._is_accepted(refused)):
            number = int(numbers[row_id])
            parsed = submissions[number].parsed
            assert parsed is not None
            yield QuarantinedValue(number, row_id - self.starts[number], parsed, name, codes)

    def _is_accepted(self, refused: set[int]) -> RowMask:
        keep = np.ones(self.table.num_rows, dtype=np.bool_)
        keep[list(self.codes)] = False
        keep &= ~np.isin(self._numbers(), list(refused | self.refused))
        return keep

    def quarantine(
        self, submissions: Sequence[Submission], refused: set[int]
    ) -> Iterator[QuarantinedRow]:
        """The rejected rows, and all rows of submissions that are refused, in their order."""
        numbers = self._numbers()
        wanted = set(self.codes) | set(np.flatnonzero(np.isin(numbers, list(refused))).tolist())
        for row_id in sorted(wanted):
            number = int(numbers[row_id])
            parsed = submissions[number].parsed
            assert parsed is not None
            codes = tuple(self.codes.get(row_id, ()))
            yield QuarantinedRow(number, row_id - self.starts[number], parsed, codes)

    def _numbers(self) -> npt.NDArray[np.int32]:
        numbers: npt.NDArray[np.int32] = self.table[SUBMISSION_NUMBER].to_numpy()
        return numbers
