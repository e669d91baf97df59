"""What a feed file would say of one column, and why, or why it says nothing of it yet."""

from dataclasses import dataclass, field
from typing import Any

from pipelines.onboard.heading_match import HeadingRead, Likeness
from pipelines.onboard.table_choice import ChosenTable
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.format import DecimalMark


@dataclass
class ColumnDraft:
    """One column of the contract in a feed file that is being made."""

    column: str
    heading: HeadingRead | None = None
    constant: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    """What stands beside the headings: format, zone, given_in and the like."""
    likeness: Likeness | None = None
    left_out: str | None = None
    """Why the column is left out, where it is: a question is open, or its cells cannot be read."""
    remark: str = ""
    totals: list[str] = field(default_factory=list)
    """Texts in place of a day or a code that somebody called lines of totals."""

    @property
    def is_written(self) -> bool:
        """Whether the feed file has the column."""
        return self.left_out is None

    def leave_out(self, why: str) -> None:
        """The column is left out for that reason; the first one counts."""
        self.left_out = self.left_out or why


@dataclass
class FeedDraft:
    """What was decided of a sample, and what was not."""

    contract: Collection
    provider: str
    table: ChosenTable
    columns: dict[str, ColumnDraft] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    """Headings that no column is for."""
    unknown: list[str] = field(default_factory=list)
    """Headings that nothing is known of; each file that has them is told so."""
    missing: list[str] = field(default_factory=list)
    totals: list[str] = field(default_factory=list)
    """What stands first in lines that are no data."""
    decimal_mark: DecimalMark = "auto"
    reports_for: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)

    @property
    def lacking(self) -> list[Column]:
        """Measures that the sample has no heading for, but for optional ones."""
        measures = self.contract.measures
        return [one for one in measures if one.name not in self.columns and not one.optional]
