"""The data contract of a collection, as `expectations/<collection>.yaml` states it."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from pipelines.base.yamlfile import Strict
from pipelines.registry.reserved_names import why_no_collection, why_no_column
from pipelines.registry.severity import COSTS_OF_RULES, Severity
from pipelines.registry.units import most_plausible

ColumnType = Literal["count", "decimal", "level", "date", "slot", "code", "text"]
National = Literal["sum", "count_reporting", "none"]

SUBMISSION_NUMBER = "submission_number"
"""Column of a validated batch that tells its submissions apart; rules may name it."""

NUMERIC_TYPES = frozenset({"count", "decimal", "level"})
SQL_TYPES: dict[str, str] = {
    "count": "INTEGER",
    "decimal": "DOUBLE",
    "level": "INTEGER",
    "date": "DATE",
    "slot": "TIMESTAMP",
    "code": "VARCHAR",
    "text": "VARCHAR",
}
"""DuckDB type of each column type; a `slot` is the start of one, in UTC."""

WORDS_OF_A_CELL = frozenset({"value", "column", "cells"})
"""What a rule's message can name beside columns: the cell's text, its column, or all at fault."""

DAY_MINUTES = 1440
_MOST_MEASURES = 63
"""The ledger keeps in one BIGINT which measures a submission carries."""


class Column(Strict):
    """One column of a collection's canonical shape."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    unit: str = Field(description="Unit of the values, for instance 'beds at 08:00'.")
    nullable: bool = True
    description: str
    source_item: str | None = Field(default=None, description="Item code at the source.")
    national: National = Field(
        default="none",
        description="How England's figure follows from the trusts': their sum, the number "
        "of trusts that report a value above zero, or not at all.",
    )
    daily: Literal["sum", "none"] = Field(
        default="none",
        description="How a London day's figure follows from its slots: their sum, or not at all.",
    )

    maximum: int | None = Field(
        default=None,
        gt=0,
        le=2**31 - 1,
        description="The largest value that is taken, of either sign; without it, that of the "
        "unit: 100,000 of what is counted, a year of a duration.",
    )

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if reason := why_no_column(name):
            raise ValueError(reason)
        return name

    @property
    def most(self) -> int:
        """The largest value that is taken from one organisation."""
        return most_plausible(self.unit) if self.maximum is None else self.maximum


def _read_cost(value: Any) -> Severity:
    if value not in COSTS_OF_RULES:
        raise ValueError(f"should be {', '.join(COSTS_OF_RULES[:-1])} or {COSTS_OF_RULES[-1]}")
    return Severity(value)


OnFailure = Annotated[
    Severity,
    BeforeValidator(_read_cost),
    WithJsonSchema({"type": "string", "enum": [cost.value for cost in COSTS_OF_RULES]}),
]


class Rule(Strict):
    """One rule: a Great Expectations expectation, its effect on failure and its message."""

    code: str = Field(pattern=r"^[A-Z]{3}-\d{3}$")
    title: str
    expectation: str
    kwargs: dict[str, Any]
    on_failure: OnFailure = Field(
        description="What a failure costs; a rule about the table as a whole rejects no row."
    )
    message: str = Field(
        description="May name {value}, {column}, {cells} (all cells at fault) and any column of "
        "the row. A rule about the table as a whole has no row; its {value} is what it observed."
    )
    fix: str

    @field_validator("message")
    @classmethod
    def _can_be_filled_in(cls, message: str) -> str:
        try:
            parts = list(Formatter().parse(message))
        except ValueError as error:
            raise ValueError(f"{error}; write {{{{ and }}}} for braces that name nothing") from None
        for _, word, form, conversion in parts:
            if word is not None and (form or conversion or not word.isidentifier()):
                raise ValueError(f"{{{word}}} is not a plain name: value, column or a column's")
        return message

    @property
    def words(self) -> frozenset[str]:
        """What the message names: {value} and {column}, and columns of the row."""
        return frozenset(word for _, word, *_ in Formatter().parse(self.message) if word)


