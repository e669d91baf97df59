"""Tables as people send them: delimited text, one sheet of a workbook, JSON objects."""

from pipelines.formats.tables.reader import TableReader

__all__ = ["TableReader"]
