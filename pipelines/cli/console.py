"""How the command line speaks: tables and colour on a terminal, plain text elsewhere."""

import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pipelines.base.outgoing import csv_cell, json_text, one_line, visible
from pipelines.base.secrets import masked
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
    with heard_or_not():
        print(masked(_as_line(text)), flush=flush)


def say_page(text: str) -> None:
    """A text of several lines is on standard output."""
    with heard_or_not():
        print(masked(visible(text)))


def say_error(text: str) -> None:
    """The text is on standard error, with its lines."""
    with heard_or_not():
        print(masked(visible(text)), file=sys.stderr)


def say_json(value: Any) -> None:
    """The value is on standard output as JSON."""
    with heard_or_not():
        print(masked(to_json(value)))


@contextmanager
def heard_or_not() -> Iterator[None]:
    """What is said inside may have no reader any more (`| head`); the command goes on and ends.

    So its exit code still tells what became of it.
    """
    try:
        yield
    except BrokenPipeError:
        say_no_more()


def say_no_more() -> None:
    """Whatever is said from now on, and whatever waits to be written, goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


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

    A long text takes several lines on a terminal, but an id never does: where the terminal is too
    narrow for that, each row is told line by line. Elsewhere a formula begins with `'`.
    """
    if not sys.stdout.isatty():
        with heard_or_not():
            for row in (names, *rows):
                print("\t".join(_plain(csv_cell(cell)) for cell in row))
        return
    from rich.console import Console

    console = Console()
    cells = [[one_line(_plain(cell)) for cell in row] for row in rows]
    if _least_width(names, cells) > console.width:
        _say_row_by_row(names, cells)
    else:
        console.print(_drawn(names, cells))


_LEAST_WIDTH = 6
"""Signs that a column of anything but ids has at least, where the terminal is narrow."""


def is_whole(name: str) -> bool:
    """Whether the values of a column of that name are for copying, and so stand on one line."""
    return name in ("feed", "publication") or name.endswith(("_id", "_of"))


def _least_width(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The signs of a line of the table at the narrowest."""
    width = 3 * len(names) + 1
    for at, name in enumerate(names):
        longest = max((len(row[at]) for row in rows), default=0)
        width += max(longest, len(name)) if is_whole(name) else min(longest, _LEAST_WIDTH)
    return width


def _drawn(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    """The table as it is drawn."""
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in names:
        heading = Text(one_line(name), style="bold")
        table.add_column(heading, overflow="fold", no_wrap=is_whole(name))
    for row in rows:
        table.add_row(*(Text(cell, style=STATUS_STYLES.get(cell, "")) for cell in row))
    return table


def _say_row_by_row(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Each row as lines of a name and its value; the terminal breaks what is too long for it."""
    for row in rows:
        for at, (name, cell) in enumerate(zip(names, row, strict=True)):
            print(f"{'' if at == 0 else '  '}{one_line(name)}: {cell}")


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