class Cadence(Strict):
    """When a collection is expected."""

    cron: str
    time_zone: str
    slot_minutes: int = Field(gt=0, description="Length of one slot; 1440 is a London day.")
    due: time | None = Field(
        default=None, description="Local time on the day after the slot by which its data is due."
    )
    due_minutes: int | None = Field(
        default=None, ge=0, description="Minutes after a slot's end by which its data is due."
    )
    grace_minutes: int = Field(ge=0)

    @model_validator(mode="after")
    def _is_due_once(self) -> "Cadence":
        if (self.due is None) == (self.due_minutes is None):
            raise ValueError("give either due (a time of day) or due_minutes (after the slot)")
        if self.slot_minutes != DAY_MINUTES and 60 % self.slot_minutes:
            raise ValueError("slot_minutes is 1440 (a London day) or divides an hour")
        return self

    @property
    def is_daily(self) -> bool:
        """Whether a slot is a London day."""
        return self.slot_minutes == DAY_MINUTES


class Coverage(Strict):
    """The providers that a collection will have when all are live."""

    of: int = Field(gt=0)
    what: str = Field(description="Plural, for '10 of 11 ambulance services live'.")


class Version(Strict):
    """What changed from a financial year on."""

    financial_year: str = Field(pattern=r"^\d{4}-\d{2}$")
    start: date
    note: str


class Collection(Strict):
    """One national data set with one canonical shape."""

    collection: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    row: str = Field(
        description="What a row is, for 'A row is …': 'one acute trust on one day'.", min_length=1
    )
    description: str
    key: tuple[str, ...] = Field(min_length=1)
    cadence: Cadence
    coverage: Coverage | None = None
    amendment_days: int | None = Field(
        default=None,
        ge=0,
        description="How many days back a value is taken; a feed may state another number.",
    )
    publish_days: int | None = Field(
        default=None,
        gt=0,
        description="How many days of slots a publication holds; without it, all of them.",
    )
    earliest: date = Field(
        default=date(2010, 4, 1),
        description="The first London day of which values are taken. National collections of this "
        "field began in 2010.",
    )
    versions: tuple[Version, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]

    @field_validator("collection")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if reason := why_no_collection(name):
            raise ValueError(reason)
        return name

    @field_validator("columns")
    @classmethod
    def _names_are_unique(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [column.name for column in columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"duplicate columns: {', '.join(repeated)}")
        return columns

    @model_validator(mode="after")
    def _refers_to_itself_only(self) -> "Collection":
        names = {column.name for column in self.columns}
        missing = [name for name in self.key if name not in names]
        if missing:
            raise ValueError(f"key names no column: {', '.join(missing)}")
        times = [name for name in self.key if self.column(name).type in ("date", "slot")]
        if len(times) != 1:
            raise ValueError("the key needs exactly one column of type date or slot")
        if (self.column(times[0]).type == "date") != self.cadence.is_daily:
            raise ValueError("a daily collection's key has a date, any other's a slot")
        if len(self.measures) > _MOST_MEASURES:
            raise ValueError(f"more than {_MOST_MEASURES} measures")
        codes = [rule.code for rule in self.rules]
        repeated = sorted({code for code in codes if codes.count(code) > 1})
        if repeated:
            raise ValueError(f"duplicate rule codes: {', '.join(repeated)}")
        for rule in self.rules:
            unknown = sorted(set(columns_named(rule.kwargs)) - names - {SUBMISSION_NUMBER})
            if unknown:
                raise ValueError(f"rule {rule.code} names no column: {', '.join(unknown)}")
            unknown = sorted(rule.words - names - WORDS_OF_A_CELL)
            if unknown:
                told = ", ".join(f"{{{word}}}" for word in unknown)
                raise ValueError(f"the message of rule {rule.code} names no column: {told}")
        return self

    @property
    def measures(self) -> tuple[Column, ...]:
        """Every column that is not part of the key."""
        return tuple(column for column in self.columns if column.name not in self.key)

    @property
    def time_column(self) -> str:
        """The column of the key that names the slot: a day or a slot's start."""
        return next(name for name in self.key if self.column(name).type in ("date", "slot"))

    @property
    def organisation_column(self) -> str:
        """The column of the key that names who the values belong to."""
        return next(name for name in self.key if self.column(name).type == "code")

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in its order."""
        return tuple(self.column(name) for name in self.key)

    def column(self, name: str) -> Column:
        """The column of that name; raises `KeyError` where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def columns_named(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a rule's kwargs name, each once, in the order in which they stand."""
    return tuple(dict.fromkeys(_walk_columns(kwargs)))


def _walk_columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    yield from (kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs)
    for key in ("column_list", "parts"):
        yield from kwargs.get(key, ())
    if "total" in kwargs:
        yield kwargs["total"]
    for pair in kwargs.get("pairs", ()):
        yield from pair
    yield from kwargs.get("limits", ())
