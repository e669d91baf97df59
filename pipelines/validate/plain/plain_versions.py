"""Which version of its contract each row of one submission follows, in plain Python.

The twin of `validate.version_rows`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.conform.plain_rows import PlainRows
from pipelines.parse.rows import RowProblem
from pipelines.parse.submission import Submission
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.validate.costs import Costs
from pipelines.validate.told_years import (
    EMPTY,
    NOT_OF_ITS_YEAR,
    forget_lacking,
    problems_left,
    tell_not_of_its_year,
    version_starts,
)


@dataclass(frozen=True)
class PlainVersions:
    """For each row the position of its version; a row without a date follows the last."""

    collection: Collection
    positions: list[int]

    def rows_of(self, versions: range) -> list[int]:
        """The rows that follow one of these versions."""
        return [row for row, position in enumerate(self.positions) if position in versions]

    def years(self) -> str | None:
        """The financial years of the versions that the rows follow: '2026-27, 2027-28'."""
        versions = self.collection.versions
        own = sorted(set(self.positions))
        return ", ".join(versions[one].financial_year for one in own) or None


def plain_versions(rows: PlainRows) -> PlainVersions | None:
    """The rows by version; None where the versions of the contract do not differ."""
    collection = rows.collection
    if not collection.differs_by_year:
        return None
    starts: Sequence[Any] = version_starts(collection)
    positions = [
        len(starts) if time is None else bisect_right(starts, time)
        for time in rows.columns[collection.time_column]
    ]
    return PlainVersions(collection, positions)


def leave_out_plain(
    costs: Costs, rows: PlainRows, number: int, submission: Submission, versions: PlainVersions
) -> PlainRows:
    """The rows without the values that their version has no column for, each of which is told."""
    collection = rows.collection
    measures = [one.name for one in collection.measures]
    columns, carried = dict(rows.columns), list(rows.carried)
    problems: Sequence[RowProblem] = rows.problems.get(number, ())
    for column in collection.columns:
        if not column.names_years:
            continue
        of_column = collection.versions_of(column)
        out = [row for row, at in enumerate(versions.positions) if at not in of_column]
        if out and len(out) == rows.length:
            forget_lacking(submission, column)
        if not out:
            continue
        values = list(columns[column.name])
        unreadable = _unreadable(problems, column)
        problems = problems_left(problems, column, frozenset(out).__contains__)
        given = [row for row in out if values[row] is not None or row in unreadable]
        if given:
            costs.values.add(column.name, given, NOT_OF_ITS_YEAR)
        for row in given:
            tell_not_of_its_year(costs, row, number, submission, column)
        bit = 1 << measures.index(column.name)
        for row in out:
            values[row] = None
            carried[row] &= ~bit
        columns[column.name] = values
    return replace(rows, columns=columns, carried=carried, problems={number: list(problems)})


def _unreadable(problems: Sequence[RowProblem], column: Column) -> frozenset[int]:
    """The rows whose cell of the column has a text, and no value that it stands for."""
    return frozenset(
        row
        for one in problems
        if one.column_name == column.name and one.code != EMPTY
        for row in one.rows
    )
