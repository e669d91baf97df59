"""A feed, as `pipelines/feeds/<collection>/<feed>.yaml` states it."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pipelines.base.yamlfile import Strict
from pipelines.registry.feed_source import DirectorySource, Source

Stage = Literal["onboarding", "testing", "live", "suspended", "retired"]
DayRange = Literal["each_day", "report"]
GivenIn = Literal["seconds", "minutes", "hours", "clock"]
Zone = Literal["Europe/London", "UTC", "offset"]

MISSING = ("-", "N/A", "#N/A", "#DIV/0!", "#REF!", "#VALUE!", ".", "[z]", "[x]", "NULL", "null")
"""Texts that stand for a missing value in the files of this field, unless a feed says otherwise."""

TOTALS = ("Total", "Totals", "Grand total", "England", "England total", "All trusts", "All sites")
"""What stands first in a line of totals, unless a feed says otherwise."""

OWN_CODE = "$provider"
"""Constant that stands for the feed's provider code, so that feeds can share a layout."""


@dataclass(frozen=True)
class Reading:
    """How the texts of one column are written, apart from where they stand.

    Columns with equal readings are read together, whichever feed they are from.
    """

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    given_in: GivenIn | None = None
    format: str | None = None
    zone: Zone = "offset"
    labelled_by: Literal["start", "end"] = "start"


class Provider(Strict):
    """Who sends the feed."""

    code: str
    name: str


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
    format: str | None = Field(
        default=None, description="Date or time format such as '%d/%m/%Y %H:%M'; default ISO 8601."
    )
    zone: Zone = Field(
        default="offset",
        description="Zone of times without an offset; 'offset' refuses them.",
    )
    time_headings: tuple[str, ...] = Field(
        default=(), description="A second column, whose time of day follows the date."
    )
    labelled_by: Literal["start", "end"] = Field(
        default="start", description="Whether a slot is named by its start or by its end."
    )
    prefixes: tuple[str, ...] = Field(default=(), description="Words before a value, like OPEL.")
    suffixes: tuple[str, ...] = Field(default=(), description="Words after a value, like min or %.")

    @model_validator(mode="after")
    def _has_one_origin(self) -> "ColumnMap":
        if self.constant is not None and (self.headings or self.time_headings):
            raise ValueError("a constant has no headings")
        return self

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
        )


_AS_IT_STANDS = Reading()


class TableFormat(Strict):
    """A table with a header: a row for each organisation (or site, or area) and slot."""

    columns: dict[str, ColumnMap] = Field(
        default_factory=dict,
        description="Columns that are not headed by their own name in its own form; a list is "
        "short for its headings.",
    )
    not_reported: dict[str, str] = Field(
        default_factory=dict, description="Column → why this provider does not report it."
    )
    ignored_headings: tuple[str, ...] = Field(
        default=(), description="Headings that are left out on purpose."
    )
    total_names: tuple[str, ...] = Field(
        default=TOTALS, description="First cells that mark a line of totals."
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

    @model_validator(mode="after")
    def _reports_or_not(self) -> "TableFormat":
        both = sorted(set(self.columns) & set(self.not_reported))
        if both:
            raise ValueError(f"both mapped and not reported: {', '.join(both)}")
        return self

    def reading(self, column: str) -> Reading:
        """How the texts of that column are written."""
        return self.columns[column].reading if column in self.columns else _AS_IT_STANDS

    @property
    def columns_named(self) -> frozenset[str]:
        """The columns of the collection that the configuration names."""
        return frozenset(self.columns) | frozenset(self.not_reported)


class CsvTable(TableFormat):
    """Delimited text."""

    kind: Literal["csv"]
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    encoding: str = Field(
        default="auto", description="By its byte order mark, else UTF-8, else Windows-1252."
    )


class XlsxTable(TableFormat):
    """A table in an Excel workbook."""

    kind: Literal["xlsx"]
    sheet: str | None = Field(default=None, description="Default: the first that is visible.")


class JsonRows(TableFormat):
    """JSON: one object, an array of objects, or an object on each line."""

    kind: Literal["json"]
    records: str | None = Field(
        default=None, description="Path to the objects, like 'data.rows'; default: the whole file."
    )


class FileTime(Strict):
    """Where a file's name tells when its sender made it, so that an older file never overrules."""

    pattern: str = Field(description="Regular expression whose first group is the time.")
    format: str = Field(description="For instance '%Y%m%dT%H%M%S'.")
    zone: Literal["Europe/London", "UTC"] = "UTC"


class SheetMap(Strict):
    """One sheet of a winter workbook: its names over the years, and its measures."""

    names: tuple[str, ...] = Field(min_length=1)
    measures: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        description="Column of the collection → headings; a sheet whose dates stand in the "
        "header has one measure.",
    )
    not_stored: tuple[str, ...] = Field(
        default=(), description="Headings that are left out on purpose (derived figures)."
    )
    day_range: DayRange = Field(
        default="report",
        description="A heading over several days gives its value to each day (levels), or "
        "is reported and not loaded, because a flow cannot be divided.",
    )


