"""A template as a workbook: headings with notes, cells with drop-downs and bounds, and help.

The first sheet is filled in and is the one that is read. The others are for people.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

from pipelines.base.clock import now
from pipelines.guide.cell_checks import check_of
from pipelines.guide.code_choices import CodeChoices, code_choices
from pipelines.guide.collection_guide import CollectionGuide, tell_collection
from pipelines.guide.columns_told import tell_column
from pipelines.guide.example_files import SentColumn, SentForm
from pipelines.guide.example_rows import example_row
from pipelines.guide.own_form import registry_of
from pipelines.registry.feed import Feed

FILLED_IN = "Data"
"""The sheet to fill in, where the feed does not name it."""
_ROWS = 2000
"""Rows that have drop-downs and bounds."""
_WIDEST = 28
_CHARACTERS_OF_A_LINE = 100
_POINTS_OF_A_LINE = 15
_NOTE = {"x_scale": 2.2, "y_scale": 1.6, "author": ""}
_FORMATS: dict[str, dict[str, Any]] = {
    "heading": {"bold": True, "bg_color": "#D9E6F2", "border": 1, "valign": "top"},
    "key": {"bold": True, "bg_color": "#FFE9B3", "border": 1, "valign": "top"},
    "title": {"bold": True, "font_size": 14},
    "part": {"bold": True, "font_size": 12},
    "words": {"text_wrap": True, "valign": "top"},
    "bold": {"bold": True, "text_wrap": True, "valign": "top"},
    "text": {"num_format": "@"},
    "day": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm"},
}


class _Book:
    """A workbook in memory, with its formats."""

    def __init__(self) -> None:
        import xlsxwriter

        self.stream = BytesIO()
        self.book = xlsxwriter.Workbook(self.stream, {"in_memory": True})
        # The same template is the same bytes.
        self.book.set_properties({"created": datetime(2026, 1, 1)})
        self.formats = {name: self.book.add_format(told) for name, told in _FORMATS.items()}

    def add(self, name: str) -> Any:
        """A sheet, printed across pages as wide as they are."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def write(self, sheet: Any, row: int, place: int, value: Any) -> None:
        """One cell, as its type needs."""
        if isinstance(value, datetime):
            sheet.write_datetime(row, place, value, self.formats["time"])
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, self.formats["day"])
        elif isinstance(value, str):
            sheet.write_string(row, place, value, self.formats["text"])
        else:
            sheet.write_number(row, place, value)


def make_workbook(form: SentForm, feed: Feed | None, *, with_example: bool) -> bytes:
    """The workbook; `feed` is the one that the form is of, None for the contract's own.

    The example always stands on a sheet of its own, and in the first sheet where it is wanted.
    """
    made = _Book()
    named = getattr(form.form, "sheet", None)
    sheet = made.add(named or FILLED_IN)
    row = example_row(form.collection, now(), feed)
    cells = form.cells(row)
    first = _write_headings(made, sheet, form)
    _prepare_columns(made, sheet, form, cells)
    if with_example:
        _write_cells(made, sheet, first, cells)
    guide = tell_collection(form.collection, registry_of(form.collection, form.feed), [])
    taken = {(named or FILLED_IN).casefold()}
    _write_notes(made, _add(made, "Notes", taken), form, guide)
    shown = _add(made, "Example", taken)
    _prepare_columns(made, shown, form, cells)
    _write_cells(made, shown, _write_headings(made, shown, form), cells)
    _add_checks(made, sheet, form, first, feed, taken)
    sheet.activate()
    made.book.close()
    return made.stream.getvalue()


def _add(made: _Book, name: str, taken: set[str]) -> Any:
    """A sheet of that name, or of one like it where the sheet to fill in has it already."""
    free = name if name.casefold() not in taken else f"{name} (help)"
    taken.add(free.casefold())
    return made.add(free)


def _write_headings(made: _Book, sheet: Any, form: SentForm) -> int:
    """The headings stand there with their notes; returns the first row to fill in."""
    rows = form.writer.header_rows(form.headings)
    for number, headings in enumerate(rows):
        for place, (heading, one) in enumerate(zip(headings, form.columns, strict=True)):
            is_key = one.column.name in form.collection.key
            told = made.formats["key" if is_key else "heading"]
            sheet.write_string(number, place, heading, told)
    for place, one in enumerate(form.columns):
        sheet.write_comment(len(rows) - 1, place, _note(form, one), _NOTE)
    sheet.freeze_panes(len(rows), 0)
    return len(rows)


def _note(form: SentForm, one: SentColumn) -> str:
    """What a column is, its unit, what is taken, and the rules about it."""
    told = tell_column(form.collection, one.column)
    given_in = one.reading.given_in
    unit = {"clock": "hours, minutes and seconds, like 0:31:07"}.get(given_in or "", given_in)
    lines = [told.description, f"Unit: {unit or told.unit}"]
    if told.takes and not unit:
        lines.append(f"Values: {told.takes}")
    lines.append(f"Needed: {told.needed}")
    rules = [rule for rule in form.collection.rules if one.column.name in _named(rule.kwargs)]
    lines += [f"{rule.code}: {rule.title}" for rule in rules]
    return "\n".join(lines)


