"""Where numbers of patients stand in a file: the place of each cell, and never what it says."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from typing import Any

from pipelines.base.nhs_numbers import mask_nhs_numbers
from pipelines.findings.finding import Place

_MOST = 8
_MOST_CELLS = 200_000
"""Cells that are looked at; the file is refused whatever is beyond them."""
_DELIMITERS = (",", ";", "\t", "|")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def patient_places(content: bytes) -> list[Place]:
    """The first places in a text with columns, or in the visible and hidden sheets of a workbook.

    None where no cell has a whole number: it may stand in a comment, or in the file's properties.
    """
    cells = _of_workbook(content) if content.startswith(_WORKBOOKS) else _of_text(content)
    found = (
        Place(sheet, row, column)
        for sheet, row, column, text in islice(cells, _MOST_CELLS)
        if mask_nhs_numbers(text) != text
    )
    return list(islice(found, _MOST))


def _of_text(content: bytes) -> Iterator[tuple[str | None, int, int, str]]:
    text = content.decode("utf-8", "replace")
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            for column, cell in enumerate(cells, 1):
                yield None, reader.line_num, column, cell
    except csv.Error:
        return


def _of_workbook(content: bytes) -> Iterator[tuple[str | None, int, int, str]]:
    from pipelines.parse.files.refusal import Refusal
    from pipelines.parse.files.workbook_process import WorkbookProcess

    try:
        book = WorkbookProcess(content)
    except Refusal:
        return
    try:
        for sheet in book.visible:
            grid: Sequence[Sequence[Any]] = book.grid(sheet)
            for row, cells in enumerate(grid, 1):
                for column, cell in enumerate(cells, 1):
                    yield mask_nhs_numbers(sheet), row, column, _written(cell)
    except Refusal:
        return
    finally:
        book.close()


def _written(cell: Any) -> str:
    """The cell as a person reads it: a whole number without a decimal point."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
