"""Delimited text to rows."""

import csv
import re
from collections.abc import Iterator
from io import StringIO

from pipelines.findings.finding import finding
from pipelines.parse.files.limits import refuse_beyond
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.tables.header import FoundHeader
from pipelines.parse.formats.tables.records import Grid
from pipelines.parse.formats.tables.table_reader import TableReader

DELIMITERS = (",", ";", "\t", "|")
_LINES_LOOKED_AT = 50
_LINE_ENDS = re.compile("[\\r\\n]+")
"""What ends a line; other signs that Python takes for line ends may stand inside of a text."""


def _likely_delimiters(text: str) -> list[str]:
    """The delimiters that stand in the first lines, the one that stands there most often first."""
    head = "\n".join(_LINE_ENDS.split(text[:20_000])[:_LINES_LOOKED_AT])
    found = {delimiter: head.count(delimiter) for delimiter in DELIMITERS}
    return sorted((one for one in found if found[one]), key=lambda one: -found[one]) or [","]


def read_rows(text: str, delimiter: str) -> Grid:
    """Every row of the text; raises `Refusal` where its quotes do not match or it is too large."""
    # A line break or a delimiter within quotes counts too: such a text is smaller than it looks.
    lines = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    refuse_beyond(rows=lines, cells=lines + text.count(delimiter))
    rows: list[list[str]] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise Refusal(finding("FILE-013", value=str(error), row=len(rows) + 1)) from error
    refuse_beyond(columns=max(map(len, rows), default=0))
    return Grid(rows)


def read_delimited(
    text: str, delimiter: str, reader: TableReader
) -> tuple[Grid, FoundHeader | None]:
    """The rows and their header; with 'auto', by the delimiter that gives a header.

    Where none gives a header, by the likeliest. Raises `Refusal` where its quotes do not match.
    """
    if delimiter != "auto":
        grid = read_rows(text, delimiter)
        return grid, reader.find_header(grid)
    tried: dict[str, Grid | Refusal] = {}
    for candidate in _candidates(text, reader):
        try:
            grid = read_rows(text, candidate)
        except Refusal as refusal:
            tried[candidate] = refusal
            continue
        header = reader.find_header(grid)
        if header is not None:
            reader.delimiter = candidate
            return grid, header
        tried[candidate] = grid
    likeliest = tried[_likely_delimiters(text)[0]]
    if isinstance(likeliest, Refusal):
        raise likeliest
    return likeliest, None


def _candidates(text: str, reader: TableReader) -> Iterator[str]:
    """The delimiters to try; nearly always it is that of the file before."""
    if reader.delimiter is not None:
        yield reader.delimiter
    yield from _likely_delimiters(text)
