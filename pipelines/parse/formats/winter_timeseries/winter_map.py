"""What a feed says of a winter workbook: its sheets, and the words that its publisher uses."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.base.yamlfile import Strict, Words
from pipelines.registry.format import AS_IT_STANDS, Reading
from pipelines.registry.registered_kinds import BUILT_WHEN_NEEDED
from pipelines.registry.written_forms import why_no_pattern

DayRange = Literal["each_day", "report"]


class SheetMap(Strict):
    """One sheet of a winter workbook: its names over the years, and its measures."""

    names: tuple[str, ...] = Field(min_length=1)
    measures: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        description="Column of the collection → headings; a sheet whose dates stand in the "
        "header has one measure.",
    )
    also: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Further columns → headings, which stand on this sheet in some winters only.",
    )
    not_stored: tuple[str, ...] = Field(
        default=(), description="Headings that are left out on purpose (derived figures)."
    )
    day_range: DayRange = Field(
        default="report",
        description="A heading over several days gives its value to each day (levels), or "
        "is reported and not loaded, because a flow cannot be divided.",
    )

    @model_validator(mode="after")
    def _maps_each_column_once(self) -> "SheetMap":
        if twice := sorted(set(self.measures) & set(self.also)):
            raise ValueError(f"in measures and in also: {', '.join(twice)}")
        return self

    @property
    def all_measures(self) -> dict[str, tuple[str, ...]]:
        """Every column that the sheet may have, with its headings."""
        return {**self.measures, **self.also}


class SisterWorkbook(Strict):
    """A workbook of another publication of the same publisher, which this feed does not read."""

    title: Words = Field(description="What the publication is called.")
    file_names: tuple[str, ...] = Field(description="Patterns of its file names, in any case.")
    words: tuple[Words, ...] = Field(
        default=(), description="Words of its sheets' names and titles, where no sheet is known."
    )


class KnownSheet(Strict):
    """A sheet that this feed leaves out on purpose."""

    names: tuple[str, ...]
    why: Words


class WinterMap(Strict):
    """What stands where in a winter workbook."""

    model_config = BUILT_WHEN_NEEDED

    kind: Literal["winter_timeseries"]
    code_headings: tuple[str, ...]
    name_headings: tuple[str, ...]
    date_rows_above: int = Field(ge=1, description="How far above the header dates may stand.")
    total_codes: tuple[str, ...]
    national_names: tuple[str, ...] = Field(
        description="Names of the row that is England, of all trusts: it is reconciled."
    )
    national_parts: tuple[str, ...] = Field(
        default=(),
        description="Names of rows over a part of England's trusts; they are kept apart.",
    )
    region_code_pattern: str
    region_names: tuple[str, ...] = Field(
        default=(), description="Names of regions, for rows that have no code."
    )
    region_words: tuple[str, ...] = Field(
        default=(), description="Words before or after a region's name that are no part of it."
    )
    synonyms: dict[str, tuple[str, ...]] = Field(
        description="Word → words that the publisher uses for it in other winters."
    )
    prefixes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Column → words before its value, like OPEL."
    )
    sheets: tuple[SheetMap, ...]
    other_sheets: tuple[KnownSheet, ...] = ()
    sister_workbooks: tuple[SisterWorkbook, ...] = Field(
        default=(), description="Other publications, so that they are named in the answer."
    )

    @field_validator("region_code_pattern")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        if reason := why_no_pattern(pattern):
            raise ValueError(reason)
        return pattern

    def reading(self, column: str) -> Reading:
        """How the texts of that column are written."""
        prefixes = self.prefixes.get(column)
        return Reading(prefixes=prefixes) if prefixes else AS_IT_STANDS

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same sheets, whose measures have other names now."""
        mapped = self.columns_named
        for name in names.keys() & mapped:
            if names[name] in mapped:
                raise ValueError(f"{names[name]}: mapped under its earlier name {name} too")
        sheets = tuple(
            sheet.model_copy(
                update={"measures": {names.get(n, n): own for n, own in sheet.measures.items()}}
            )
            for sheet in self.sheets
        )
        prefixes = {names.get(name, name): own for name, own in self.prefixes.items()}
        return self.model_copy(update={"sheets": sheets, "prefixes": prefixes})

    @property
    def columns_named(self) -> frozenset[str]:
        """The columns of the collection that the configuration names."""
        mapped = (name for sheet in self.sheets for name in sheet.all_measures)
        return frozenset(mapped) | frozenset(self.prefixes)
