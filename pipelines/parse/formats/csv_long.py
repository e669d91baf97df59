"""The kind `csv_long`: delimited text with a line for each figure, which names its item."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from pipelines.parse.formats.delimited_text import DelimitedText
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import formats

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.parse.formats.tables.table_reader import TableReader
    from pipelines.parse.rows import ParsedRows


@formats.register
class LongCsv(DelimitedText):
    """Delimited text with a line for each figure: who, when, which item, and its value.

    `columns` maps a measure to the items that it may have, as headings of a wide table.
    """

    kind: Literal["csv_long"]
    item_headings: tuple[str, ...] = Field(
        min_length=1, description="Headings of the column that names the item of each line."
    )
    value_headings: tuple[str, ...] = Field(
        min_length=1, description="Headings of the column that has its figure."
    )

    @model_validator(mode="after")
    def _has_one_header_row(self) -> "LongCsv":
        if self.header_rows != 1:
            raise ValueError("header_rows: a table with a line for each figure has one header row")
        return self

    def headings_read(
        self, feed: Feed, collection: Collection, parsed: "ParsedRows | None"
    ) -> "list[HeadingTold]":
        """The items expected beside those of the file that was just read; they have no column."""
        told = super().headings_read(feed, collection, parsed)
        return [one if one.column in collection.key else replace(one, letter=None) for one in told]

    def read_table(self, content: bytes, file_name: str, reader: "TableReader") -> "ParsedRows":
        """A row for each key of the text, with what its lines say; each cell has its line."""
        from pipelines.parse.formats.tables.long_lines import LongLines

        grid, header, told = self.read_text(content, file_name, reader)
        if header is None:
            return reader.read_grid(grid, header)  # raises: it tells what a header would have
        lines = LongLines(grid, header, self.item_headings, self.value_headings)
        parsed = lines.placed(reader.read_grid(lines.wide, reader.find_header(lines.wide)))
        parsed.findings += told
        return parsed
