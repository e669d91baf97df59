"""Writes the values of one column as a feed writes them: the inverse of how they are read."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipelines.clock import LONDON
from pipelines.contract import Column
from pipelines.feed import Reading
from pipelines.simulate.files import Cell, FileWriter
from pipelines.units import factor


class NumberCells(dict[float, Cell]):
    """Value → cell of one column; each distinct value is written once."""

    def __init__(self, column: Column, reading: Reading, writer: FileWriter) -> None:
        super().__init__()
        self._scale = factor(reading.given_in, column.unit)
        self._is_clock = reading.given_in == "clock"
        self._before = f"{reading.prefixes[0]} " if reading.prefixes else ""
        self._after = _after(reading.suffixes)
        self._writer = writer

    def __missing__(self, value: float) -> Cell:
        stated = value if self._scale == 1 else round(value / self._scale, 3)
        if self._is_clock:
            cell = self._writer.text(clock_text(stated))
        elif self._before or self._after:
            plain = int(stated) if float(stated).is_integer() else stated
            cell = self._writer.text(f"{self._before}{plain}{self._after}")
        else:
            cell = self._writer.number(stated)
        self[value] = cell
        return cell

    def of(self, values: Sequence[float]) -> list[Cell]:
        """The cells of the values."""
        return [self[value] for value in values]


def clock_text(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def label_of(slot: datetime, reading: Reading, length: timedelta, is_renamed: bool) -> datetime:
    """What a feed calls the slot, on the clock that it writes; with a zone if it writes offsets.

    A feed whose times have offsets writes them in UTC under the contract's own name for the
    column, and in London's time where the provider has a name of its own for it.
    """
    moment = slot + length if reading.labelled_by == "end" else slot
    if reading.zone == "UTC":
        zone, is_told = UTC, _tells_offset(reading)
    elif reading.zone == "Europe/London":
        zone, is_told = LONDON, _tells_offset(reading)
    else:
        zone, is_told = LONDON if is_renamed else UTC, True
    local = moment.astimezone(zone)
    return local if is_told else local.replace(tzinfo=None)


def label_text(label: datetime, reading: Reading) -> str:
    """The label in the feed's form; ISO 8601 for a feed that says nothing of it."""
    if reading.format:
        return label.strftime(reading.format)
    return label.isoformat(timespec="seconds").replace("+00:00", "Z")


def split_time(text: str) -> tuple[str, str]:
    """A time's day and its time of day, for two columns."""
    day, _, time = text.replace("T", " ", 1).partition(" ")
    return day, time


def is_ambiguous(slot: datetime, reading: Reading, length: timedelta) -> bool:
    """Whether the feed's text for that slot stands for two times, an hour apart."""
    if reading.zone != "Europe/London" or _tells_offset(reading):
        return False
    wall = label_of(slot, reading, length, True)
    first, second = (wall.replace(tzinfo=LONDON, fold=fold) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()


def _tells_offset(reading: Reading) -> bool:
    return "%z" in (reading.format or "")


def _after(suffixes: Sequence[str]) -> str:
    """The first suffix; a word stands apart from its number, a sign like % does not."""
    if not suffixes:
        return ""
    return f" {suffixes[0]}" if suffixes[0][0].isalnum() else suffixes[0]
