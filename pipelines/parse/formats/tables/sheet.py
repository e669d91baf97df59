"""One sheet of a workbook to rows."""

from functools import lru_cache

from pipelines.findings.finding import finding
from pipelines.parse.files.names import sheet_key
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Cell, Workbook, cell_text
from pipelines.parse.formats.tables.records import Grid


def read_sheet(content: bytes, file_name: str, sheet: str | None) -> Grid:
    """The rows of the sheet of that name, or of the first visible one.

    Raises `Refusal` where the file is no workbook or has no such sheet.
    """
    with Workbook(content, file_name) as workbook:
        wanted = [
            name
            for name, is_shown in workbook.visible.items()
            if is_shown and (sheet is None or sheet_key(name) == sheet_key(sheet))
        ]
        if not wanted:
            raise Refusal(finding("FILE-005", value=", ".join(f"'{n}'" for n in workbook.visible)))
        grid = workbook.grid(wanted[0])
        has_formulas = wanted[0] in workbook.without_results
    rows = [[cell if type(cell) is str else _text(cell) for cell in row] for row in grid]
    return Grid(rows, wanted[0], has_formulas)


# Texts are not kept: one may be very long.
@lru_cache(maxsize=65536, typed=True)
def _text(cell: Cell) -> str:
    return "" if cell is None else cell_text(cell)
