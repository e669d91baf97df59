"""Two exports in one file: the second begins with a byte order mark, in the middle of the file.

Scripts that append each export to the same file make them. Under the same headings all rows are
read; under others, or where the first export was cut off, the file is refused.
"""

from typing import TYPE_CHECKING

from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.tables.header import FoundHeader
from pipelines.parse.formats.tables.records import Grid

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.table_reader import TableReader

BYTE_ORDER_MARK = "\ufeff"


def part_exports(grid: Grid, header: FoundHeader, reader: "TableReader") -> list[Finding]:
    """One finding for each export after the first; its header is then a repeated one.

    Raises `Refusal` where the rows under a second header cannot be read with those of the first.
    A mark that no header follows is a sign that nobody sees, and stays.
    """
    told = []
    for at, row in enumerate(grid.rows[header.at + 1 :], start=header.at + 1):
        cut = next((cell for cell, text in enumerate(row) if BYTE_ORDER_MARK in text), None)
        if cut is None:
            continue
        before, _, first = row[cut].partition(BYTE_ORDER_MARK)
        second = reader.columns_of([first, *row[cut + 1 :]])
        if second is None:
            continue
        if cut or before.strip() or second.at != header.columns.at:
            raise Refusal(
                finding("FILE-029", place=Place(grid.sheet, at + 1), row=at + 1), grid.rows
            )
        grid.rows[at] = list(grid.rows[header.at])
        told.append(finding("FILE-028", place=Place(grid.sheet, at + 1), row=at + 1))
    return told
