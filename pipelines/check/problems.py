"""The problems of a file, the same one of many rows once, the most costly first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipelines.check.checked import CheckedFile
from pipelines.registry.severity import Severity

COSTS: dict[str, str] = {
    Severity.REJECT_SUBMISSION: "the file would be refused",
    Severity.REJECT_ROW: "the row would be kept out",
    Severity.REJECT_VALUE: "the value would be left out; its row would be loaded",
    Severity.WARN: "to check; it would be loaded as sent",
    Severity.INFO: "for information",
}
"""What a problem costs, the worst first."""

_PLACES_SHOWN = 8
"""Places of one problem that a report shows; more are counted."""


@dataclass(frozen=True, slots=True)
class CheckedPlace:
    """One place of a problem, and what stands there."""

    where: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckedProblem:
    """One code in one column: what it costs, where it is, why it is one, and how to fix it."""

    code: str
    severity: str
    costs: str
    column: str
    heading: str
    """The file's own heading of the column; empty where it has none."""
    message: str
    """Of the first place."""
    fix: str
    count: int
    places: tuple[CheckedPlace, ...]

    @property
    def is_alike(self) -> bool:
        """Whether all places say the same, so that one sentence is enough."""
        return len({one.message for one in self.places}) == 1

    @property
    def left(self) -> int:
        """How many places are not shown."""
        return self.count - len(self.places)


def problems_of(file: CheckedFile) -> list[CheckedProblem]:
    """The file's problems: the most costly first, of these what has the most places."""
    headings = {one.column: one.found or "" for one in file.headings if one.column}
    worst_first = list(COSTS)

    def kind(line: Mapping[str, Any]) -> tuple[int, str, str]:
        return worst_first.index(line["severity"]), line["code"], line.get("column_name") or ""

    found = [
        _problem(list(alike), headings)
        for _, alike in groupby(sorted(file.lines, key=kind), key=kind)
    ]
    return sorted(found, key=lambda one: (worst_first.index(one.severity), -one.count))


def _problem(lines: Sequence[Mapping[str, Any]], headings: Mapping[str, str]) -> CheckedProblem:
    first = lines[0]
    column = first.get("column_name") or ""
    return CheckedProblem(
        code=first["code"],
        severity=first["severity"],
        costs=COSTS[first["severity"]],
        column=column,
        heading=headings.get(column, ""),
        message=first["message"],
        fix=first["fix"],
        count=len(lines) + sum(line.get("more") or 0 for line in lines),
        places=tuple(_places(lines[:_PLACES_SHOWN])),
    )


def _places(lines: Sequence[Mapping[str, Any]]) -> Iterator[CheckedPlace]:
    for line in lines:
        row, letter, sheet = line.get("row"), line.get("column"), (line.get("sheet") or "").strip()
        parts = [
            f"sheet {sheet}" if sheet else "",
            f"row {row}" if row else "",
            f"column {letter}" if letter else "",
            line.get("org_code") or "",
            line.get("slot") or "",
        ]
        where = ", ".join(one for one in parts if one)
        yield CheckedPlace(where or "the whole file", line.get("value") or "", line["message"])
