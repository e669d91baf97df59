"""Writes JSON."""

import json
from collections.abc import Sequence
from datetime import datetime

from pipelines.parse.formats.file_writer import Cell, FileWriter, Row, number_text
from pipelines.registry.table_map import TableMap


class JsonWriter(FileWriter):
    """Writes an array of objects at a path like 'data.rows', or else an object on each line."""

    def __init__(self, form: TableMap, path: str | None) -> None:
        super().__init__(form)
        steps = path.split(".") if path else []
        self._before = "".join(f'{{"{step}":' for step in steps) + "[" if steps else ""
        self._after = "]" + "}" * len(steps) if steps else ""
        self._between = "," if steps else "\n"
        self._known_form: tuple[Sequence[str], str] = ((), "")

    def text(self, text: str) -> Cell:
        """The text as JSON."""
        return json.dumps(text)

    def number(self, value: float) -> Cell:
        """The number as JSON."""
        return number_text(value)

    @property
    def total_name(self) -> None:
        """None: JSON has no total line."""
        return None

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """An object for each row; JSON has no total line."""
        form = self._form(headings)
        objects = self._between.join([form % tuple(row) for row in rows])
        return f"{self._before}{objects}{self._after}\n".encode()

    def _form(self, headings: Sequence[str]) -> str:
        if self._known_form[0] is not headings:
            keys = [json.dumps(heading).replace("%", "%%") for heading in headings]
            self._known_form = (headings, "{" + ",".join(f"{key}:%s" for key in keys) + "}")
        return self._known_form[1]
