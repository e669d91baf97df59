"""How a workbook of the publisher is described: sheets, columns, labels, notes.

Two dialects are known; each stands in a file of its own (`dialect_2016`,
`dialect_2018`). A label that changes within a sheet, a trailing space in a sheet's
name, a misspelt note: all are the publisher's.
"""

from dataclasses import dataclass
from enum import Enum

FIRST_COLUMN = 5
"""Where a sheet's figures begin, counted from 0: column F."""

HEADER_ROW = 14
"""The row of the labels, counted from 0; England is the next, trusts two below it."""

FIRST_TRUST_ROW = 17
"""The row of the first trust, counted from 0."""

STAR_NOTE = "* Some figures of this trust were supplied after the deadline"
WEEKEND_NOTE = (
    "3. Weekend & bank holiday figures reflect the position on the last day of the stated period"
)


class SheetKind(Enum):
    """What a sheet's columns are."""

    ONE_MEASURE = "one column per day, dates in row 15"
    MEASURES = "several columns per day, dates in row 14, measures in row 15"
    PRESSURES = "one column per working day or range of days, text in the cells"


@dataclass(frozen=True)
class SampleColumn:
    """One measure of a sheet; with `share_of`, the rate `measure` / `share_of`."""

    measure: str
    label: str = ""
    variable: str = ""
    later_label: str = ""
    share_of: str = ""


@dataclass(frozen=True)
class Sheet:
    """One worksheet: its name, title, columns and the notes under its table.

    From `relabelled_from` (a share of the winter) columns bear their later label.
    `left_over_lookups` cells stand right of the table. In a `starred` sheet one
    trust's code has a footnote's star glued to it.
    """

    name: str
    title: str
    kind: SheetKind
    columns: tuple[SampleColumn, ...]
    notes: tuple[str, ...] = ()
    relabelled_from: float = 1.0
    left_over_lookups: int = 0
    starred: bool = False

    def label(self, column: SampleColumn, day: int, days: int) -> str:
        """The column's label on day `day` of `days`."""
        changed = day >= round(self.relabelled_from * days)
        return column.later_label if changed and column.later_label else column.label


@dataclass(frozen=True)
class Dialect:
    """What all sheets of one winter's workbook have in common."""

    sheets: tuple[Sheet, ...]
    capital_small_words: bool
    """Trusts are named `Barking, Havering And Redbridge …`, not `… and …`."""
    lookups_under_england: frozenset[SheetKind]
    """Kinds of sheet with a row of left-over lookup indexes in row 17."""
    variable_codes: bool
    """Sheets of several measures carry variable names in row 12 and dates in row 13."""
    england_by_formula: bool
    published_is_a_date: bool
    period_separator: str
    macro_sheet: bool
