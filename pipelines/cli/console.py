"""How the command line speaks: tables and colour on a terminal, plain text elsewhere."""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pipelines.base.outgoing import csv_cell, json_text, one_line, visible
from pipelines.findings.status import Status

STATUS_STYLES: dict[str, str] = {
    Status.ACCEPTED: "green",
    Status.ACCEPTED_WITH_REJECTIONS: "yellow",
    Status.REJECTED: "red",
    Status.EMPTY: "dim",
    Status.DUPLICATE: "dim",
}
"""Colour of each status on a terminal."""


_MOST_IN_A_LINE = 1000


def say(text: str, *, flush: bool = False) -> None:
    """The text is one line on standard output, whatever a provider's name in it holds."""
    print(_as_line(text), flush=flush)


def say_page(text: str) -> None:
    """A text of several lines is on standard output."""
    print(visible(text))


def say_error(text: str) -> None:
    """The text is on standard error, with its lines."""
    print(visible(text), file=sys.stderr)


def say_json(value: Any) -> None:
    """The value is on standard output as JSON."""
    print(to_json(value))


def to_json(value: Any) -> str:
    """The value as JSON.

    The standard library writes times as SQL does; msgspec would write them in another form.
    """
    return json_text(json.dumps(_finite(value), indent=1, ensure_ascii=False, default=str))


def _as_line(text: str) -> str:
    shown = visible(text).replace("\n", " ")
    return shown if len(shown) <= _MOST_IN_A_LINE else shown[:_MOST_IN_A_LINE] + "…"


def _finite(value: Any) -> Any:
    """The value with null in place of numbers that JSON cannot hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


@contextmanager
def progress(text: str) -> Iterator["ProgressLine"]:
    """A line that shows on a terminal what is being done; elsewhere nothing is shown."""
    if not sys.stderr.isatty():
        yield ProgressLine(None)
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(one_line(text))) as status:
        yield ProgressLine(status)


class ProgressLine:
    """The line of `progress`."""

    def __init__(self, status: Any) -> None:
        self._status = status

    def update(self, text: str) -> None:
        """The line says `text` now."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(one_line(text)))


def say_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """The rows as a table: drawn on a terminal, tab-separated text elsewhere.

    A long text is cut on a terminal. Elsewhere it is whole, and a formula begins with `'`.
    """
    if not sys.stdout.isatty():
        for row in (names, *rows):
            print("\t".join(_plain(csv_cell(cell)) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in names:
        table.add_column(Text(one_line(name), style="bold"))
    for row in rows:
        cells = [one_line(_plain(cell)) for cell in row]
        table.add_row(*(Text(cell, style=STATUS_STYLES.get(cell, "")) for cell in cells))
    Console().print(table)


def say_styled(text: str, style: str) -> None:
    """The text is one line on standard output, in that style on a terminal."""
    if not sys.stdout.isatty():
        say(text)
        return
    from rich.console import Console

    Console().print(_as_line(text), style=style, markup=False, highlight=False)


def _plain(cell: Any) -> str:
    """The cell on one line."""
    return "" if cell is None else visible(str(cell)).replace("\n", " ")
