"""The few calls of xlsxwriter that are made here, typed: the library ships no types."""

from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast


class CellFormat(Protocol):
    """A cell format that a workbook has handed out."""


class Worksheet(Protocol):
    """One sheet; rows and columns count from 0, and rows are written in order."""

    def freeze_panes(self, row: int, column: int) -> object: ...
    def merge_range(
        self,
        first_row: int,
        first_column: int,
        last_row: int,
        last_column: int,
        data: str,
        style: CellFormat | None = ...,
    ) -> object: ...
    def set_column(self, first: int, last: int, width: float) -> object: ...
    def set_row(self, row: int, height: float) -> object: ...
    def very_hidden(self) -> object: ...
    def write_array_formula(
        self,
        first_row: int,
        first_column: int,
        last_row: int,
        last_column: int,
        formula: str,
        style: CellFormat | None,
        value: float,
    ) -> object: ...
    def write_datetime(
        self, row: int, column: int, value: date, style: CellFormat | None = ...
    ) -> object: ...
    def write_formula(
        self,
        row: int,
        column: int,
        formula: str,
        style: CellFormat | None,
        value: float | str,
    ) -> object: ...
    def write_number(
        self, row: int, column: int, value: float, style: CellFormat | None = ...
    ) -> object: ...
    def write_string(
        self, row: int, column: int, text: str, style: CellFormat | None = ...
    ) -> object: ...


class WrittenBook(Protocol):
    """A workbook that is written when it is closed."""

    def add_format(self, properties: dict[str, object]) -> CellFormat: ...
    def add_worksheet(self, name: str) -> Worksheet: ...
    def close(self) -> None: ...
    def define_name(self, name: str, formula: str) -> object: ...
    def set_properties(self, properties: dict[str, str | datetime]) -> object: ...


def open_workbook(path: Path) -> WrittenBook:
    """A new workbook at `path` that keeps only the current row in memory."""
    xlsxwriter = import_module("xlsxwriter")
    return cast(WrittenBook, xlsxwriter.Workbook(str(path), {"constant_memory": True}))
