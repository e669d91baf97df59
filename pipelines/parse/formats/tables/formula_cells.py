"""Cells of a table whose formula has no stored result: they are no empty cells.

What they say nobody knows, so the value held for them stays, and their sender is told where they
stand.
"""

from collections.abc import Collection, Sequence

from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.workbook import NO_RESULT
from pipelines.parse.formats.tables.records import Grid
from pipelines.parse.rows import RowProblem, Texts

Carried = dict[str, list[bool]]
"""For a column, which rows have a cell whose text is known."""


def take_out_formulas(
    texts: dict[str, Texts], measures: Collection[str]
) -> tuple[Carried, list[RowProblem]]:
    """The measures' cells without a result have no text any more; which rows have one, and where.

    A key without a result keeps its text, so that its row is kept out and says why.
    """
    carried: Carried = {}
    problems = []
    for name, own in texts.items():
        if name in measures and NO_RESULT in own:
            known = [text != NO_RESULT for text in own]
            carried[name] = known
            texts[name] = [None if text == NO_RESULT else text for text in own]
            rows = [row for row, is_known in enumerate(known) if not is_known]
            problems.append(RowProblem("CELL-010", rows, name, NO_RESULT))
    return carried, problems


def tell_other_formulas(
    grid: Grid, data_rows: Sequence[int], data_columns: Collection[int]
) -> list[Finding]:
    """What is said of the cells without a result that no column of a row is read from.

    Rows and columns are counted from 1.
    """
    rows, columns = set(data_rows), set(data_columns)
    others = [
        (number, at)
        for number, row in enumerate(grid.rows, start=1)
        if NO_RESULT in row
        for at, cell in enumerate(row, start=1)
        if cell == NO_RESULT and not (number in rows and at in columns)
    ]
    if not others:
        return []
    return [finding("CELL-011", place=Place(grid.sheet, *others[0]), count=f"{len(others):,}")]
