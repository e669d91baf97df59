"""Finds the formulas of a workbook that have no stored result.

A reader of workbooks gives what a program stored beside a formula. Macros and some exporters store
nothing, and then the cell looks empty though it is not. Nothing is searched where no sheet has a
formula.
"""

import re
import zipfile
from functools import cached_property, lru_cache
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BEGINS_OF_FORMULAS = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
_BEFORE_RESULTS = (b"</f><v>", b"/><v>")
_NO_RESULT_AFTER_ALL = b"<v></v>"

_TAG = rb"<(?:\w+:)?"
_END = rb"</(?:\w+:)?"
_FORMULA = _TAG + rb"c(\s[^<>]*)?>\s*" + _TAG + rb"f(\s[^<>]*?)?(?:/>|>[^<]*" + _END + rb"f\s*>)\s*"
_WITHOUT_RESULT = re.compile(
    _FORMULA + rb"(?:(" + _TAG + rb"v\s*(?:/>|>" + _END + rb"v\s*>))\s*)?" + _END + rb"c\s*>"
)
_WITH_ZERO = re.compile(_FORMULA + rb"()" + _TAG + rb"v\s*>0" + _END + rb"v\s*>")
_WITH_RESULT = re.compile(_END + rb"?f(?:\s[^<>]*)?>\s*" + _TAG + rb"v\s*>(?!0<)[^<]")
_ROW_OR_CELL = re.compile(_TAG + rb"(row|c)(\s[^<>]*)?>")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
_TEXT = re.compile(rb"""\st\s*=\s*["']str["']""")
_AREA = re.compile(rb"""\st\s*=\s*["']array["']""")
_REACH = re.compile(rb"""\sref\s*=\s*["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']""")
_MOST_LISTED_BYTES = 4 * 1024 * 1024
"""Of the list of sheets; the longest that a program writes has some hundred kilobytes."""
_CALCULATED_LATER = re.compile(rb"""fullCalcOnLoad\s*=\s*["'](?:1|true)["']""")


class CellArea(NamedTuple):
    """A rectangle of cells; rows and columns are counted from 0, the last ones belong to it."""

    row: int
    column: int
    last_row: int
    last_column: int


class WorkbookFormulas:
    """The formulas of an Excel workbook (.xlsx, .xlsm), sheet by sheet.

    Its parts are not larger than those of a workbook that is opened.
    """

    def __init__(self, content: bytes) -> None:
        """Raises `zipfile.BadZipFile` and other errors of a damaged file."""
        self._archive = zipfile.ZipFile(BytesIO(content))
        self._parts: dict[str, str] | None = None

    def without_result(self, sheet_name: str) -> list[CellArea]:
        """The cells of the sheet with a formula and no result; an array formula is one area."""
        part = self._sheet(sheet_name)
        formulas = sum(part.count(begin) for begin in _BEGINS_OF_FORMULAS)
        if not formulas:
            return []
        if not self._is_never_calculated and formulas == _with_plain_result(part):
            return []
        found = [
            (match, area)
            for match in _WITHOUT_RESULT.finditer(part)
            # An empty text is a result.
            if not (match[3] and _TEXT.search(match[1] or b""))
            for area in [_area(match)]
        ]
        if self._is_never_calculated:
            found += [(match, _area(match)) for match in _WITH_ZERO.finditer(part)]
        if all(area is not None for _, area in found):
            return [area for _, area in found if area is not None]
        places = _counted_places(part, {match.start() for match, _ in found})
        return [area or CellArea(*places[match.start()] * 2) for match, area in found]

    @cached_property
    def _is_never_calculated(self) -> bool:
        """Whether the workbook asks to be calculated when it is opened, and has no result but 0.

        XlsxWriter stores a 0 for each formula whose result it is not told.
        """
        if not _CALCULATED_LATER.search(self._archive.read("xl/workbook.xml")):
            return False
        return not any(_WITH_RESULT.search(self._sheet(name)) for name in self._parts or ())

    def _sheet(self, name: str) -> bytes:
        if self._parts is None:
            self._parts = _parts_of_sheets(self._archive)
        if name not in self._parts:
            return b""
        part = self._archive.read(self._parts[name])
        return part.decode("utf-16").encode() if part.startswith(_UTF_16) else part


def has_formulas(part: bytes) -> bool:
    """Whether the part of a workbook that is a sheet has formulas."""
    return any(begin in part for begin in _BEGINS_OF_FORMULAS)


def _with_plain_result(part: bytes) -> int:
    """How many formulas have a result as Excel writes it; to count is cheaper than to match."""
    return sum(map(part.count, _BEFORE_RESULTS)) - part.count(_NO_RESULT_AFTER_ALL)


def _parts_of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet → its part, as far as the archive has it."""
    names = set(archive.namelist())
    listed = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    if not names.issuperset(listed) or any(
        archive.getinfo(name).file_size > _MOST_LISTED_BYTES for name in listed
    ):
        return {}
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except ElementTree.ParseError:
        return {}
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    parts: dict[str, str] = {}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        number = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        target = targets.get(number, "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if part in names:
            parts[sheet.get("name", "")] = part
    return parts


def _area(match: re.Match[bytes]) -> CellArea | None:
    """The cells that the formula fills; None where it does not say its place."""
    place = _PLACE.search(match[1] or b"")
    if place is None or not place[1]:
        return None
    row, column = int(place[2]) - 1, column_number(place[1]) - 1
    reach = _REACH.search(match[2] or b"") if _AREA.search(match[2] or b"") else None
    if reach is None:
        return CellArea(row, column, row, column)
    return CellArea(row, column, int(reach[4]) - 1, column_number(reach[3]) - 1)


def _counted_places(part: bytes, wanted: set[int]) -> dict[int, tuple[int, int]]:
    """Row and column of the cells that begin there, where cells do not say their places."""
    places: dict[int, tuple[int, int]] = {}
    row = column = -1
    for tag in _ROW_OR_CELL.finditer(part):
        stated = _PLACE.search(tag[2] or b"")
        if tag[1] == b"row":
            row = int(stated[2]) - 1 if stated else row + 1
            column = -1
            continue
        column = column_number(stated[1]) - 1 if stated and stated[1] else column + 1
        if tag.start() in wanted:
            places[tag.start()] = (row, column)
    return places


@lru_cache(maxsize=4096)
def column_number(letters: bytes) -> int:
    """The number of the column that a spreadsheet names so, counted from 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