def _named(kwargs: Any) -> tuple[str, ...]:
    from pipelines.registry.rule_columns import columns_named

    return columns_named(kwargs)


def _prepare_columns(made: _Book, sheet: Any, form: SentForm, cells: Sequence[Any]) -> None:
    """Columns of texts keep what is typed as it is typed; days and times look like them."""
    for place, (heading, cell) in enumerate(zip(form.headings, cells, strict=True)):
        width = min(max(len(heading), len(str(cell)), 10), _WIDEST) + 2
        form_of = None
        if isinstance(cell, str):
            form_of = made.formats["text"]
        elif isinstance(cell, date):
            form_of = made.formats["time" if isinstance(cell, datetime) else "day"]
        sheet.set_column(place, place, width, form_of)


def _write_cells(made: _Book, sheet: Any, row: int, cells: Sequence[Any]) -> None:
    for place, cell in enumerate(cells):
        if cell != "":
            made.write(sheet, row, place, cell)


def _add_checks(
    made: _Book, sheet: Any, form: SentForm, first: int, feed: Feed | None, taken: set[str]
) -> None:
    """Each column has its drop-down or its bounds; long lists stand on a hidden sheet."""
    lists: Any = None
    place_of_list = 0
    for place, one in enumerate(form.columns):
        choices = code_choices(form.collection, one.column, feed)
        source = None
        if choices is not None and one.column.type == "code":
            lists = lists or _add(made, "Lists", taken)
            source = _write_list(made, lists, place_of_list, form.headings[place], choices)
            place_of_list += 2
        check = check_of(form, one, source, choices)
        if check is not None:
            sheet.data_validation(first, place, first + _ROWS - 1, place, check)
    if lists is not None:
        lists.hide()


def _write_list(made: _Book, lists: Any, place: int, heading: str, choices: CodeChoices) -> str:
    """The codes with their names stand below each other; returns where, as a drop-down needs it."""
    lists.write_string(0, place, heading, made.formats["heading"])
    lists.write_string(0, place + 1, "name", made.formats["heading"])
    for row, (code, name) in enumerate(choices.names.items(), start=1):
        lists.write_string(row, place, code)
        lists.write_string(row, place + 1, name)
    from xlsxwriter.utility import xl_col_to_name

    letter = xl_col_to_name(place)
    return f"='{lists.get_name()}'!${letter}$2:${letter}${len(choices.names) + 1}"


def _write_notes(made: _Book, sheet: Any, form: SentForm, guide: CollectionGuide) -> None:
    sheet.set_column(0, 0, max(34, *map(len, form.headings)))
    sheet.set_column(1, 1, _CHARACTERS_OF_A_LINE)
    for row, (style, left, right) in enumerate(_notes(form, guide)):
        sheet.write_string(row, 0, left, made.formats[style])
        if right:
            # Not every program fits the height of a row to its words.
            lines = -(-len(right) // (_CHARACTERS_OF_A_LINE + 4))
            sheet.set_row(row, _POINTS_OF_A_LINE * lines + 2)
            sheet.write_string(row, 1, right, made.formats["words"])


def _notes(form: SentForm, guide: CollectionGuide) -> Iterator[tuple[str, str, str]]:
    """A style and two cells for each line of the sheet of notes."""
    sheet = getattr(form.form, "sheet", None) or FILLED_IN
    yield "title", guide.title, ""
    yield "bold", "What", guide.description
    yield "part", "How to fill in", ""
    yield "bold", "Sheet", f"Fill in the sheet '{sheet}', from the row under the headings on."
    yield "bold", "Row", f"A row is {guide.row}. The yellow headings are its key: one row for each."
    yield "bold", "Headings", "Leave the headings as they are. Notes on them say what is meant."
    yield "bold", "Empty cells", "Leave a cell empty where there is no figure. Zero is a figure."
    yield "bold", "Other sheets", "These are for you. They are not read and may stay in the file."
    yield "part", "When it is due", ""
    yield "bold", "Slot", guide.slots.grid
    yield "bold", "Due", guide.slots.due
    for moment in guide.slots.moments:
        yield (
            "bold",
            f"Example: {moment.what[0].lower()}{moment.what[1:]}",
            (f"{moment.london} in London ({moment.utc})"),
        )
    for told in guide.slots.clock_changes:
        yield "bold", "When the clocks change", told
    yield "bold", "Sent again", guide.amendments
    yield "bold", "Earliest", f"No slot before {guide.earliest} is taken."
    yield "part", "What is refused, and what is warned of", ""
    for rule in guide.rules:
        words = f"{rule.title}. {rule.cost} {rule.fix}"
        yield "bold", rule.code, words
    yield "part", "Columns", ""
    for one, heading in zip(form.columns, form.headings, strict=True):
        yield "bold", heading, _note(form, one).replace("\n", ". ").replace("..", ".")
