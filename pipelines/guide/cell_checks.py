"""What a spreadsheet program checks while a cell of a template is filled in."""

from typing import Any

from pipelines.guide.code_choices import CodeChoices
from pipelines.guide.column_bounds import bounds_of, levels_of
from pipelines.guide.columns_told import tell_column
from pipelines.guide.example_files import SentColumn, SentForm
from pipelines.registry.units import factor

_MOST_OF_A_TITLE = 32
_MOST_OF_A_MESSAGE = 255
"""What Excel takes."""
_MOST_OF_A_LIST = 255

Check = dict[str, Any]
"""Options of `data_validation` of XlsxWriter."""


def check_of(
    form: SentForm, one: SentColumn, source: str | None, choices: CodeChoices | None
) -> Check | None:
    """The check of that column's cells; `source` is where its list of codes stands."""
    check = _check(form, one, source, choices)
    if check is None:
        return None
    told = tell_column(form.collection, one.column)
    takes = told.takes if one.reading.given_in is None else f"in {one.reading.given_in}"
    message = f"{told.description}\n{told.unit if one.reading.given_in is None else ''}\n{takes}"
    return {
        "input_title": one.heading[:_MOST_OF_A_TITLE],
        "input_message": "\n".join(filter(None, message.split("\n")))[:_MOST_OF_A_MESSAGE],
        "error_title": one.heading[:_MOST_OF_A_TITLE],
        "error_message": f"{one.heading}: {takes or told.type}."[:_MOST_OF_A_MESSAGE],
        **check,
    }


def _check(
    form: SentForm, one: SentColumn, source: str | None, choices: CodeChoices | None
) -> Check | None:
    column = one.column
    if column.type == "code" and source is not None and choices is not None:
        stop = "stop" if choices.is_all else "warning"
        return {"validate": "list", "source": source, "error_type": stop}
    if column.is_number:
        return _check_of_number(form, one)
    if column.type == "date" and one.reading.format is None and one.part == "whole":
        earliest = form.collection.earliest
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": earliest,
            "maximum": "=TODAY()",
        }
    return {"validate": "any"}


def _check_of_number(form: SentForm, one: SentColumn) -> Check:
    column, reading = one.column, one.reading
    levels = [form.number_cell(column, level) for level in levels_of(form.collection, column)]
    if levels and sum(len(str(level)) + 1 for level in levels) <= _MOST_OF_A_LIST:
        return {"validate": "list", "source": levels}
    if reading.given_in == "clock" or reading.prefixes or reading.suffixes:
        # Such cells are texts: 0:31:07, 41 mins.
        return {"validate": "any"}
    bounds = bounds_of(form.collection, column)
    scale = factor(reading.given_in, column.unit)
    is_whole = column.type != "decimal" and scale == 1
    return {
        "validate": "integer" if is_whole else "decimal",
        "criteria": "between",
        "minimum": bounds.least if scale == 1 else bounds.least / scale,
        "maximum": bounds.most if scale == 1 else bounds.most / scale,
    }
