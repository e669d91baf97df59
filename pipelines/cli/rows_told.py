"""The rows of an answer on standard output: as a table, as CSV or as JSON, as far as is asked."""

import csv
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Any, TextIO

from pipelines.base.outgoing import csv_cell
from pipelines.cli.console import say_error, say_table, to_json

_COULD_NOT_RUN = 3


class Form(Enum):
    """How rows are told."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


MOST_ROWS = {Form.TABLE: 1_000, Form.CSV: 1_000_000, Form.JSON: 1_000_000}
"""Rows that are told where nobody says how many."""


def tell_rows(
    names: Sequence[str],
    rows: Iterator[tuple[Any, ...]],
    form: Form,
    limit: int | None,
    out: TextIO,
) -> int:
    """The rows stand on `out`; where there are more, standard error says so. The exit code.

    It is 3 where a program gets less than all and has not asked for less.
    """
    most = MOST_ROWS[form] if limit is None else limit
    told = islice(rows, most) if most else rows
    if form is Form.JSON:
        _tell_json(names, told, out)
    elif form is Form.CSV:
        writer = csv.writer(out)
        writer.writerow([csv_cell(name) for name in names])
        writer.writerows([csv_cell(value) for value in row] for row in told)
    else:
        say_table(names, list(told))
    if not most or next(rows, None) is None:
        return 0
    say_error(f"… more rows than the {most:,} shown; --limit 0 gives all of them.")
    return _COULD_NOT_RUN if limit is None and form is not Form.TABLE else 0


def _tell_json(names: Sequence[str], rows: Iterator[tuple[Any, ...]], out: TextIO) -> None:
    """The rows as a list of objects, written one by one."""
    before = "[\n"
    for row in rows:
        out.write(before + to_json([dict(zip(names, row, strict=True))])[2:-2])
        before = ",\n"
    out.write("[]\n" if before == "[\n" else "\n]\n")
