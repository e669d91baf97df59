"""Turns a table with a line for each figure into one with a row for each key.

The wide table is read as any other is, so that names of totals, missing values and headings that
nobody knows are treated alike. Each of its cells remembers the line that it came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.limits import refuse_beyond
from pipelines.parse.files.names import HeadingNames
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.tables.header import FoundHeader
from pipelines.parse.formats.tables.records import Grid
from pipelines.parse.formats.tables.repeated_rows import REPEATED_ROW, RepeatedRows
from pipelines.parse.rows import ParsedRows, Places

_ITEM, _VALUE = "item", "value"
Key = tuple[str, ...]
_Row = dict[int, str] | list[str]
"""What the lines of a key say, by column of the wide table; or a line that is read as it stands."""


class LongLines:
    """The wide table of a long one: its rows, and the line of each of its cells."""

    def __init__(
        self,
        grid: Grid,
        header: FoundHeader,
        item_headings: Sequence[str],
        value_headings: Sequence[str],
    ) -> None:
        """Raises `Refusal` where the header has no item or no value."""
        self._grid, self._header = grid, header
        self._cells = grid.rows[header.at]
        names = HeadingNames({_ITEM: item_headings, _VALUE: value_headings}, {})
        found = {names.find(cell): at for at, cell in reversed(list(enumerate(self._cells)))}
        for name, headings in ((_ITEM, item_headings), (_VALUE, value_headings)):
            if name not in found:
                told = finding("FILE-015", value=f"'{headings[0]}'", found="")
                raise Refusal(told, grid.rows[: header.at + 1])
        self._item_at, self._value_at = found[_ITEM], found[_VALUE]
        key = (*header.columns.at.values(), *header.columns.time_at.values())
        self._key_at = [
            at for at in dict.fromkeys(key) if at not in (self._item_at, self._value_at)
        ]
        self._items: dict[str, tuple[int, str]] = {}
        self._lines: dict[tuple[int, int], int] = {}
        """Row and column in the wide table → line of the file, all from 1."""
        self._first_line: list[int] = []
        self._first_of_item: dict[int, int] = {}
        self._repeated: dict[int, int] = {}
        self.wide = self._turn()

    def placed(self, parsed: ParsedRows) -> ParsedRows:
        """What was read of the wide table, with the places of the file."""
        parsed.places = _LongPlaces(parsed.places, self, len(parsed), tuple(parsed.texts))
        moved = CappedFindings()
        moved.extend(self._moved(one) for one in parsed.findings)
        parsed.findings = moved
        if self._repeated:
            numbers = range(1, len(self._grid.rows) + 1)
            parsed.findings.append(RepeatedRows(self._repeated).tell(numbers, self._grid.sheet))
            parsed.skipped[REPEATED_ROW] += len(self._repeated)
        parsed.totals = [replace(one, place=self.place(one.place)) for one in parsed.totals]
        return parsed

    def place(self, wide: Place) -> Place:
        """The place in the file of a place in the wide table."""
        line = self.line_of(wide)
        if line is not None:
            return Place(wide.sheet, line, self._value_at + 1)
        below = (wide.row or 0) - self._header.at - 2
        if 0 <= below < len(self._first_line):
            return Place(wide.sheet, self._first_line[below], wide.column)
        return wide

    def line_of(self, wide: Place) -> int | None:
        """The line of a figure in the wide table; None where there is none."""
        return self._lines.get((wide.row or 0, wide.column or 0))

    def has_cell(self, wide: Place) -> bool:
        """Whether the file has a cell for that of the wide table; beside items it always has."""
        return (wide.column or 0) <= len(self._cells) or self.line_of(wide) is not None

    def _moved(self, one: Finding) -> Finding:
        """The finding; what is about an item is at the first line of that item."""
        column = one.place.column or 0
        if column <= len(self._cells):
            return replace(one, place=self.place(one.place))
        line = self._first_of_item[column]
        return replace(one, place=Place(one.place.sheet, line, self._item_at + 1))

    def _turn(self) -> Grid:
        rows: list[_Row] = []
        whose: dict[Key, list[int]] = {}
        seen: dict[tuple[int, int], int] = {}
        for line, cells in enumerate(self._grid.rows[self._header.at + 1 :], self._header.at + 2):
            item = self._cell(cells, self._item_at)
            if not any(map(str.strip, cells)) or cells == self._cells:
                continue
            if not item or self._is_misfit(cells):
                rows.append(cells)
                self._first_line.append(line)
                continue
            at = self._column_of(item, line)
            key = tuple(self._cell(cells, place).casefold() for place in self._key_at)
            value = self._cell(cells, self._value_at)
            for row in whose.setdefault(key, []):
                if at not in rows[row]:
                    break
                if rows[row][at] == value:
                    self._repeated[line - 1] = seen[row, at] - 1
                    break
            else:
                # Another value of the same item is another row: the contract's rules see both.
                row = len(rows)
                rows.append(self._key_cells(cells))
                self._first_line.append(line)
                whose[key].append(row)
            if at not in rows[row]:
                rows[row][at] = value
                seen[row, at] = line
                self._lines[row + self._header.at + 2, at + 1] = line
        return self._as_grid(rows)

    def _as_grid(self, rows: Sequence[_Row]) -> Grid:
        width = len(self._cells) + len(self._items)
        header = [
            "" if at in (self._item_at, self._value_at) else cell
            for at, cell in enumerate(self._cells)
        ]
        header += [name for _, name in self._items.values()]
        # As many items as lines would make a table of their square.
        refuse_beyond(rows=len(rows), columns=width, cells=len(rows) * width)
        wide = [
            [row.get(at, "") for at in range(width)]
            if isinstance(row, dict)
            else self._told_as_a_row(row, width)
            for row in rows
        ]
        return Grid([*self._grid.rows[: self._header.at], header, *wide], self._grid.sheet)

    def _cell(self, cells: Sequence[str], at: int) -> str:
        return cells[at].strip() if at < len(cells) else ""

    def _is_misfit(self, cells: Sequence[str]) -> bool:
        """Whether the line has other cells than the header, so that its figure may be no figure."""
        longest = max(self._item_at, self._value_at, *self._key_at)
        return len(cells) <= longest or any(map(str.strip, cells[len(self._cells) :]))

    def _key_cells(self, cells: Sequence[str]) -> dict[int, str]:
        """What the line says beside its item and its value."""
        apart = (self._item_at, self._value_at)
        return {at: cell for at, cell in enumerate(cells) if at not in apart}

    def _told_as_a_row(self, cells: Sequence[str], width: int) -> list[str]:
        """A line that names no item, or does not fit, for the reader to tell as a row.

        A line that is cut off stays short, and one that is too long is longer than the wide table.
        """
        own = len(self._cells)
        if self._is_misfit(cells) and len(cells) < own:
            return list(cells)
        return [*cells[:own], *[""] * (width - min(own, len(cells))), *cells[own:]]

    def _column_of(self, item: str, line: int) -> int:
        """The column of the wide table that has the item."""
        known = self._items.get(item.casefold())
        if known is None:
            known = (len(self._cells) + len(self._items), item)
            self._items[item.casefold()] = known
            self._first_of_item[known[0] + 1] = line
        return known[0]


class _LongPlaces:
    """Places of the wide table's cells in the long file."""

    def __init__(self, wide: Places, lines: LongLines, length: int, names: Sequence[str]) -> None:
        self._wide, self._lines, self._length, self._names = wide, lines, length, names

    def place(self, row: int, column_name: str) -> Place:
        """The line and the column of the cell."""
        return self._lines.place(self._wide.place(row, column_name))

    def partly_carried(self) -> Mapping[str, list[bool]]:
        """For items that some keys have no line of, which have one."""
        partly: dict[str, list[bool]] = {}
        for name in self._names:
            places = (self._wide.place(row, name) for row in range(self._length))
            has = list(map(self._lines.has_cell, places))
            if not all(has):
                partly[name] = has
        return partly
