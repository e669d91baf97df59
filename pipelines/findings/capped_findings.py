"""The findings of one submission, of which each kind is told at some places and then counted."""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.base.settings import settings
from pipelines.findings.finding import Finding

_Kind = tuple[str, str | None]
"""Code and column."""


class CappedFindings(list[Finding]):
    """Findings in their order; of a code in a column at most `most_places`.

    What is beyond is counted in `more` of the last one of that kind, so that a column of a
    million wrong cells costs no more than fifty.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        super().__init__()
        self._most = settings().most_places
        self._told: dict[_Kind, int] = {}
        self._last: dict[_Kind, int] = {}
        self.extend(findings)

    def append(self, found: Finding) -> None:
        """The finding is told, or counted where there are enough of its kind."""
        kind = (found.code, found.column_name)
        told = self._told.get(kind, 0)
        if told == self._most:
            self.add_more(*kind, 1 + found.more)
            return
        super().append(found)
        self._last[kind] = len(self) - 1
        self._told[kind] = self._most if found.more else told + 1

    def extend(self, findings: Iterable[Finding]) -> None:
        """Each is told or counted."""
        for found in findings:
            self.append(found)

    def __iadd__(self, findings: Iterable[Finding]) -> "CappedFindings":  # type: ignore[override,misc]
        self.extend(findings)
        return self

    def room(self, code: str, column_name: str | None) -> int:
        """How many more of that kind are told."""
        return self._most - self._told.get((code, column_name), 0)

    def add_more(self, code: str, column_name: str | None, number: int) -> None:
        """So many more of a kind that has been told are counted, and not told."""
        at = self._last[code, column_name]
        self[at] = replace(self[at], more=self[at].more + number)
