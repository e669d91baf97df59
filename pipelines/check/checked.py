"""What a check found of one file, in plain values: reports are made of it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.findings.status import Status

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.registry.feed import Feed
    from pipelines.trial import CellTried


@dataclass(frozen=True, slots=True)
class LevelTold:
    """A measure's figures in the file beside those that the provider gave lately."""

    measure: str
    unit: str
    rows: int
    """Rows of the file that have a value."""
    least: float
    middle: float
    most: float
    held: int
    """Values given lately; the figures below are None without any."""
    held_least: float | None
    held_middle: float | None
    held_most: float | None
    is_unusual: bool
    """Whether a figure of the file lies far outside of what was given lately."""


@dataclass
class CheckedFile:
    """One file as it would be answered."""

    feed: "Feed"
    answer: dict[str, Any]
    """As `read_answer` gives it."""
    fits_pattern: bool
    """Whether the feed's source would take a file of that name."""
    headings: "list[HeadingTold]" = field(default_factory=list)
    cells: "list[CellTried]" = field(default_factory=list)
    levels: list[LevelTold] = field(default_factory=list)
    compared_with: str = ""
    """What the levels were compared with, or why with nothing."""

    @property
    def is_clean(self) -> bool:
        """Whether all of it would be loaded."""
        return self.answer["status"] not in (Status.REJECTED, Status.ACCEPTED_WITH_REJECTIONS)

    @property
    def lacking(self) -> list[str]:
        """The contract's columns that a file could have and this one has not."""
        return [
            one.column for one in self.headings if one.column and not (one.found or one.constant)
        ]
