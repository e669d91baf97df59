"""Opens Excel workbooks from bytes, and says plainly why one cannot be opened."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import Any, Self
from xml.parsers import expat

from pipelines.base.number_text import NumberText
from pipelines.base.settings import settings
from pipelines.findings.finding import finding, shortened
from pipelines.parse.files.damage_found import damage_found
from pipelines.parse.files.date_system import epoch_of
from pipelines.parse.files.limits import refuse_beyond
from pipelines.parse.files.opendocument_size import is_opendocument, look_through_sheets
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook_blanks import without_blank_texts
from pipelines.parse.files.workbook_formulas import CellArea, WorkbookFormulas
from pipelines.parse.files.workbook_process import WorkbookProcess
from pipelines.parse.files.workbook_size import has_far_cells, is_surely_small, measure_workbook

Cell = str | float | int | bool | date | datetime | Any
Grid = list[list[Cell]]

NO_RESULT = "(formula without a result)"
"""The text of a cell whose formula has no stored result: what it says nobody knows."""

_ZIP = b"PK\x03\x04"
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_DAMAGED = (zlib.error, lzma.LZMAError, EOFError, struct.error, expat.ExpatError)
"""What else unpacking raises at damaged bytes."""
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


class Workbook:
    """An opened workbook; sheets are read when asked for, so that unread ones cost nothing.

    It is closed when its `with` block ends. One that may not be small is open in a child process.
    """

    visible: dict[str, bool]
    """The sheets in their order, and whether each is shown."""

    without_results: set[str]
    """The sheets read so far in which a cell is `NO_RESULT`."""

    def __init__(self, content: bytes, name: str) -> None:
        """Opens it, or raises `Refusal` with the reason."""
        _refuse_other_files(content, name)
        self._content = content
        self.without_results = set()
        self._child: WorkbookProcess | None = None
        self._formulas: Callable[[str], list[CellArea]] = _no_formulas
        is_small = False
        if content.startswith(_ZIP):
            is_small, has_formulas = _guard(lambda: measure_workbook(content))
            if not is_small:
                content, self._formulas = _guard(lambda: _look_through(content))
                is_small = _guard(lambda: is_surely_small(content))
            elif has_formulas:
                self._formulas = _guard(lambda: WorkbookFormulas(content).without_result)
        if is_small:
            self._open(content)
        else:
            self._child = WorkbookProcess(content)
            self.visible = self._child.visible

    def _open(self, content: bytes) -> None:
        # Not above: kinds of formats are known without a reader of workbooks.
        from python_calamine import CalamineWorkbook, SheetVisibleEnum

        self._book = _guard(lambda: CalamineWorkbook.from_object(BytesIO(content)))
        self.visible = {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in self._book.sheets_metadata
        }

    @cached_property
    def epoch(self) -> date | None:
        """The day from which it counts days that stand as numbers; None where it is not told."""
        return epoch_of(self._content)

    def grid(self, sheet_name: str) -> Grid:
        """All cells of a sheet from A1 on: `grid[r][c]` is row r + 1, column c + 1.

        A formula without a stored result is the text `NO_RESULT`.
        Raises `Refusal` where the sheet is damaged, or has more cells than are taken.
        """
        if self._child is not None:
            grid: Grid = self._child.grid(sheet_name)
        else:
            sheet = _guard(lambda: self._book.get_sheet_by_name(sheet_name))
            grid = _guard(lambda: sheet.to_python(skip_empty_area=False))
        areas = _guard(lambda: self._formulas(sheet_name))
        if areas:
            _fill_in(grid, areas)
            self.without_results.add(sheet_name)
        width = max(map(len, grid), default=0)
        where = f"sheet '{shortened(sheet_name)}' has "
        refuse_beyond(rows=len(grid), columns=width, cells=len(grid) * width, where=where)
        return grid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.close()


def _look_through(content: bytes) -> tuple[bytes, Callable[[str], list[CellArea]]]:
    """The workbook without blank texts far away; for the name of a sheet, its formulas."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        is_opendocument_file = is_opendocument(set(archive.namelist()))
    if is_opendocument_file:
        looked = look_through_sheets(content)
        without = without_blank_texts(content) if looked.has_far_blanks else content
        return without, lambda sheet: looked.formulas.get(sheet, [])
    without = without_blank_texts(content) if has_far_cells(content) else content
    return without, WorkbookFormulas(without).without_result


def _no_formulas(_: str) -> list[CellArea]:
    """An old workbook (.xls) has a result beside each formula, if only a zero."""
    return []


def _fill_in(grid: Grid, areas: list[CellArea]) -> None:
    """The blank cells of those areas say that they have no result; others stay as they are.

    An area beyond the grid is taken as far as the cells do that a file may have.
    """
    most = settings().most_cells
    width = max(max(map(len, grid), default=0), max(area.last_column for area in areas) + 1)
    height = max(len(grid), max(area.last_row for area in areas) + 1)
    refuse_beyond(rows=height, columns=width, cells=height * width, where="with formulas it has ")
    grid.extend([] for _ in range(height - len(grid)))
    for row in grid:
        row.extend([""] * (width - len(row)))
    for area in areas:
        for row in grid[area.row : area.last_row + 1]:
            for column in range(area.column, area.last_column + 1):
                if row[column] in ("", 0):
                    row[column] = NO_RESULT
            most -= area.last_column + 1 - area.column
            if most < 0:
                return


def cell_text(cell: Cell) -> str:
    """The cell as its sender sees it: whole numbers without a point, dates as ISO."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        is_whole = cell.is_integer() and abs(cell) < 1e15
        return str(int(cell)) if is_whole else NumberText(repr(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _duration_text(cell)
    return str(cell)


def _duration_text(cell: timedelta) -> str:
    """A duration as hours, minutes and seconds, however many days it has: 31:10:00."""
    days, clock = divmod(abs(cell), timedelta(days=1))
    hours, rest = divmod(clock, timedelta(hours=1))
    sign = "-" if cell < timedelta(0) else ""
    return f"{sign}{days * 24 + hours}:{str(rest)[2:]}"


def _refuse_other_files(content: bytes, name: str) -> None:
    if not content:
        raise Refusal(finding("FILE-001"))
    if content.startswith(_COMPOUND_FILE):
        if _ENCRYPTED_STREAM in content:
            raise Refusal(finding("FILE-004"))
        return
    if not content.startswith(_ZIP):
        begin = content[:24].decode("utf-8", "replace")
        shown = "".join(sign if sign.isprintable() else "." for sign in begin)
        raise Refusal(finding("FILE-002", value=f"'{shown}'", name=name))


def _guard(read: Any) -> Any:
    """What `read` gives; any failure of the reader means that the file is damaged."""
    from python_calamine import CalamineError

    try:
        return read()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except (NotImplementedError, RuntimeError) as error:
        # zipfile: a packing that it does not know, a later version of it, or a password on a part.
        raise Refusal(finding("FILE-019", value=str(error))) from error
    except (CalamineError, ValueError, OSError, zipfile.BadZipFile, *_DAMAGED) as error:
        told = damage_found(str(error) or type(error).__name__)
        raise Refusal(finding("FILE-003", value=told)) from error
    except BaseException as error:
        # A panic inside the Rust reader is no `Exception`; it means a damaged file too.
        if type(error).__name__ != "PanicException":
            raise
        raise Refusal(finding("FILE-003", value="unreadable structure")) from error
