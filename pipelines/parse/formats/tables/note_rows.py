"""The rows of a table that are no data: a text that is filled down a sheet is told once."""

from pipelines.base.settings import settings
from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Place, finding

_PLACES_OF_A_TEXT = 3
"""The same text is told at so many places, and counted at the others."""


class NoteRows:
    """The notes of one sheet. What a note costs does not grow with how often it is repeated."""

    def __init__(self, sheet: str | None) -> None:
        self._sheet = sheet
        self._told: list[tuple[int, str]] = []
        self._seen: dict[str, int] = {}
        self._most = settings().most_places
        self.count = 0

    def add(self, number: int, row: list[str]) -> None:
        """The row of that number, counted from 1, is a note."""
        self.count += 1
        if len(self._told) == self._most:
            return
        told = " ".join(filter(None, map(str.strip, row)))
        seen = self._seen.get(told, 0)
        if seen < _PLACES_OF_A_TEXT:
            self._seen[told] = seen + 1
            self._told.append((number, told))

    def tell(self, findings: CappedFindings) -> None:
        """Each note is told, or counted by the last one that is."""
        for number, told in self._told:
            findings.append(finding("SHEET-004", place=Place(self._sheet, number), value=told))
        if self.count > len(self._told):
            findings.add_more("SHEET-004", None, self.count - len(self._told))