class KnownSheet(Strict):
    """A sheet that this feed leaves out on purpose."""

    names: tuple[str, ...]
    why: str


class WinterTimeseries(Strict):
    """The publisher's winter workbook: a row per trust, a block of columns per day."""

    kind: Literal["winter_timeseries"]
    code_headings: tuple[str, ...]
    name_headings: tuple[str, ...]
    date_rows_above: int = Field(ge=1, description="How far above the header dates may stand.")
    total_codes: tuple[str, ...]
    national_names: tuple[str, ...]
    region_code_pattern: str
    synonyms: dict[str, tuple[str, ...]] = Field(
        description="Word → words that the publisher uses for it in other winters."
    )
    prefixes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Column → words before its value, like OPEL."
    )
    sheets: tuple[SheetMap, ...]
    other_sheets: tuple[KnownSheet, ...] = ()

    @model_validator(mode="after")
    def _maps_each_column_once(self) -> "WinterTimeseries":
        columns = [name for sheet in self.sheets for name in sheet.measures]
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            raise ValueError(f"columns mapped by two sheets: {', '.join(repeated)}")
        return self

    def reading(self, column: str) -> Reading:
        """How the texts of that column are written."""
        prefixes = self.prefixes.get(column)
        return Reading(prefixes=prefixes) if prefixes else _AS_IT_STANDS

    @property
    def columns_named(self) -> frozenset[str]:
        """The columns of the collection that the configuration names."""
        return frozenset(name for sheet in self.sheets for name in sheet.measures) | frozenset(
            self.prefixes
        )


Format = Annotated[WinterTimeseries | CsvTable | XlsxTable | JsonRows, Field(discriminator="kind")]


class Layout(Strict):
    """A format that several feeds share: `pipelines/feeds/<collection>/layouts/<name>.yaml`."""

    missing: tuple[str, ...] = Field(
        default=MISSING, description="Texts that stand for a missing value."
    )
    format: Format


class Feed(Strict):
    """One provider's stream into one collection."""

    feed_id: str
    collection: str
    title: str
    provider: Provider
    stage: Stage
    slots_from: date | None = Field(
        default=None,
        description="London day from which on every slot is expected; without it, none is.",
    )
    source: Source
    file_time: FileTime | None = Field(
        default=None, description="Without it, files count in the order in which they came."
    )
    reports_for: Literal["own", "any"] | tuple[str, ...] = Field(
        default="own",
        description="Codes that it may give values for: its provider's, any, or these.",
    )
    amendment_days: int | Literal["unlimited"] | None = Field(
        default=None, description="In place of the collection's amendment_days."
    )
    missing: tuple[str, ...] = Field(
        default=MISSING, description="Texts that stand for a missing value."
    )
    warn_only: dict[str, str] = Field(
        default_factory=dict,
        description="Code of a rule that rejects rows → why it only warns on this feed.",
    )
    layout: str | None = Field(
        default=None, description="Name of a file in `layouts` that holds missing and format."
    )
    format: Format

    @property
    def accepts_files(self) -> bool:
        """Whether files are taken from its source; suspended and retired feeds take none."""
        return self.stage in ("onboarding", "testing", "live")

    @cached_property
    def may_report(self) -> frozenset[str] | None:
        """The codes that it may give values for; None where it may for any."""
        if self.reports_for == "any":
            return None
        return frozenset((self.provider.code,) if self.reports_for == "own" else self.reports_for)

    def matches(self, file_name: str) -> bool:
        """Whether a file of that name belongs to this feed."""
        return fnmatchcase(file_name.casefold(), self._pattern)

    @property
    def pattern(self) -> str:
        """Pattern of the names of its files; empty, as no name is, where its source is asked."""
        return self.source.pattern if isinstance(self.source, DirectorySource) else ""

    @cached_property
    def _pattern(self) -> str:
        return self.pattern.casefold()
