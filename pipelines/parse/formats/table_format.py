"""What the formats have in common whose files are tables."""

from abc import abstractmethod
from typing import TYPE_CHECKING

from pipelines.parse.formats.file_format import FileFormat
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.table_map import TableMap

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.parse.formats.tables.table_reader import TableReader
    from pipelines.parse.rows import ParsedRows


class TableFormat(TableMap, FileFormat):
    """A table with a header, in some kind of file."""

    def read(
        self, content: bytes, file_name: str, feed: Feed, collection: Collection
    ) -> "ParsedRows":
        """The file's rows as text; raises `Refusal` where they cannot be read at all."""
        # Not above: it loads NumPy, which a command that reads no file does without.
        from pipelines.parse.formats.tables.table_reader import reader_of

        return self.read_table(content, file_name, reader_of(feed, self, collection))

    def headings_read(
        self, feed: Feed, collection: Collection, parsed: "ParsedRows | None"
    ) -> "list[HeadingTold]":
        """The headings expected beside those of the file that was just read."""
        from pipelines.parse.formats.tables.table_reader import reader_of

        return reader_of(feed, self, collection).headings_read()

    @abstractmethod
    def read_table(self, content: bytes, file_name: str, reader: "TableReader") -> "ParsedRows":
        """What the feed's reader makes of the table that the file holds."""
