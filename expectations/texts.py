"""Our Great Expectations type for texts of a given form, such as codes."""

import re

import pandas as pd
from great_expectations.compatibility import pydantic

from expectations.frame_columns import Rows, mark_by_value
from expectations.row_expectation import RowExpectation


class ExpectTextsToMatch(RowExpectation):
    """Expect the whole of every text of `column` to match the regular expression; nulls pass."""

    column: str
    pattern: str

    @pydantic.validator("pattern")
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return pattern

    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """The rows whose text does not match. Each distinct text is looked at once."""
        form = re.compile(self.pattern)
        return mark_by_value(frame[self.column], lambda text: form.fullmatch(text) is None)
