"""What is said of the formulas without a stored result in a sheet of a winter workbook."""

from collections.abc import Iterator

from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.workbook import NO_RESULT, Grid
from pipelines.parse.formats.winter_timeseries.winter_body import SheetBody
from pipelines.parse.formats.winter_timeseries.winter_columns import DataColumn


def tell_formulas(
    sheet: str, grid: Grid, body: SheetBody, columns: list[DataColumn]
) -> Iterator[Finding]:
    """A finding for each figure of an organisation, and one for all other cells together.

    England's figures and the days over the columns have findings of their own.
    """
    organisations = {row.index: row for row in body.organisations}
    by_index = {column.index: column for column in columns}
    others: list[Place] = []
    for index, row in enumerate(grid):
        if NO_RESULT not in row:
            continue
        organisation = organisations.get(index)
        for at, cell in enumerate(row):
            if cell != NO_RESULT:
                continue
            place = Place(sheet, index + 1, at + 1)
            column = by_index.get(at)
            if organisation is None or column is None:
                others.append(place)
                continue
            yield finding(
                "CELL-010",
                place=place,
                column_name=column.measure,
                value=NO_RESULT,
                org_code=organisation.code,
                slot=column.days[0].isoformat(),
            )
    if others:
        yield finding("CELL-011", place=others[0], count=f"{len(others):,}")
