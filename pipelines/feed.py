"""A feed, as `pipelines/feeds/<collection>/<feed>.yaml` states it."""

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, model_validator

from pipelines.yamlfile import Strict

Stage = Literal["onboarding", "testing", "live", "suspended", "retired"]
DayRange = Literal["each_day", "report"]


class Provider(Strict):
    """Who sends the feed."""

    code: str
    name: str


class DirectorySource(Strict):
    """A folder that files are put into."""

    kind: Literal["directory"]
    endpoint: str = Field(description="Folder; a relative one stands under SITREP_HOME.")
    pattern: str = Field(description="File name pattern, matched without regard to case.")


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


class Feed(Strict):
    """One provider's stream into one collection."""

    feed_id: str
    collection: str
    title: str
    provider: Provider
    stage: Stage
    source: DirectorySource
    missing: tuple[str, ...] = Field(description="Texts that stand for a missing value.")
    warn_only: dict[str, str] = Field(
        default_factory=dict,
        description="Code of a rule that rejects rows → why it only warns on this feed.",
    )
    format: WinterTimeseries

    @model_validator(mode="after")
    def _maps_each_column_once(self) -> "Feed":
        columns = [name for sheet in self.format.sheets for name in sheet.measures]
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            raise ValueError(f"columns mapped by two sheets: {', '.join(repeated)}")
        return self

    @property
    def accepts_files(self) -> bool:
        """Whether files are taken from its source; suspended and retired feeds take none."""
        return self.stage in ("onboarding", "testing", "live")

    def matches(self, file_name: str) -> bool:
        """Whether a file of that name belongs to this feed."""
        return fnmatchcase(file_name.casefold(), self.source.pattern.casefold())
