"""The kind `winter_timeseries`: the workbook of a winter, as it is published."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.parse.formats.file_format import FileFormat
from pipelines.parse.formats.winter_timeseries.winter_map import WinterMap
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import formats

if TYPE_CHECKING:
    from pipelines.parse.rows import ParsedRows


@formats.register
class WinterTimeseries(WinterMap, FileFormat):
    """The publisher's winter workbook: a row per trust, a block of columns per day."""

    def columns_offered(self, collection: Collection) -> Sequence[Column]:
        """The measures; code and day have their places in every sheet."""
        return collection.measures

    def read(
        self, content: bytes, file_name: str, feed: Feed, collection: Collection
    ) -> "ParsedRows":
        """One row for each organisation and day; raises `Refusal` where no sheet is known."""
        from pipelines.parse.formats.winter_timeseries.winter_reader import read

        return read(content, file_name, self)

    def may_kill(self, size_bytes: int) -> bool:
        """Always: workbooks go through a reader that is not ours."""
        return True
