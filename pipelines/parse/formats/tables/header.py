"""Finds a table's header among its first rows, and which column of the collection each cell is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.parse.files.names import HeadingNames
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.table_map import OWN_CODE, TableMap

ROWS_LOOKED_AT = 50
_LONGEST_KEPT = 10_000
"""Signs of a header that is remembered from file to file."""
_IGNORED = "\0ignored"
_TIME_OF_DAY = "\0time of "


@dataclass(frozen=True, slots=True)
class Columns:
    """What the cells of one header stand for; cells are counted from 0."""

    at: dict[str, int]
    time_at: dict[str, int]
    unknown: tuple[tuple[int, str], ...]
    repeated: tuple[tuple[int, str], ...]
    lacking: tuple[str, ...]
    """Measures that the feed should report and that no cell stands for."""
    width: int


class FoundHeader(NamedTuple):
    """The row of a table that has the whole key, counted from 0, and what its cells stand for."""

    at: int
    columns: Columns
    first: int | None = None
    """The upper one of two rows of headings."""


class Headings:
    """The headings that one feed's tables may have."""

    def __init__(self, feed: Feed, form: TableMap, collection: Collection) -> None:
        taken = {heading for mapped in form.columns.values() for heading in mapped.headings}
        names: dict[str, list[str]] = {}
        self.constants: dict[str, str] = {}
        for column in collection.columns:
            mapped = form.columns.get(column.name)
            if mapped is not None and mapped.constant is not None:
                is_own = mapped.constant == OWN_CODE
                self.constants[column.name] = feed.provider.code if is_own else mapped.constant
                continue
            own_names = [name for name in (column.name, *column.was) if name not in taken]
            names[column.name] = [*(mapped.headings if mapped else ()), *own_names]
            if mapped is not None and mapped.time_headings:
                names[_TIME_OF_DAY + column.name] = list(mapped.time_headings)
        names[_IGNORED] = [*form.ignored_headings, *form.name_headings]
        self._names = HeadingNames(names, {})
        self._needed = tuple(
            target
            for target in names
            if target in collection.key or target.startswith(_TIME_OF_DAY)
        )
        self._measures = tuple(
            column.name
            for column in collection.measures
            if not column.optional
            and column.name not in form.not_reported
            and column.name not in self.constants
        )
        self.expected = {
            _plain_target(target): tuple(own) for target, own in names.items() if target != _IGNORED
        }
        """Column → the headings that it may have; its time of day is a column of its own."""
        self._known: dict[tuple[str, ...], Columns | None] = {}

    def find(self, cells: Sequence[str]) -> Columns | None:
        """What the cells stand for; None where they are no header because the key is not whole."""
        row = tuple(cells)
        if sum(map(len, row)) > _LONGEST_KEPT:
            return self._read(row)
        if row not in self._known:
            if len(self._known) > 1000:
                self._known.clear()
            self._known[row] = self._read(row)
        return self._known[row]

    def lacking_in(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """The columns of the key that the row most like a header lacks."""
        best = self._match(self.most_like_a_header(rows)[1])[0]
        lacking = [target for target in self._needed if target not in best]
        return list(dict.fromkeys(target.removeprefix(_TIME_OF_DAY) for target in lacking))

    def most_like_a_header(self, rows: Sequence[Sequence[str]]) -> tuple[int, Sequence[str]]:
        """The row with the most known headings, from 0; of equals the one with the most words."""
        looked_at = list(enumerate(rows[:ROWS_LOOKED_AT]))
        return max(
            looked_at,
            key=lambda one: (len(self._match(one[1])[0]), sum(map(_has_letters, one[1]))),
            default=(0, ()),
        )

    def match(
        self, row: Sequence[str]
    ) -> tuple[dict[str, int], list[tuple[int, str]], list[tuple[int, str]]]:
        """The cell of each column; cells that stand for nothing known, and those for one again."""
        found, unknown, repeated = self._match(row)
        return {_plain_target(name): at for name, at in found.items()}, unknown, repeated

    def _read(self, row: tuple[str, ...]) -> Columns | None:
        found, unknown, repeated = self._match(row)
        if any(target not in found for target in self._needed):
            return None
        return Columns(
            at={name: at for name, at in found.items() if not name.startswith("\0")},
            time_at={
                name.removeprefix(_TIME_OF_DAY): at
                for name, at in found.items()
                if name.startswith(_TIME_OF_DAY)
            },
            unknown=tuple(unknown),
            repeated=tuple(repeated),
            lacking=tuple(name for name in self._measures if name not in found),
            width=max((at + 1 for at, cell in enumerate(row) if cell.strip()), default=0),
        )

    def _match(
        self, row: Sequence[str]
    ) -> tuple[dict[str, int], list[tuple[int, str]], list[tuple[int, str]]]:
        """The cell of each target; cells that stand for nothing known, and for one already seen."""
        found: dict[str, int] = {}
        unknown: list[tuple[int, str]] = []
        repeated: list[tuple[int, str]] = []
        for at, cell in enumerate(row):
            target = self._names.find(cell) if cell.strip() else _IGNORED
            if target == _IGNORED:
                continue
            if target is None:
                unknown.append((at, cell.strip()))
            elif target in found:
                repeated.append((at, cell.strip()))
            else:
                found[target] = at
        return found, unknown, repeated


def _has_letters(cell: str) -> bool:
    return any(map(str.isalpha, cell))


def _plain_target(target: str) -> str:
    """The target as a person calls it."""
    name = target.removeprefix(_TIME_OF_DAY)
    return name if name == target else f"{name} (time of day)"
