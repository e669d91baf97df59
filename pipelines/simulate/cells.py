"""Writes the values of one column as a feed writes them: the inverse of how they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from pipelines.base.clock import LONDON
from pipelines.parse.formats.file_writer import Cell, FileWriter
from pipelines.registry.format import Reading
from pipelines.registry.units import factor
from pipelines.registry.written_forms import EPOCHS, EXCEL_DAYS, excel_days

_MOST_VALUES = 100_000
"""The most values remembered for one kind of column, so that memory stays bounded."""


class NumberCells(dict[float, Cell]):
    """Value → cell of one kind of column; each distinct value is written once."""

    def __init__(self, unit: str, reading: Reading, writer: FileWriter) -> None:
        super().__init__()
        self._scale = factor(reading.given_in, unit)
        self._has_comma = reading.decimal_mark == "comma"
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
            if self._has_comma and isinstance(cell, str) and "." in cell:
                cell = self._writer.text(cell.replace(".", ","))
        if len(self) > _MOST_VALUES:
            self.clear()
        self[value] = cell
        return cell

    def of(self, values: Sequence[float]) -> list[Cell]:
        """The cells of the values."""
        return list(map(self.__getitem__, values))


@lru_cache(maxsize=1024)
def number_cells(unit: str, reading: Reading, writer: FileWriter) -> NumberCells:
    """The cells of such a column; writers that are equal share them."""
    return NumberCells(unit, reading, writer)


def clock_text(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


@dataclass(frozen=True, slots=True)
class SlotLabels:
    """How a feed names the slots of a day, one of each for every slot."""

    texts: tuple[str, ...]
    times: tuple[datetime, ...]
    """The times on the clock that the feed writes; with a zone if it writes offsets."""
    ambiguous: tuple[bool, ...]
    """Whether the text stands for two times, an hour apart."""


@lru_cache(maxsize=256)
def label_slots(
    slots: tuple[datetime, ...], reading: Reading, length: timedelta, is_renamed: bool
) -> SlotLabels:
    """The labels of the slots; feeds that write alike share them.

    A feed whose times have offsets writes them in UTC under the contract's own name for the
    column, and in London's time where the provider has a name of its own for it. A feed without a
    stated form writes ISO 8601.
    """
    times = tuple(_on_clock(slot, reading, length, is_renamed) for slot in slots)
    if reading.format in EPOCHS:
        texts = tuple(_since_epoch(slot, reading, length) for slot in slots)
    elif reading.format == EXCEL_DAYS:
        texts = tuple(excel_days(time) for time in times)
    elif reading.format:
        texts = tuple(time.strftime(reading.format) for time in times)
    else:
        texts = tuple(time.isoformat(timespec="seconds").replace("+00:00", "Z") for time in times)
    is_vague = reading.zone == "Europe/London" and not _tells_offset(reading)
    return SlotLabels(texts, times, tuple(is_vague and _comes_twice(time) for time in times))


def _since_epoch(slot: datetime, reading: Reading, length: timedelta) -> str:
    """The seconds or milliseconds since 1970 of what names the slot."""
    moment = slot + length if reading.labelled_by == "end" else slot
    return str(round(moment.timestamp() * EPOCHS[reading.format or ""]))


def split_time(text: str) -> tuple[str, str]:
    """A time's day and its time of day, for two columns."""
    day, _, time = text.replace("T", " ", 1).partition(" ")
    return day, time


def _on_clock(slot: datetime, reading: Reading, length: timedelta, is_renamed: bool) -> datetime:
    moment = slot + length if reading.labelled_by == "end" else slot
    has_offsets = reading.zone == "offset"
    is_utc = not is_renamed if has_offsets else reading.zone == "UTC"
    local = moment.astimezone(UTC if is_utc else LONDON)
    return local if has_offsets or _tells_offset(reading) else local.replace(tzinfo=None)


def _comes_twice(wall: datetime) -> bool:
    first, second = (wall.replace(tzinfo=LONDON, fold=fold) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()


def _tells_offset(reading: Reading) -> bool:
    return "%z" in (reading.format or "") or reading.format in EPOCHS


def _after(suffixes: Sequence[str]) -> str:
    """The first suffix; a word stands apart from its number, a sign like % does not."""
    if not suffixes:
        return ""
    return f" {suffixes[0]}" if suffixes[0][0].isalnum() else suffixes[0]
