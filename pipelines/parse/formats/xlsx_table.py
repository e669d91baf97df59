"""The kind `xlsx`: a table in an Excel workbook."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.parse.formats.table_format import TableFormat
from pipelines.registry.format import formats

if TYPE_CHECKING:
    from pipelines.parse.formats.file_writer import FileWriter
    from pipelines.parse.formats.tables.table_reader import TableReader
    from pipelines.parse.rows import ParsedRows


@formats.register
class XlsxTable(TableFormat):
    """A table in an Excel workbook."""

    kind: Literal["xlsx"]
    sheet: str | None = Field(default=None, description="Default: the first that is visible.")

    def read_table(self, content: bytes, file_name: str, reader: "TableReader") -> "ParsedRows":
        """The table of the sheet."""
        from pipelines.parse.formats.tables.sheet import read_sheet

        grid = read_sheet(content, file_name, self.sheet)
        return reader.read_grid(grid, reader.find_header(grid))

    def may_kill(self, size_bytes: int) -> bool:
        """Always: workbooks go through a reader that is not ours."""
        return True

    def writer(self, habit: Sequence[float]) -> "FileWriter":
        """Writes a workbook of one sheet."""
        from pipelines.parse.formats.tables.xlsx_writer import XlsxWriter

        return XlsxWriter(self, self.sheet or "Sheet1")
