"""What findings cost: rows and values that are kept out, submissions that are refused."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.findings.capped_findings import CappedFindings
from pipelines.registry.contract import Collection
from pipelines.registry.severity import Severity


@dataclass
class ValueCodes:
    """`codes[column][row id]` holds why the value of that cell is rejected."""

    codes: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.codes)

    def add(self, column_name: str, row_ids: Iterable[int], code: str) -> None:
        """The values of these rows in that column are rejected, for that reason too."""
        own = self.codes.setdefault(column_name, {})
        for row_id in row_ids:
            codes = own.setdefault(row_id, [])
            if code not in codes:
                codes.append(code)


@dataclass
class Costs:
    """What is told of submissions by their number, and what it costs them.

    `codes[row id]` holds why a row is rejected, `values` which cells are by themselves.
    """

    collection: Collection | None
    findings: dict[int, CappedFindings] = field(
        default_factory=lambda: defaultdict(CappedFindings), kw_only=True
    )
    codes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list), kw_only=True)
    values: ValueCodes = field(default_factory=ValueCodes, kw_only=True)
    refused: set[int] = field(default_factory=set, kw_only=True)
    years: Mapping[int, str | None] = field(default_factory=dict, kw_only=True)
    """The financial years of the versions by which each submission's rows were judged."""

    def find(self, severity: Severity, code: str, row_id: int, number: int) -> None:
        """The row, or its whole submission, bears what a finding of that severity costs."""
        if severity is Severity.REJECT_ROW:
            codes = self.codes[row_id]
            if code not in codes:
                codes.append(code)
        elif severity is Severity.REJECT_SUBMISSION:
            self.refused.add(number)
