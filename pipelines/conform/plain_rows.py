"""The rows of one submission as lists of Python values: what a check needs, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.conform.typed_columns import (
    Part,
    Problems,
    bits_of,
    check_reporters,
    conform_by_marks,
    conform_column,
)
from pipelines.parse.rows import ParsedRows
from pipelines.registry.column import Column
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection
from pipelines.registry.format import DecimalMark


@dataclass(frozen=True)
class PlainRows:
    """The rows of one submission, with every column of the contract and `submission_number`.

    Counts and levels are int, decimals float, days and months date, slots datetime in UTC without
    zone, all else str; None where there is nothing. Bit k of `carried` is set where the file has
    a cell for measure k.
    """

    collection: Collection
    columns: dict[str, list[Any]]
    carried: list[int]
    problems: Problems
    length: int

    def days(self) -> list[date]:
        """The days or months of the rows, each once."""
        times = self.columns[self.collection.time_column]
        return [one for one in dict.fromkeys(times) if one is not None]

    def sums(self, column: Column) -> dict[date, float]:
        """What the rows make of the column by day, as its `national` says."""
        is_count = column.national == "count_reporting"
        found: dict[date, float] = {}
        times = self.columns[self.collection.time_column]
        for day, value in zip(times, self.columns[column.name], strict=True):
            if day is not None:
                number = float(value or 0.0)
                weight = float(number > 0) if is_count else number
                found[day] = found.get(day, 0.0) + weight
        return found


def conform_plain(part: Part, collection: Collection) -> PlainRows:
    """The rows of the submission."""
    return conform_by_marks([part], collection, lambda marks: _conform(part, collection, marks))


def _conform(part: Part, collection: Collection, marks: Mapping[int, DecimalMark]) -> PlainRows:
    problems: Problems = {part.number: list(part.parsed.problems)}
    columns: dict[str, list[Any]] = {}
    for column in collection.columns:
        values = conform_column([part], column, collection, problems, marks)
        if column.type == "decimal":
            values = [None if one is None else float(one) for one in values]
        columns[column.name] = values
    check_reporters([part], collection, problems)
    columns[SUBMISSION_NUMBER] = [part.number] * len(part.parsed)
    carried = _carried(part.parsed, collection)
    return PlainRows(collection, columns, carried, problems, len(part.parsed))


def _carried(parsed: ParsedRows, collection: Collection) -> list[int]:
    measures = tuple(column.name for column in collection.measures)
    bits = [bits_of(tuple(parsed.texts), measures)] * len(parsed)
    partly = parsed.places.partly_carried()
    for bit, name in enumerate(measures):
        for row, has_cell in enumerate(partly.get(name, ())):
            if not has_cell:
                bits[row] &= ~(1 << bit)
    return bits
