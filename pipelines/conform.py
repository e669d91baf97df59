"""Conforms text cells to a collection's typed columns; what does not fit is said cell by cell.

Each distinct text of a column is read once and the result is dealt out to its rows, so the
cost follows the number of different texts and not the number of cells.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.contract import Collection, Column
from pipelines.feed import Feed
from pipelines.rows import ParsedRows

_INT32 = 2**31
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")

ARROW_TYPES: dict[str, pa.DataType] = {
    "count": pa.int32(),
    "decimal": pa.float64(),
    "level": pa.int32(),
    "date": pa.date32(),
    "code": pa.string(),
    "text": pa.string(),
}
"""Arrow type of each column type of a contract."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell that could not be read as its column's type."""

    row: int
    column_name: str
    code: str
    text: str | None


@dataclass(frozen=True)
class ConformedRows:
    """n rows in the collection's columns, nulls where the file has none.

    `carried[i]` has bit k set where row i has a cell for the k-th measure of the contract,
    be it empty: a measure that is not carried keeps the value that is already held.
    """

    table: pa.Table
    carried: npt.NDArray[np.int64]
    problems: list[CellProblem]


def conform(parsed: ParsedRows, collection: Collection, feed: Feed) -> ConformedRows:
    """The rows as an Arrow table with every column of the contract, in its order."""
    missing = {text.casefold() for text in feed.missing} | {""}
    problems: list[CellProblem] = []
    carried = np.zeros(len(parsed), dtype=np.int64)
    columns: dict[str, pa.Array] = {}
    for column in collection.columns:
        if column.name not in parsed.cells:
            columns[column.name] = pa.nulls(len(parsed), ARROW_TYPES[column.type])
            continue
        cells = parsed.cells[column.name]
        read = _reader(column, feed.format.prefixes.get(column.name, ()), missing)
        columns[column.name] = _conform_column(cells.text, column, read, problems)
        if column.name not in collection.key:
            bit = collection.measures.index(column)
            carried |= (cells.row != 0).astype(np.int64) << bit
    problems.sort(key=lambda problem: problem.row)
    return ConformedRows(pa.table(columns), carried, problems)


def read_total(text: str, column: Column, feed: Feed) -> tuple[float | None, str | None]:
    """A national figure as a number (None where it is missing), and the code if it is none."""
    missing = {known.casefold() for known in feed.missing} | {""}
    # England's figure of a level column counts the trusts, so a level is read as a count.
    value, code = _reader(column, (), missing)(text)
    return value, code


_Read = Callable[[str], tuple[Any, str | None]]


def _conform_column(
    texts: npt.NDArray[np.object_], column: Column, read: _Read, problems: list[CellProblem]
) -> pa.Array:
    encoded = pa.array(texts, pa.string(), from_pandas=True).dictionary_encode()
    values: list[Any] = []
    wrong: dict[int, str] = {}
    for number, text in enumerate(encoded.dictionary.to_pylist()):
        value, code = read(text)
        values.append(value)
        if code:
            wrong[number] = code
    typed = pa.array(values, ARROW_TYPES[column.type]).take(encoded.indices)
    if wrong:
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(np.isin(indices, list(wrong))):
            code = wrong[int(indices[row])]
            problems.append(CellProblem(int(row), column.name, code, texts[row]))
    if not column.nullable:
        reported = {problem.row for problem in problems if problem.column_name == column.name}
        empty = np.flatnonzero(typed.is_null().to_numpy(zero_copy_only=False))
        problems += [
            CellProblem(int(row), column.name, "CELL-003", texts[row])
            for row in empty
            if int(row) not in reported
        ]
    return typed


def _reader(column: Column, prefixes: tuple[str, ...], missing: set[str]) -> _Read:
    """The function that reads a text of that column: its value, or the code of what is wrong."""
    typed = {"count": _count, "level": _count, "decimal": _decimal, "date": _day}.get(
        column.type, _text
    )
    words = tuple(prefix.casefold() for prefix in prefixes)

    def read(text: str) -> tuple[Any, str | None]:
        plain = text.replace("\u00a0", " ").strip()
        if plain.casefold() in missing:
            return None, None
        for word in words:
            if plain.casefold().startswith(word):
                plain = plain[len(word) :].strip()
        return typed(plain)

    return read


def _number(text: str) -> float | None:
    """The number, with commas only where they part thousands; None where it is none."""
    if "_" in text or ("," in text and not _THOUSANDS.fullmatch(text)):
        return None
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _count(text: str) -> tuple[int | None, str | None]:
    value = _number(text)
    if value is None:
        return None, "CELL-001"
    if not value.is_integer():
        return None, "CELL-002"
    if abs(value) >= _INT32:
        return None, "CELL-005"
    return int(value), None


def _decimal(text: str) -> tuple[float | None, str | None]:
    value = _number(text)
    return value, None if value is not None else "CELL-001"


def _day(text: str) -> tuple[date | None, str | None]:
    try:
        return date.fromisoformat(text), None
    except ValueError:
        return None, "CELL-004"


def _text(text: str) -> tuple[str, None]:
    return text, None
