"""Writes workbooks."""

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO

from pipelines.parse.formats.file_writer import Cell, FileWriter, Row
from pipelines.registry.table_map import TableMap


class XlsxWriter(FileWriter):
    """Writes a workbook of one sheet."""

    def __init__(self, form: TableMap, sheet: str) -> None:
        super().__init__(form)
        self._sheet = sheet

    def text(self, text: str) -> Cell:
        """The text itself."""
        return text

    def number(self, value: float) -> Cell:
        """The number itself."""
        return value

    def day(self, day: date) -> Cell:
        """A true date cell."""
        return day

    def time(self, time: datetime) -> Cell:
        """A true time cell."""
        return time

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """The headings, then the rows; in memory, as temporary files would be slow."""
        import xlsxwriter

        stream = BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True, "constant_memory": True})
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        formats = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        }
        sheet = book.add_worksheet(self._sheet)
        headers = self.header_rows(headings)
        for number, row in enumerate([*headers, *rows, *([total] if total else [])]):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, place, cell, formats[type(cell)])
                elif isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                else:
                    sheet.write_number(number, place, cell)
        book.close()
        return stream.getvalue()
