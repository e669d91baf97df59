"""Delimited text to rows."""

import csv
from io import StringIO

from pipelines.findings.finding import finding
from pipelines.parse.formats.refusal import Refusal
from pipelines.parse.formats.tables.records import Grid

DELIMITERS = (",", ";", "\t", "|")
_LINES_LOOKED_AT = 50


def likely_delimiters(text: str) -> list[str]:
    """The delimiters that stand in the first lines, the one that stands there most often first."""
    head = "\n".join(text[:20_000].splitlines()[:_LINES_LOOKED_AT])
    found = {delimiter: head.count(delimiter) for delimiter in DELIMITERS}
    return sorted((one for one in found if found[one]), key=lambda one: -found[one]) or [","]


def read_rows(text: str, delimiter: str) -> Grid:
    """Every row of the text; raises `Refusal` where its quotes do not match."""
    rows: list[list[str]] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise Refusal(finding("FILE-013", value=str(error), row=len(rows) + 1)) from error
    return Grid(rows)
