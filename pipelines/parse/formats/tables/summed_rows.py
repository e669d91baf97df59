"""Tells rows of data from those that are none: totals, England, regions, notes, a header again."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.parse.files.names import HeadingNames
from pipelines.parse.files.workbook import NO_RESULT
from pipelines.parse.formats.tables.header import Columns
from pipelines.registry.contract import Collection
from pipelines.registry.table_map import TableMap

BANNER, REPEATED_HEADER, TOTAL_LINE, NOTE = "banner", "repeated_header", "total_line", "note"
NATIONAL, REGION = "national", "region"
"""The rules by which a row that is not blank is no data."""
_SAYS_NOTHING = ("", NO_RESULT)
_MOST_KEPT, _LONGEST_KEPT = 10_000, 100
"""Texts that are remembered, and their signs."""


class _Places(NamedTuple):
    """Cells of the rows under one header, counted from 0."""

    columns: Columns
    measures: tuple[int, ...]
    key: tuple[int, ...]
    codes: tuple[int, ...]


class RowKinds:
    """What the rows of one feed's tables are."""

    def __init__(self, form: TableMap, collection: Collection) -> None:
        self._totals = _folded(form.total_names)
        self._national = _folded(form.national_names)
        self._regions = _folded(form.region_names)
        self._region_code = re.compile(form.region_code_pattern or "(?!)")
        self._has_areas = bool(self._national or self._regions or form.region_code_pattern)
        self._organisation = collection.organisation_column
        self._codes = tuple(
            name for name in collection.key if collection.column(name).type == "code"
        )
        self._measures = frozenset(column.name for column in collection.measures)
        self._key = tuple(collection.key)
        self._names = HeadingNames({"name": list(form.name_headings)}, {})
        self._named_by: tuple[Sequence[str], tuple[int, ...]] = ((), ())
        self._places: _Places | None = None
        self._total_texts: dict[str, bool] = {}

    def rule_that_skips(
        self, row: list[str], header_rows: list[list[str]], columns: Columns
    ) -> str | None:
        """The rule by which the row is no data; None where it is data, '' where it is blank."""
        if not any(map(str.strip, row)):
            return ""
        if row in header_rows:
            return REPEATED_HEADER
        if summed := self.summed(row, header_rows[-1], columns):
            return summed
        places, width = self._places_of(columns), len(row)
        for at in places.measures:
            if at < width and row[at].strip() not in _SAYS_NOTHING:
                return None
        return None if all(at < width and row[at].strip() for at in places.key) else NOTE

    def summed(self, row: Sequence[str], header: Sequence[str], columns: Columns) -> str | None:
        """The rule by which the row is a sum over organisations; None where it is none."""
        if self._has_areas and (area := self._area_of(row, header, columns)):
            return area
        return TOTAL_LINE if self._is_total(row, columns) else None

    def _is_total(self, row: Sequence[str], columns: Columns) -> bool:
        """Whether its first text, or what stands for the organisation or the site, says so."""
        first = next((cell for cell in row if cell.strip()), "")
        if self._says_total(first):
            return True
        codes, width = self._places_of(columns).codes, len(row)
        return any(at < width and self._says_total(row[at]) for at in codes)

    def _says_total(self, text: str) -> bool:
        known = self._total_texts.get(text)
        if known is None:
            if len(self._total_texts) > _MOST_KEPT:
                self._total_texts.clear()
            known = _fold(text) in self._totals
            if len(text) <= _LONGEST_KEPT:
                self._total_texts[text] = known
        return known

    def _places_of(self, columns: Columns) -> "_Places":
        """Where the cells stand that are looked at; it is the same for all files of one header."""
        if self._places is None or self._places.columns is not columns:
            at = columns.at
            self._places = _Places(
                columns,
                tuple(place for name, place in at.items() if name in self._measures),
                tuple(at[name] for name in self._key if name in at),
                tuple(at[name] for name in self._codes if name in at),
            )
        return self._places

    def _area_of(self, row: Sequence[str], header: Sequence[str], columns: Columns) -> str | None:
        """Whether the row is England's or a region's, by its code or its name."""
        code = self._code(row, columns)
        named = {_fold(code), *(_fold(row[at]) for at in self._name_cells(header) if at < len(row))}
        if named & self._national:
            return NATIONAL
        if named & self._regions or self._region_code.fullmatch(code.strip()):
            return REGION
        return None

    def _code(self, row: Sequence[str], columns: Columns) -> str:
        at = columns.at.get(self._organisation)
        return row[at] if at is not None and at < len(row) else ""

    def _name_cells(self, header: Sequence[str]) -> tuple[int, ...]:
        """Where names stand under that header; it is the same for all rows of a file."""
        if self._named_by[0] is not header:
            found = (at for at, cell in enumerate(header) if self._names.find(cell) == "name")
            self._named_by = (header, tuple(found))
        return self._named_by[1]


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _folded(names: Sequence[str]) -> frozenset[str]:
    return frozenset(map(_fold, names))
