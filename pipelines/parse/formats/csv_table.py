"""The kind `csv`: delimited text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pipelines.parse.formats.delimited_text import DelimitedText
from pipelines.registry.format import formats

if TYPE_CHECKING:
    from pipelines.parse.formats.file_writer import FileWriter
    from pipelines.parse.formats.tables.table_reader import TableReader
    from pipelines.parse.rows import ParsedRows


@formats.register
class CsvTable(DelimitedText):
    """Delimited text."""

    kind: Literal["csv"]

    def read_table(self, content: bytes, file_name: str, reader: "TableReader") -> "ParsedRows":
        """The table of the text, with the delimiter that a header is found with."""
        grid, header, told = self.read_text(content, file_name, reader)
        parsed = reader.read_grid(grid, header)
        parsed.findings += told
        return parsed

    def writer(self, habit: Sequence[float]) -> "FileWriter":
        """Writes text; where encoding or delimiter are open, the feed has its own habit."""
        from pipelines.parse.formats.tables.csv_writer import CsvWriter

        encodings = ("utf-8", "utf-8-sig", "cp1252")
        encoding = encodings[int(habit[0] * 3)] if self.encoding == "auto" else self.encoding
        usual = ";" if habit[1] < 0.25 else ","
        return CsvWriter(self, usual if self.delimiter == "auto" else self.delimiter, encoding)
