"""Which version of the contract each row of a batch follows, and the cells that its version lacks.

A row follows the version that holds on its slot's London day. What a file has in a column that the
version lacks is told and left out; what it does not have there is not asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.conform.conformed_rows import ConformedRows
from pipelines.conform.typed_columns import CARRIED
from pipelines.parse.rows import RowProblem
from pipelines.parse.submission import Submission
from pipelines.registry.carried_words import place_of, word_name
from pipelines.registry.column import Column
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection
from pipelines.validate.judged_rows import Judgement
from pipelines.validate.rejected_values import RowMask
from pipelines.validate.told_years import (
    EMPTY,
    NOT_OF_ITS_YEAR,
    forget_lacking,
    problems_left,
    tell_not_of_its_year,
    version_starts,
)


@dataclass(frozen=True)
class VersionRows:
    """The rows of a batch by the versions of their contract, where these differ."""

    collection: Collection
    positions: npt.NDArray[np.int64]
    """For each row the position of its version; a row without a date follows the last."""

    def mask(self, versions: range) -> RowMask:
        """The rows that follow one of these versions."""
        held: RowMask = (self.positions >= versions.start) & (self.positions < versions.stop)
        return held

    @cached_property
    def present(self) -> frozenset[int]:
        """The positions of the versions that some row follows."""
        return frozenset(np.unique(self.positions).tolist())

    def holds_everywhere(self, versions: range) -> bool:
        """Whether every row follows one of these versions."""
        return all(one in versions for one in self.present)

    def holds_somewhere(self, versions: range) -> bool:
        """Whether some row follows one of these versions."""
        return any(one in versions for one in self.present)

    def years_of(self, rows: slice) -> str | None:
        """The financial years of the versions that these rows follow: '2026-27, 2027-28'."""
        own = np.unique(self.positions[rows]).tolist()
        return ", ".join(self.collection.versions[one].financial_year for one in own) or None


def version_rows(conformed: ConformedRows, collection: Collection) -> VersionRows | None:
    """The rows by version; None where the versions of the contract do not differ."""
    if not collection.differs_by_year:
        return None
    times = conformed.table[collection.time_column].to_numpy(zero_copy_only=False)
    starts = np.array(version_starts(collection), dtype="datetime64[us]")
    positions = np.searchsorted(starts, times.astype("datetime64[us]"), side="right")
    return VersionRows(collection, positions.astype(np.int64))


def leave_out(
    judgement: Judgement,
    conformed: ConformedRows,
    submissions: Sequence[Submission],
    rows: VersionRows,
) -> ConformedRows:
    """The rows without the values that their version has no column for, each of which is told.

    Of such cells nothing else is said: not that they are empty, unreadable or lack a heading.
    """
    table, problems = conformed.table, dict(conformed.problems)
    for column in rows.collection.columns:
        if not column.names_years:
            continue
        out = ~rows.mask(rows.collection.versions_of(column))
        _ask_for_less(submissions, conformed, column, out)
        if not out.any():
            continue
        has_value = table[column.name].is_valid().to_numpy()
        has_value = has_value | _unreadable(conformed, problems, column)
        problems = {
            number: _without(own, column, out[conformed.starts[number] :])
            for number, own in problems.items()
        }
        _tell(judgement, conformed.starts, submissions, column, np.flatnonzero(out & has_value))
        at = table.schema.get_field_index(column.name)
        kept = pc.if_else(pa.array(out), pa.scalar(None, table[column.name].type), table[at])
        table = table.set_column(at, table.schema.field(at), kept)
        table = _not_carried(table, rows.collection, column, out)
    return replace(conformed, table=table, problems={n: own for n, own in problems.items() if own})


def _ask_for_less(
    submissions: Sequence[Submission], conformed: ConformedRows, column: Column, out: RowMask
) -> None:
    """A submission of which no row is in the column's years is not asked for its heading."""
    for number, submission in enumerate(submissions):
        own = out[_rows_of(conformed, submission, number)]
        if not len(own) or not own.all():
            continue
        forget_lacking(submission, column)


def _rows_of(conformed: ConformedRows, submission: Submission, number: int) -> slice:
    start = conformed.starts.get(number)
    return slice(0, 0) if start is None else slice(start, start + len(submission))


def _unreadable(
    conformed: ConformedRows, problems: Mapping[int, Sequence[RowProblem]], column: Column
) -> RowMask:
    """The cells of the column that have a text, and no value that it stands for."""
    found = np.zeros(conformed.table.num_rows, dtype=np.bool_)
    for number, own in problems.items():
        for one in own:
            if one.column_name == column.name and one.code != EMPTY:
                found[np.asarray(one.rows, dtype=np.int64) + conformed.starts[number]] = True
    return found


def _without(problems: Sequence[RowProblem], column: Column, out: RowMask) -> list[RowProblem]:
    """The problems of a submission that are left; `out` begins with its first row."""
    return problems_left(problems, column, lambda row: bool(out[row]))


def _not_carried(table: pa.Table, collection: Collection, column: Column, out: RowMask) -> pa.Table:
    """The rows with the column as one that their file does not have, so that nothing is emptied."""
    word, bit = place_of([one.name for one in collection.measures].index(column.name))
    name = word_name(CARRIED, word)
    carried = table[name].to_numpy().copy()
    carried[out] &= ~np.int64(bit)
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), pa.array(carried))


def _tell(
    judgement: Judgement,
    starts: Mapping[int, int],
    submissions: Sequence[Submission],
    column: Column,
    row_ids: npt.NDArray[np.int64],
) -> None:
    """Each of these values is kept out by itself, and told or counted."""
    if not len(row_ids):
        return
    collection = judgement.collection
    assert collection is not None
    judgement.values.add(column.name, row_ids.tolist(), NOT_OF_ITS_YEAR)
    numbers = judgement.table[SUBMISSION_NUMBER].to_numpy()
    for row_id in row_ids.tolist():
        number = int(numbers[row_id])
        tell_not_of_its_year(
            judgement, row_id - starts[number], number, submissions[number], column
        )
