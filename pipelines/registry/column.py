"""One column of a collection's contract: its type, its unit, and how figures are added up."""

from typing import Any, Literal

from pydantic import Field, field_validator

from pipelines.base.yamlfile import Words
from pipelines.registry.cadence import SlotKind
from pipelines.registry.reserved_names import why_no_column
from pipelines.registry.units import most_plausible
from pipelines.registry.version import InYears

ColumnType = Literal["count", "decimal", "level", "date", "month", "slot", "code", "text"]
National = Literal["sum", "max", "count_reporting", "none"]

NUMERIC_TYPES = frozenset({"count", "decimal", "level"})
TIME_TYPES = frozenset({"date", "month", "slot"})
SQL_TYPES: dict[str, str] = {
    "count": "INTEGER",
    "decimal": "DOUBLE",
    "level": "INTEGER",
    "date": "DATE",
    "month": "DATE",
    "slot": "TIMESTAMP",
    "code": "VARCHAR",
    "text": "VARCHAR",
}
"""DuckDB type of each column type; a `month` is its first day, a `slot` its start in UTC."""
SLOT_TYPES: dict[SlotKind, ColumnType] = {
    SlotKind.MINUTES: "slot",
    SlotKind.DAY: "date",
    SlotKind.MONTH: "month",
}
"""The type of the column that names a slot."""


class Column(InYears):
    """One column of a collection's canonical shape."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    unit: str = Field(description="Unit of the values, for instance 'beds at 08:00'.")
    was: tuple[str, ...] = Field(
        default=(),
        description="Names that the column had before, or one. The history is renamed, and files "
        "and feed files that still use an earlier name are read as before.",
    )
    nullable: bool = True
    description: Words
    source_item: str | None = Field(default=None, description="Item code at the source.")
    national: National = Field(
        default="none",
        description="How England's figure follows from the trusts': their sum, the largest, the "
        "number of trusts that report a value above zero, or not at all.",
    )
    daily: Literal["sum", "none"] = Field(
        default="none",
        description="How a London day's figure follows from its slots: their sum, or not at all.",
    )
    optional: bool = Field(
        default=False,
        description="A file without it is taken without a remark, as of a measure that was added "
        "when providers sent files already.",
    )
    on_failure: Literal["reject_row", "reject_value"] = Field(
        default="reject_row",
        description="What a cell costs that cannot be read as this type: its row, or its value "
        "alone. A rejected value counts as not sent: the one held stays, and the row is loaded. "
        "For a measure that may be empty.",
    )
    maximum: int | None = Field(
        default=None,
        gt=0,
        le=2**31 - 1,
        description="The largest value that is taken, of either sign; without it, that of the "
        "unit: 100,000 of what is counted, a year of a duration.",
    )

    @field_validator("was", mode="before")
    @classmethod
    def _read_one_name(cls, was: Any) -> Any:
        return (was,) if isinstance(was, str) else was

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if reason := why_no_column(name):
            raise ValueError(reason)
        return name

    @property
    def is_number(self) -> bool:
        """Whether its values can be compared and added up."""
        return self.type in NUMERIC_TYPES

    @property
    def is_slot(self) -> bool:
        """Whether its values name slots."""
        return self.type in SLOT_TYPES.values()

    @property
    def costs_its_value(self) -> bool:
        """Whether a cell that cannot be read costs its value and not its row."""
        return self.on_failure == "reject_value"

    @property
    def most(self) -> int:
        """The largest value that is taken from one organisation."""
        return most_plausible(self.unit) if self.maximum is None else self.maximum
