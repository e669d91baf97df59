"""Tables as people send them: delimited text, one sheet of a workbook, JSON objects."""

from pipelines.parse.formats.tables.table_reader import TableReader

__all__ = ["TableReader"]
