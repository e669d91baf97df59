"""The rows of many submissions in the typed columns of their collection, cell by cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.conform.typed_columns import (
    Part,
    Problems,
    bits_of,
    carried_columns,
    check_reporters,
    conform_by_marks,
    conform_column,
    words_of_measures,
)
from pipelines.parse.rows import ParsedRows
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection
from pipelines.registry.format import DecimalMark

_ARROW_TYPES: dict[str, pa.DataType] = {
    "count": pa.int32(),
    "decimal": pa.float64(),
    "level": pa.int32(),
    "date": pa.date32(),
    "month": pa.date32(),
    "slot": pa.timestamp("us"),
    "code": pa.string(),
    "text": pa.string(),
}
"""Arrow type of each column type of a contract."""


@dataclass(frozen=True)
class ConformedRows:
    """The rows of all parts, one part after the other.

    `table` has every column of the contract in its order, nulls where a file has none, then
    submission_number and carried. A measure that is not carried keeps the value that is held.
    `problems` are listed by submission number, with rows counted within the submission; the texts
    and places of their cells stay in `Submission.parsed`.
    """

    table: pa.Table
    starts: dict[int, int]
    problems: Problems


def row_schema(collection: Collection | None) -> pa.Schema:
    """The columns of conformed rows."""
    columns = collection.columns if collection else ()
    return pa.schema(
        [
            *((column.name, _ARROW_TYPES[column.type]) for column in columns),
            (SUBMISSION_NUMBER, pa.int32()),
            *((name, pa.int64()) for name in carried_columns(collection)),
        ]
    )


def conform_parts(parts: Sequence[Part], collection: Collection) -> ConformedRows:
    """The rows of all parts as one Arrow table."""
    return conform_by_marks(parts, collection, lambda marks: _conform(parts, collection, marks))


def _conform(
    parts: Sequence[Part], collection: Collection, marks: Mapping[int, DecimalMark]
) -> ConformedRows:
    """The rows of all parts, numbers by the decimal mark of their part where it has one."""
    lengths = [len(part.parsed) for part in parts]
    ends = np.cumsum([0, *lengths])
    problems = {part.number: list(part.parsed.problems) for part in parts}
    columns: list[Any] = [
        pa.array(
            conform_column(parts, column, collection, problems, marks), _ARROW_TYPES[column.type]
        )
        for column in collection.columns
    ]
    check_reporters(parts, collection, problems)
    columns.append(
        pa.array(np.repeat(np.array([part.number for part in parts], np.int32), lengths))
    )
    columns += map(pa.array, _carried(parts, collection))
    starts = {part.number: int(start) for part, start in zip(parts, ends, strict=False)}
    table = pa.Table.from_arrays(columns, schema=row_schema(collection))
    return ConformedRows(table, starts, {number: own for number, own in problems.items() if own})


def _carried(parts: Sequence[Part], collection: Collection) -> Iterator[npt.NDArray[np.int64]]:
    """The bits of all rows, word by word."""
    for own in words_of_measures(collection):
        yield np.fromiter(
            chain.from_iterable(_carried_by(part.parsed, own) for part in parts),
            dtype=np.int64,
            count=sum(len(part.parsed) for part in parts),
        )


def _carried_by(parsed: ParsedRows, measures: tuple[str, ...]) -> Sequence[int]:
    """For each row, the bits of the measures that its file has a cell for."""
    everywhere = bits_of(tuple(parsed.texts), measures)
    partly = parsed.places.partly_carried()
    if not partly:
        return [everywhere] * len(parsed)
    bits = np.full(len(parsed), everywhere, dtype=np.int64)
    for bit, name in enumerate(measures):
        if name in partly:
            bits[~np.asarray(partly[name], bool)] &= ~(1 << bit)
    rows: list[int] = bits.tolist()
    return rows
