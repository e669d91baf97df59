"""What a check of files tells, in plain Python: the one thing that reports are made from.

Whatever judges the files fills it, and no report knows how they were judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class HeadingChecked:
    """A column of the collection, or a heading of the file that stands for none of them."""

    column: str | None
    expected: tuple[str, ...]
    found: str | None
    letter: str | None
    """Where it stands, as a spreadsheet names it."""
    read_as: str = ""
    """How the feed file says that its texts are written: unit, date format, clock."""
    remark: str = ""
    """What is to be said of it: not found and what may be meant, constant, not reported."""


@dataclass(frozen=True, slots=True)
class CellChecked:
    """A cell as it was sent and as it is understood; `row` counts the rows of data from 1."""

    row: int
    column: str
    sent: str | None
    understood: str | int | float | date | datetime | None
    place: str
    """Where it stands: sheet, and cell or row; empty for what the feed file says itself."""


@dataclass(frozen=True, slots=True)
class LevelChecked:
    """The values of one organisation's measure in the file, beside those that it had of late."""

    org_code: str
    measure: str
    unit: str | None
    values: int
    """How many values the file has of it."""
    lowest: float
    highest: float
    recent_lowest: float
    recent_median: float
    recent_highest: float
    recent_values: int
    is_far: bool
    """Whether a value is far outside what it was of late: to look at, and no error."""
    farthest: float
    """The value farthest from the recent median."""
    farthest_at: str
    """Its day or slot."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The comparison with recent values, or why there is none."""

    told: str
    """What is compared with what, in a sentence; or why nothing is."""
    lines: tuple[LevelChecked, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What one file would become as a submission of its feed."""

    feed: str
    file_name: str
    size_bytes: int
    sha256: str
    status: str
    """As `Status` names it."""
    verdict: str
    """What the status means, in a sentence."""
    rows: Mapping[str, Any]
    """read, accepted, quarantined, skipped, values_rejected; skipped_by: rule → rows."""
    lines: Sequence[Mapping[str, Any]]
    """The findings, with the keys that a line of an answer has; `more` counts those untold."""
    sheets: Sequence[Mapping[str, Any]] = ()
    headings: Sequence[HeadingChecked] = ()
    cells: Sequence[CellChecked] = ()
    lacking: Sequence[str] = ()
    """Columns of the contract that the file does not have."""
    remarks: Sequence[str] = ()
    """What its name, and the files before it, tell."""
    has_patient_data: bool = False
    """Whether it was refused for that: nothing of its content is told."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The files of one feed, in the order in which they would count."""

    feed: str
    feed_title: str
    collection: str
    collection_title: str
    row: str
    """What a row is: 'one acute trust on one day'."""
    stage: str
    checked_at: datetime
    files: Sequence[CheckedFile]
    levels: Levels = field(default_factory=lambda: Levels("Nothing was compared."))
