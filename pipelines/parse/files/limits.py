"""How large a file may be, checked before memory is spent on it."""

from pipelines.base.settings import settings
from pipelines.findings.finding import finding
from pipelines.parse.files.refusal import Refusal


def refuse_beyond(*, rows: int = 0, columns: int = 0, cells: int = 0, where: str = "") -> None:
    """Raises `Refusal` where one of the numbers is above its limit."""
    limits = settings()
    for number, most, what in (
        (rows, limits.most_rows, "rows"),
        (columns, limits.most_columns, "columns"),
        (cells, limits.most_cells, "cells"),
    ):
        if number > most:
            raise too_large(f"{where}{number:,} {what}, and {most:,} are taken")


def too_large(what: str) -> Refusal:
    """The refusal of a file that would cost too much to read, for that reason."""
    return Refusal(finding("FILE-010", value=what))
