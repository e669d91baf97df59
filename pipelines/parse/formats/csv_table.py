"""The kind `csv`: delimited text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from pipelines.parse.formats.table_format import TableFormat
from pipelines.registry.format import formats

if TYPE_CHECKING:
    from pipelines.parse.formats.file_writer import FileWriter
    from pipelines.parse.formats.tables.table_reader import TableReader
    from pipelines.parse.rows import ParsedRows


@formats.register
class CsvTable(TableFormat):
    """Delimited text."""

    kind: Literal["csv"]
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    encoding: str = Field(
        default="auto", description="By its byte order mark, else UTF-8, else Windows-1252."
    )

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, encoding: str) -> str:
        try:
            "".encode("utf-8" if encoding == "auto" else encoding)
        except (LookupError, ValueError):
            raise ValueError(f"there is no encoding '{encoding}'; write one like utf-8") from None
        return encoding

    def read_table(self, content: bytes, file_name: str, reader: "TableReader") -> "ParsedRows":
        """The table of the text, with the delimiter that a header is found with."""
        from pipelines.parse.files.encodings import decode_and_tell
        from pipelines.parse.formats.tables.delimited import read_delimited
        from pipelines.parse.formats.tables.glued_exports import BYTE_ORDER_MARK, part_exports

        text, told = decode_and_tell(content, file_name, self.encoding)
        grid, header = read_delimited(text, self.delimiter, reader)
        if BYTE_ORDER_MARK in text and header is not None:
            told += part_exports(grid, header, reader)
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
