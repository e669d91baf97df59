"""What the formats have in common whose files are delimited text."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from pipelines.parse.formats.table_format import TableFormat

if TYPE_CHECKING:
    from pipelines.findings.finding import Finding
    from pipelines.parse.formats.tables.header import FoundHeader
    from pipelines.parse.formats.tables.records import Grid
    from pipelines.parse.formats.tables.table_reader import TableReader


class DelimitedText(TableFormat):
    """Delimited text in some encoding."""

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

    def read_text(
        self, content: bytes, file_name: str, reader: "TableReader"
    ) -> "tuple[Grid, FoundHeader | None, list[Finding]]":
        """The rows of the text, the header with whose delimiter they were found, and what is told.

        Raises `Refusal` where the text cannot be decoded or split into rows.
        """
        from pipelines.parse.files.encodings import decode_and_tell
        from pipelines.parse.formats.tables.delimited import read_delimited
        from pipelines.parse.formats.tables.glued_exports import BYTE_ORDER_MARK, part_exports

        text, told = decode_and_tell(content, file_name, self.encoding)
        grid, header = read_delimited(text, self.delimiter, reader)
        if BYTE_ORDER_MARK in text and header is not None:
            told += part_exports(grid, header, reader)
        return grid, header, told
