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
    from pipelines.parse.formats.tables.headings_told import HeadingTold
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

    def headings_read(
        self, feed: Feed, collection: Collection, parsed: "ParsedRows | None"
    ) -> "list[HeadingTold]":
        """The measures expected, the sheet of each, and sheets and headings that mean none."""
        from pipelines.base.likely import likely
        from pipelines.parse.formats.tables.headings_told import HeadingTold

        if parsed is None:
            return []
        sheets = {measure: one.sheet for one in parsed.sheets for measure in one.measures}
        unknown = [
            one.value
            for one in parsed.findings
            if one.code in ("HEAD-001", "SHEET-001") and one.value is not None
        ]
        told: list[HeadingTold] = []
        lacking: list[str] = []
        for sheet in self.sheets:
            for measure, headings in sheet.measures.items():
                expected = headings or sheet.names
                found = sheets.get(measure)
                if found is None:
                    lacking += expected
                meant = None if found else likely(expected[0], unknown)
                told.append(
                    HeadingTold(measure, expected, found, None, meant[0] if meant else None)
                )
        for heading in dict.fromkeys(unknown):
            meant = likely(heading, lacking)
            told.append(HeadingTold(None, (), heading, None, meant[0] if meant else None))
        return told

    def may_kill(self, size_bytes: int) -> bool:
        """Always: workbooks go through a reader that is not ours."""
        return True
