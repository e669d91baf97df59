"""How the command line speaks: tables and colour on a terminal, plain text elsewhere."""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

STATUS_STYLES = {
    "accepted": "green",
    "accepted_with_rejections": "yellow",
    "rejected": "red",
    "empty": "dim",
    "duplicate": "dim",
}
"""Colour of each status on a terminal."""


def say_error(text: str) -> None:
    """The text stands on standard error."""
    print(text, file=sys.stderr)


def say_json(value: Any) -> None:
    """The value stands on standard output as JSON."""
    print(json.dumps(_finite(value), indent=1, ensure_ascii=False, default=str))


def _finite(value: Any) -> Any:
    """The value with null in place of numbers that JSON does not know."""
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

    with Console(stderr=True).status(text) as status:
        yield ProgressLine(status)


class ProgressLine:
    """The line of `progress`."""

    def __init__(self, status: Any) -> None:
        self._status = status

    def update(self, text: str) -> None:
        """The line says `text` now."""
        if self._status is not None:
            self._status.update(text)


def say_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """The rows as a table: drawn on a terminal, tab-separated text elsewhere."""
    if not sys.stdout.isatty():
        print("\t".join(names))
        for row in rows:
            print("\t".join(_plain(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*names, header_style="bold")
    for row in rows:
        cells = [Text(_plain(cell), style=STATUS_STYLES.get(str(cell), "")) for cell in row]
        table.add_row(*cells)
    Console().print(table)


def say_styled(text: str, style: str) -> None:
    """The text stands on standard output, in that style on a terminal."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console

    Console().print(text, style=style, markup=False, highlight=False)


def _plain(cell: Any) -> str:
    return "" if cell is None else str(cell)
