"""Reads a table: finds its header, leaves out what is no data by named rules, keeps the text."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.tables.formula_cells import (
    Carried,
    take_out_formulas,
    tell_other_formulas,
)
from pipelines.parse.formats.tables.header import ROWS_LOOKED_AT, Columns, FoundHeader, Headings
from pipelines.parse.formats.tables.headings_told import (
    HeadingTold,
    expected_told,
    found_told,
    headings_told,
)
from pipelines.parse.formats.tables.note_rows import NoteRows
from pipelines.parse.formats.tables.records import Grid, Objects
from pipelines.parse.formats.tables.repeated_rows import REPEATED_ROW, find_repeated
from pipelines.parse.formats.tables.summed_rows import BANNER, NATIONAL, NOTE, RowKinds
from pipelines.parse.formats.tables.table_places import TablePlaces
from pipelines.parse.formats.tables.two_headers import (
    find_joined,
    join_headings,
    joined_rows,
    other_heading,
    split_key_rows,
)
from pipelines.parse.formats.tables.unnamed_columns import find_unnamed
from pipelines.parse.rows import ParsedRows, PublishedTotal, RowProblem, Texts
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.table_map import TableMap


class TableReader:
    """Reads the files of one feed; what it has learned of headers is kept from file to file."""

    def __init__(self, feed: Feed, form: TableMap, collection: Collection) -> None:
        self._headings = Headings(feed, form, collection)
        self._header_rows = form.header_rows
        self._kinds = RowKinds(form, collection)
        self.delimiter: str | None = None
        """The delimiter of the file before, where the feed leaves it open."""
        self._header_read: Sequence[str] = ()
        """The cells of the last file's header, or of the row most like one."""
        self._measures = frozenset(column.name for column in collection.measures)
        self._key = tuple(collection.key)
        self._time = collection.time_column

    def read_grid(self, grid: Grid, header: FoundHeader | None) -> ParsedRows:
        """The rows under the header; raises `Refusal` where there is none."""
        if header is None:
            raise self._why_no_header(grid.rows)
        return self._read_under(grid, header)

    def _no_header(self, rows: Sequence[Sequence[str]]) -> Finding:
        """What is told where no row has the whole key: what was found, and what was expected."""
        self._header_read = self._headings.most_like_a_header(rows)[1]
        names = self._headings.lacking_in(rows)
        lacking = ", ".join(f"'{name}'" for name in names)
        return finding("FILE-015", value=lacking, found=found_told(self._headings, rows, names))

    def headings_read(self) -> list[HeadingTold]:
        """The headings expected beside those of the file that was read last."""
        return headings_told(self._headings, self._header_read)

    def find_header(self, grid: Grid) -> FoundHeader | None:
        """The first row, or two rows, with the whole key; None where there is none."""
        if self._header_rows == 2:
            return find_joined(grid.rows, self._headings)
        for at, row in enumerate(grid.rows[:ROWS_LOOKED_AT]):
            columns = self._headings.find(row)
            if columns is not None:
                return FoundHeader(at, columns)
        return None

    def _why_no_header(self, rows: Sequence[Sequence[str]]) -> Refusal:
        looked_at: Sequence[Sequence[str]] = rows
        if self._header_rows == 2:
            looked_at = [cells for _, cells in joined_rows(rows)]
        told = self._no_header(looked_at)
        if self._header_rows == 1 and (at := split_key_rows(rows, self._headings)) is not None:
            lacking = ", ".join(f"'{name}'" for name in self._headings.lacking_in(rows))
            place = Place(row=at)
            told = finding("FILE-023", place=place, value=lacking, upper=at, lower=at + 1)
        return Refusal(told, rows[:ROWS_LOOKED_AT])

    def columns_of(self, row: Sequence[str]) -> Columns | None:
        """What the cells of the row stand for; None where it is no header."""
        return self._headings.find(row)

    def _read_under(self, grid: Grid, header: FoundHeader) -> ParsedRows:
        columns = header.columns
        first = header.at if header.first is None else header.first
        header_rows = grid.rows[first : header.at + 1]
        self._header_read = header_rows[0] if len(header_rows) == 1 else join_headings(*header_rows)
        skipped: Counter[str] = Counter()
        findings = CappedFindings()
        notes = NoteRows(grid.sheet)
        misfits: dict[str, list[int]] = {}
        rows: list[list[str]] = []
        numbers: list[int] = []
        national: list[tuple[int, list[str]]] = []
        banners = sum(1 for row in grid.rows[:first] if any(map(str.strip, row)))
        if banners:
            skipped[BANNER] = banners
        for number, row in enumerate(grid.rows[header.at + 1 :], start=header.at + 2):
            rule = self._kinds.rule_that_skips(row, header_rows, columns)
            if rule == NOTE:
                notes.add(number, row)
            elif rule == NATIONAL:
                national.append((number, row))
            if rule is None:
                if len(row) != columns.width:
                    if _is_misfit(row, columns.width):
                        told = f"{len(row)} cells under {columns.width} headings"
                        misfits.setdefault(told, []).append(len(rows))
                    row = row + [""] * (columns.width - len(row))
                rows.append(row)
                numbers.append(number)
            elif rule:
                skipped[rule] += 1
        if unnamed := find_unnamed(rows, columns.width, self._header_read):
            misfits = {told: unnamed.still_odd(own, rows) for told, own in misfits.items()}
            findings.extend(unnamed.tell(grid.sheet, header.at + 1))
        if repeated := find_repeated(rows, columns, self._key, misfits.values()):
            findings.append(repeated.tell(numbers, grid.sheet))
            skipped[REPEATED_ROW] += len(repeated.first)
            misfits = {told: repeated.moved(own, len(rows)) for told, own in misfits.items()}
            rows, numbers = repeated.left_out_of(rows), repeated.left_out_of(numbers)
        texts = _by_column(columns, rows)
        self._add_times_of_day(texts, rows, columns)
        findings.extend(self._tell_headings(columns, grid.sheet, header.at + 1, rows))
        if self._header_rows == 1 and (
            other := other_heading(grid.rows, header.at, columns, self._key)
        ):
            place = Place(grid.sheet, header.at + 1)
            findings.append(finding("HEAD-009", place=place, value=other))
        notes.tell(findings)
        problems = [RowProblem("ROW-003", own, text=told) for told, own in misfits.items() if own]
        carried: Carried = {}
        if grid.has_formulas:
            carried, unknown = take_out_formulas(texts, self._measures)
            problems += unknown
            read = [at + 1 for at in (*columns.at.values(), *columns.time_at.values())]
            findings.extend(tell_other_formulas(grid, numbers, read))
        stand_at = {name: at + 1 for name, at in columns.at.items()}
        places = TablePlaces(grid.sheet, numbers, stand_at, carried or None)
        parsed = self._finish(texts, places, len(rows), findings, problems, skipped)
        parsed.totals = list(self._totals_of(national, columns, grid.sheet))
        return parsed

    def _totals_of(
        self, national: Sequence[tuple[int, Sequence[str]]], columns: Columns, sheet: str | None
    ) -> Iterator[PublishedTotal]:
        """England's figures, from the rows that are named so."""
        for number, row in national:
            slot = self._slot_text(row, columns)
            for name, at in columns.at.items():
                if name in self._measures and at < len(row) and row[at].strip():
                    place = Place(sheet, number, at + 1)
                    yield PublishedTotal(name, None, row[at], place, slot)

    def _slot_text(self, row: Sequence[str], columns: Columns) -> str:
        """How the row names its slot."""
        places = (columns.at.get(self._time), columns.time_at.get(self._time))
        cells = [row[at].strip() for at in places if at is not None and at < len(row)]
        return " ".join(cell for cell in cells if cell)

    def read_objects(self, objects: Objects) -> ParsedRows:
        """A row for each object; raises `Refusal` where they have not the whole key."""
        if objects.is_empty:
            told = [finding("FILE-026")]
            return ParsedRows({}, TablePlaces(None, (), {}), 0, told, nothing_expected=True)
        self._header_read = objects.keys
        columns = self._headings.find(objects.keys)
        if columns is None:
            raise Refusal(self._no_header([objects.keys]), [objects.keys])
        skipped: Counter[str] = Counter()
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        national: list[tuple[int, list[str]]] = []
        for number, row in zip(objects.numbers, objects.rows, strict=True):
            cells = [cell or "" for cell in row]
            if rule := self._kinds.summed(cells, objects.keys, columns):
                skipped[rule] += 1
                national += [(number, cells)] if rule == NATIONAL else []
            else:
                rows.append(row)
                numbers.append(number)
        findings = CappedFindings()
        if repeated := find_repeated(rows, columns, self._key):
            findings.append(repeated.tell(numbers, None))
            skipped[REPEATED_ROW] += len(repeated.first)
            rows, numbers = repeated.left_out_of(rows), repeated.left_out_of(numbers)
        texts = _by_column(columns, rows)
        partly = {
            name: [text is not None for text in own] for name, own in texts.items() if None in own
        }
        self._add_times_of_day(texts, [[cell or "" for cell in row] for row in rows], columns)
        findings.extend(self._tell_headings(columns, None, None, rows))
        if not objects.is_whole:
            findings.append(finding("FILE-018"))
        if objects.glued_at is not None:
            begin = objects.glued_at
            findings.append(finding("FILE-028", place=Place(None, begin), row=begin))
        places = TablePlaces(None, numbers, {}, partly or None)
        parsed = self._finish(texts, places, len(rows), findings, [], skipped)
        parsed.totals = list(self._totals_of(national, columns, None))
        return parsed

    def _finish(
        self,
        texts: dict[str, Texts],
        places: TablePlaces,
        length: int,
        findings: list[Finding],
        problems: list[RowProblem],
        skipped: Counter[str],
    ) -> ParsedRows:
        for name, constant in self._headings.constants.items():
            texts[name] = [constant] * length
        return ParsedRows(texts, places, length, findings, problems, skipped)

    def _tell_headings(
        self,
        columns: Columns,
        sheet: str | None,
        header_row: int | None,
        rows: Sequence[Sequence[str | None]],
    ) -> Iterator[Finding]:
        """What is said about the header: headings that are unknown, repeated or lacking."""
        for code, cells in (("HEAD-001", columns.unknown), ("HEAD-007", columns.repeated)):
            for at, heading in cells:
                count = sum(1 for row in rows if at < len(row) and (row[at] or "").strip())
                place = Place(sheet, header_row, at + 1 if header_row else None)
                yield finding(code, place=place, value=heading, count=count)
        place = Place(sheet, header_row)
        unknown = [heading for _, heading in columns.unknown]
        for name in columns.lacking:
            expected = expected_told(self._headings, name, unknown)
            yield finding("HEAD-006", place=place, column_name=name, expected=expected)

    def _add_times_of_day(
        self, texts: dict[str, Texts], rows: Sequence[Sequence[str]], columns: Columns
    ) -> None:
        """A day and its time of day from another column are one text; one alone is no time."""
        for name, at in columns.time_at.items():
            times = [row[at].strip() if at < len(row) else "" for row in rows]
            days = [(day or "").strip() for day in texts[name]]
            texts[name] = [
                f"{day or '(no day)'} {time or '(no time)'}" if day or time else ""
                for day, time in zip(days, times, strict=True)
            ]


def _by_column(columns: Columns, rows: Sequence[Sequence[str | None]]) -> dict[str, Texts]:
    """The texts of each column; every row is at least as wide as the header."""
    if not rows:
        return dict.fromkeys(columns.at, ())
    cells = list(zip(*rows, strict=False))
    return {name: cells[at] for name, at in columns.at.items()}


def _is_misfit(row: list[str], width: int) -> bool:
    """Whether a row has other cells than the header, so that they may belong elsewhere."""
    return len(row) < width or any(cell.strip() for cell in row[width:])


_readers: dict[str, tuple[Feed, Collection, TableReader]] = {}


def reader_of(feed: Feed, form: TableMap, collection: Collection) -> TableReader:
    """The reader of that feed, the same one as long as feed and contract stay the same."""
    known = _readers.get(feed.feed_id)
    if known is not None and known[0] is feed and known[1] is collection:
        return known[2]
    made = TableReader(feed, form, collection)
    _readers[feed.feed_id] = (feed, collection, made)
    return made
