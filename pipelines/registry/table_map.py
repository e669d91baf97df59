"""What a feed says of the tables that it sends: where each column stands, and what is no data."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.base.yamlfile import Strict, Words
from pipelines.registry.format import (
    AS_IT_STANDS,
    Clock,
    CodeAt,
    DecimalMark,
    GivenIn,
    Reading,
    Zone,
)
from pipelines.registry.registered_kinds import BUILT_WHEN_NEEDED
from pipelines.registry.written_forms import why_no_pattern, why_no_time_form

TOTALS = ("Total", "Totals", "Grand total", "England", "England total", "All trusts", "All sites")
"""What stands first in a line of totals, unless a feed says otherwise."""

OWN_CODE = "$provider"
"""Constant that stands for the feed's provider code, so that feeds can share a layout."""


class ColumnMap(Strict):
    """Where one column's values stand in a table, and how they are written there."""

    headings: tuple[str, ...] = Field(
        default=(), description="Without any, the column's own name is the heading."
    )
    constant: str | None = Field(
        default=None, description=f"The same value for every row; '{OWN_CODE}' is the provider's."
    )
    given_in: GivenIn | None = Field(
        default=None,
        description="Unit in the file where it is not the contract's; 'clock' is 0:19:21.",
    )
    clock: Clock | None = Field(
        default=None,
        description="What 17:30 is where a duration is given as a clock: hours and minutes, or "
        "minutes and seconds. Without it a clock of two parts is refused.",
    )
    format: str | None = Field(
        default=None,
        description="Date or time format such as '%d/%m/%Y %H:%M', or epoch_seconds or "
        "epoch_milliseconds, or excel_days, as a spreadsheet counts them; default ISO 8601.",
    )
    zone: Zone = Field(
        default="offset",
        description="Zone of times without an offset; 'offset' refuses them.",
    )
    time_headings: tuple[str, ...] = Field(
        default=(),
        description="A second column, whose time of day follows the date; of a month, the one that "
        "has the month beside the year.",
    )
    labelled_by: Literal["start", "end"] = Field(
        default="start", description="Whether a slot is named by its start or by its end."
    )
    prefixes: tuple[str, ...] = Field(default=(), description="Words before a value, like OPEL.")
    suffixes: tuple[str, ...] = Field(default=(), description="Words after a value, like min or %.")
    code_at: CodeAt | None = Field(
        default=None,
        description="Where a code stands that has a name beside it: at the start ('RR8 - Leeds'), "
        "at the end, or in brackets ('Leeds (RR8)').",
    )

    @field_validator("format")
    @classmethod
    def _is_time_form(cls, form: str | None) -> str | None:
        if form is not None and (reason := why_no_time_form(form, may_count=True)):
            raise ValueError(reason)
        return form

    @model_validator(mode="after")
    def _has_one_origin(self) -> "ColumnMap":
        if self.constant is not None and (self.headings or self.time_headings):
            raise ValueError("a constant has no headings")
        if self.clock is not None and self.given_in != "clock":
            raise ValueError("'clock' says how a duration is written; it needs 'given_in: clock'")
        return self

    def joined(self, earlier: "ColumnMap") -> "ColumnMap":
        """With the headings of an earlier name too; raises `ValueError` if read differently."""
        if (self.constant, self.reading) != (earlier.constant, earlier.reading):
            raise ValueError("is mapped under its earlier name too, and read in another way there")
        headings = dict.fromkeys((*self.headings, *earlier.headings))
        times = dict.fromkeys((*self.time_headings, *earlier.time_headings))
        return self.model_copy(update={"headings": tuple(headings), "time_headings": tuple(times)})

    @cached_property
    def reading(self) -> Reading:
        """How its texts are written."""
        return Reading(
            self.prefixes,
            self.suffixes,
            self.given_in,
            self.format,
            self.zone,
            self.labelled_by,
            self.clock,
            code_at=self.code_at,
        )


class TableMap(Strict):
    """What stands where in a table with a header.

    It has a row for each organisation (or site, or area) and slot.
    """

    model_config = BUILT_WHEN_NEEDED

    columns: dict[str, ColumnMap] = Field(
        default_factory=dict,
        description="Columns that are not headed by their own name in its own form; a list is "
        "short for its headings.",
    )
    not_reported: dict[str, Words] = Field(
        default_factory=dict, description="Column → why this provider does not report it."
    )
    header_rows: Literal[1, 2] = Field(
        default=1,
        description="Rows of headings. Of two, the upper is filled to the right and joined with "
        "the lower: 'Ambulance arrivals: number'.",
    )
    ignored_headings: tuple[str, ...] = Field(
        default=(), description="Headings that are left out on purpose."
    )
    total_names: tuple[str, ...] = Field(
        default=TOTALS, description="First cells that mark a line of totals."
    )
    name_headings: tuple[str, ...] = Field(
        default=(),
        description="Headings of the organisations' names, which are not stored: names of England "
        "and of regions are looked for there, and under the code.",
    )
    national_names: tuple[str, ...] = Field(
        default=(),
        description="Codes or names of the row with England's figures: it is skipped, counted, and "
        "compared with the rows of its file.",
    )
    region_names: tuple[str, ...] = Field(
        default=(), description="Codes or names of rows of regions, which are skipped and counted."
    )
    region_code_pattern: str | None = Field(
        default=None, description="Regular expression that the whole code of a region fits."
    )
    decimal_mark: DecimalMark = Field(
        default="auto",
        description="What stands before the decimals of a text: a point (1,250 is 1250) or a comma "
        "(1,250 is 1.25); 'auto' is told from all numbers of a file, and where they do not tell, "
        "its cells are refused. True numbers of a workbook or of JSON need none.",
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _read_short_form(cls, columns: Any) -> Any:
        if not isinstance(columns, dict):
            return columns
        return {
            name: {"headings": value} if isinstance(value, list) else value
            for name, value in columns.items()
        }

    @field_validator("region_code_pattern")
    @classmethod
    def _is_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None and (reason := why_no_pattern(pattern)):
            raise ValueError(reason)
        return pattern

    @model_validator(mode="after")
    def _reports_or_not(self) -> "TableMap":
        both = sorted(set(self.columns) & set(self.not_reported))
        if both:
            raise ValueError(f"both mapped and not reported: {', '.join(both)}")
        return self

    def reading(self, column: str) -> Reading:
        """How the texts of that column are written."""
        known = self.columns[column].reading if column in self.columns else AS_IT_STANDS
        is_stated = self.decimal_mark != "auto"
        return replace(known, decimal_mark=self.decimal_mark) if is_stated else known

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same tables, whose columns have other names now."""
        columns: dict[str, ColumnMap] = {}
        for name, own in self.columns.items():
            now = names.get(name, name)
            try:
                columns[now] = columns[now].joined(own) if now in columns else own
            except ValueError as error:
                raise ValueError(f"{now}: {error}") from None
        lacking = {names.get(name, name): why for name, why in self.not_reported.items()}
        for name in lacking.keys() & columns.keys():
            raise ValueError(f"{name}: mapped, and not reported under its earlier name")
        return self.model_copy(update={"columns": columns, "not_reported": lacking})

    @property
    def states_national(self) -> bool:
        """Whether rows of its tables are England's."""
        return bool(self.national_names)

    @property
    def columns_named(self) -> frozenset[str]:
        """The columns of the collection that the configuration names."""
        return frozenset(self.columns) | frozenset(self.not_reported)
