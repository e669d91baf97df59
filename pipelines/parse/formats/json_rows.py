"""The kind `json`: objects."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from pipelines.parse.formats.table_format import TableFormat
from pipelines.registry.format import formats

if TYPE_CHECKING:
    from pipelines.parse.formats.file_writer import FileWriter
    from pipelines.parse.formats.tables.table_reader import TableReader
    from pipelines.parse.rows import ParsedRows


@formats.register
class JsonRows(TableFormat):
    """JSON: one object, an array of objects, or an object on each line."""

    kind: Literal["json"]
    records: str | None = Field(
        default=None,
        description="Path to the objects, like 'data.rows'; default: the whole file. Lists on the "
        "way are gone through: 'sites.slots' has the slots of every site.",
    )
    carried: tuple[str, ...] = Field(
        default=(),
        description="Paths of values that stand outside of the objects, which each object of the "
        "place below them takes along: the day above all rows, the code of a site above its slots.",
    )

    @model_validator(mode="after")
    def _has_no_header(self) -> "JsonRows":
        if self.header_rows != 1:
            raise ValueError("header_rows: JSON has keys and no rows of headings; leave it out")
        if self.carried and not self.records:
            raise ValueError("carried: needs 'records', the path below which values are outside")
        return self

    def read_table(self, content: bytes, file_name: str, reader: "TableReader") -> "ParsedRows":
        """A row for each object."""
        from pipelines.parse.files.encodings import decode_and_tell
        from pipelines.parse.formats.tables.objects import read_objects

        text, told = decode_and_tell(content, file_name)
        parsed = reader.read_objects(read_objects(text, self.records, self.carried))
        parsed.findings += told
        return parsed

    def writer(self, habit: Sequence[float]) -> "FileWriter":
        """Writes an array where the feed says at which path, else an object on each line."""
        from pipelines.parse.formats.tables.json_writer import JsonWriter

        return JsonWriter(self, self.records)
