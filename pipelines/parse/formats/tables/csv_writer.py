"""Writes delimited text."""

import gzip
from collections.abc import Sequence
from datetime import datetime

from pipelines.parse.formats.file_writer import Cell, FileWriter, Row, number_text
from pipelines.registry.table_map import TableMap

LINE_END = "\r\n"


class CsvWriter(FileWriter):
    """Writes delimited text."""

    def __init__(self, form: TableMap, delimiter: str, encoding: str) -> None:
        super().__init__(form, (delimiter,))
        self._delimiter = delimiter
        self._encoding = encoding
        self._known_header: tuple[Sequence[str], str] = ((), "")

    def text(self, text: str) -> Cell:
        """The text, in quotes where it needs them."""
        if self._delimiter in text or '"' in text or "\n" in text:
            doubled = text.replace('"', '""')
            return f'"{doubled}"'
        return text

    def number(self, value: float) -> Cell:
        """The number, without a point where it is whole."""
        return number_text(value)

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """The headings, then a line for each row."""
        lines = [self._header(headings), *map(self._delimiter.join, rows)]
        if total is not None:
            lines.append(self._delimiter.join(total))
        return (LINE_END.join(lines) + LINE_END).encode(self._encoding)

    def _header(self, headings: Sequence[str]) -> str:
        if self._known_header[0] is not headings:
            lines = [
                self._delimiter.join(map(self.text, row)) for row in self.header_rows(headings)
            ]
            self._known_header = (headings, LINE_END.join(lines))
        return self._known_header[1]

    def spoil(self, content: bytes, chance: float) -> bytes:
        """The text packed with gzip, or broken off within a quoted cell of its last line."""
        if chance < 0.5:
            return gzip.compress(content, mtime=0)
        lines = content.decode(self._encoding).rstrip().splitlines(keepends=True)
        return "".join([*lines[:-1], '"', lines[-1][:-3]]).encode(self._encoding)
