"""A contract's columns in words: what is sent in each, and what comes of it."""

from dataclasses import dataclass

from pipelines.guide.column_bounds import (
    bounds_of,
    code_list_of,
    levels_of,
    pattern_of,
    plausible_of,
)
from pipelines.guide.contract_years import years_of_column
from pipelines.guide.rules_told import LISTS
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection

_ENGLAND = {
    "sum": "the sum of all",
    "max": "the largest of all",
    "count_reporting": "how many report a value above 0",
    "none": "none",
}


@dataclass(frozen=True, slots=True)
class ColumnTold:
    """One column for those who send."""

    name: str
    unit: str
    type: str
    needed: str
    """Whether its cell, and the column itself, may be lacking."""
    description: str
    takes: str
    """Which values are taken; empty where its type says all."""
    wrong: str
    """What a cell costs that cannot be read."""
    source_item: str
    earlier_names: tuple[str, ...]
    england: str
    is_key: bool
    years: str
    """In which financial years there is the column; empty for all."""


def tell_column(collection: Collection, column: Column) -> ColumnTold:
    """The column in words."""
    is_key = column.name in collection.key
    return ColumnTold(
        column.name,
        column.unit,
        type_told(collection, column),
        _needed(column, is_key),
        column.description,
        _takes(collection, column),
        "its value is kept out" if column.costs_its_value else "its row is kept out",
        column.source_item or "",
        column.was,
        "" if not column.is_number else _england(column),
        is_key,
        years_of_column(collection, column),
    )


def type_told(collection: Collection, column: Column) -> str:
    """What is written in its cells."""
    if column.type == "slot":
        return "time with an offset, like 2026-11-25T12:00:00Z"
    return {
        "count": "whole number",
        "decimal": "number, with decimals or without",
        "level": "level, a whole number",
        "date": "date, like 2026-11-24",
        "month": "month, like 2026-10",
        "code": "code",
        "text": "text",
    }.get(column.type, column.type)


def _needed(column: Column, is_key: bool) -> str:
    if is_key or not column.nullable:
        return "always"
    if column.optional:
        return "the column may be left out, cells may be empty"
    return "the column always, cells may be empty"


def _takes(collection: Collection, column: Column) -> str:
    if column.is_number:
        if levels := levels_of(collection, column):
            return ", ".join(map(str, levels))
        bounds = bounds_of(collection, column)
        plausible = plausible_of(collection, column)
        warned = f"; a warning over {plausible:,}" if plausible is not None else ""
        return f"{bounds.least:,} to {bounds.most:,}{warned}"
    if column.name == collection.time_column:
        last = "and only when it is over" if column.type == "month" else "and not in the future"
        return f"not before {collection.earliest.isoformat()}, {last}"
    if name := code_list_of(collection, column):
        return f"codes of {LISTS.get(name, name)}"
    if pattern := pattern_of(collection, column):
        return f"texts of the form {pattern.removeprefix('^(?:').removesuffix(')$')}"
    return ""


def _england(column: Column) -> str:
    told = _ENGLAND[column.national]
    return f"{told}; of a day the sum of its slots" if column.daily == "sum" else told
