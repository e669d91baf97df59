"""Looks through an OpenDocument spreadsheet before it is laid out as a grid.

Such a file says of a cell or a row how often it is repeated: a few hundred bytes can ask for a
million rows. It is read as a stream here, which costs what the file has and not what it asks for.
"""

import zipfile
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any
from xml.parsers import expat

from pipelines.parse.files.limits import refuse_beyond, too_large
from pipelines.parse.files.workbook_formulas import CellArea

_CONTENT = "content.xml"
# As the reader of workbooks does, by the prefixes that every program writes.
_TABLE = "table:"
_OFFICE = "office:"
_TEXT = "text:"
_RESULTS = tuple(
    f"{_OFFICE}{name}"
    for name in ("value", "string-value", "date-value", "time-value", "boolean-value")
)
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_AT_ONCE_BYTES = 1024 * 1024
_MOST_TEXT_BYTES = 64 * 1024 * 1024
"""Of all texts, each as often as it is repeated."""
_MOST_REPEATED = 1_048_576
"""What is said to be repeated more often is beyond any sheet."""


def is_opendocument(names: set[str]) -> bool:
    """Whether an archive of these parts is an OpenDocument file."""
    return _CONTENT in names and "xl/workbook.xml" not in names


@dataclass
class OpenDocumentSheets:
    """What an OpenDocument spreadsheet has in its sheets."""

    formulas: dict[str, list[CellArea]] = field(default_factory=dict)
    """For each sheet the cells with a formula and no result."""
    has_far_blanks: bool = False
    """Whether texts that say nothing may stand beyond what says something."""


@lru_cache(maxsize=2)
def look_through_sheets(content: bytes) -> OpenDocumentSheets:
    """What the spreadsheet has in its sheets.

    Raises `Refusal` where the sheets have more rows or cells with content than are taken, and
    `expat.ExpatError` where the file is damaged.
    """
    look = _Look()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = look.begin
    parser.EndElementHandler = look.end
    parser.CharacterDataHandler = look.text
    with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(_CONTENT) as part:
        while piece := part.read(_AT_ONCE_BYTES):
            parser.Parse(piece)
        parser.Parse(b"", True)
    return look.looked


@dataclass
class _Look:
    """What has been seen so far; rows and columns are counted from 0."""

    looked: OpenDocumentSheets = field(default_factory=OpenDocumentSheets)
    _sheet: str = ""
    _row: int = 0
    _rows: int = 1
    """How often the row is repeated."""
    _column: int = 0
    _cells: int = 1
    """How often the cell is repeated."""
    _is_formula: bool = False
    _has_result: bool = False
    _is_text: bool = False
    _signs: int = 0
    _row_signs: int = 0
    _all_signs: int = 0
    _is_within_text: bool = False
    _extent: tuple[int, int] = (0, 0)
    """Rows and columns of the sheet up to the last cell that says something."""
    _extent_with_blanks: tuple[int, int] = (0, 0)
    """Likewise, with texts that say nothing."""

    def begin(self, name: str, attributes: dict[str, Any]) -> None:
        """An element begins."""
        if name == f"{_TABLE}table":
            self._sheet = attributes.get(f"{_TABLE}name", "")
            self.looked.formulas.setdefault(self._sheet, [])
            self._row = 0
            self._extent = self._extent_with_blanks = (0, 0)
        elif name == f"{_TABLE}table-row":
            self._rows = _repeated(attributes, "number-rows-repeated")
            self._column = self._row_signs = 0
        elif name in _CELLS:
            self._cells = _repeated(attributes, "number-columns-repeated")
            self._is_formula = f"{_TABLE}formula" in attributes
            self._is_text = attributes.get(f"{_OFFICE}value-type") == "string"
            self._has_result = self._is_text or any(one in attributes for one in _RESULTS)
            self._signs = len(attributes.get(f"{_OFFICE}string-value", "").strip())
        elif name == f"{_TEXT}p":
            self._is_within_text = True

    def text(self, text: str) -> None:
        """A piece of text."""
        if self._is_within_text:
            self._signs += len(text.strip())

    def end(self, name: str) -> None:
        """An element ends."""
        if name in _CELLS:
            self._end_cell()
        elif name == f"{_TABLE}table-row":
            self._row += self._rows
            self._all_signs += self._row_signs * self._rows
            if self._all_signs > _MOST_TEXT_BYTES:
                raise too_large(f"the texts of its repeated cells have {self._all_signs:,} signs")
        elif name == f"{_TEXT}p":
            self._is_within_text = False

    def _end_cell(self) -> None:
        last_row, last_column = self._row + self._rows - 1, self._column + self._cells - 1
        if self._is_formula and not self._has_result:
            area = CellArea(self._row, self._column, last_row, last_column)
            self.looked.formulas[self._sheet].append(area)
        if self._has_result:
            ends = (last_row + 1, last_column + 1)
            self._extent_with_blanks = _beyond(self._extent_with_blanks, ends)
            if self._signs or not self._is_text:
                self._extent = _beyond(self._extent, ends)
                self._row_signs += self._signs * self._cells
                refuse_beyond(
                    rows=self._extent[0],
                    columns=self._extent[1],
                    cells=self._extent[0] * self._extent[1],
                    where=f"sheet '{self._sheet[:100]}' has ",
                )
            elif self._extent_with_blanks != self._extent:
                self.looked.has_far_blanks = True
        self._column = last_column + 1


def _beyond(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), max(one[1], other[1])


def _repeated(attributes: dict[str, Any], name: str) -> int:
    stated = attributes.get(f"{_TABLE}{name}", "1")
    if not stated.isdecimal():
        return 1
    return min(max(int(stated[:10]), 1), _MOST_REPEATED)
