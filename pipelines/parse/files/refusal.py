"""How a reader says that a whole file is of no use."""

from collections.abc import Sequence

from pipelines.findings.finding import Finding


class Refusal(Exception):
    """The file cannot be read as its format; `finding` is what its sender is told."""

    def __init__(self, finding: Finding, rows: Sequence[Sequence[str]] = ()) -> None:
        """`rows` are those that a header was looked for in."""
        super().__init__(finding.message)
        self.finding = finding
        self.rows = rows
