"""Our Great Expectations type for keys: no combination of values stands in two rows."""

import pandas as pd
from great_expectations.compatibility import pydantic

from expectations.frame_columns import Rows
from expectations.row_expectation import RowExpectation


class ExpectRowsToBeUniqueBy(RowExpectation):
    """Expect no two rows with the same values in `column_list`; a row with a null there passes.

    Every row of a repeated combination fails, and not only those after the first.
    """

    column_list: list[str] = pydantic.Field(min_items=1)

    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """The rows whose combination another row has too."""
        failing = frame.duplicated(subset=self.column_list, keep=False)
        for column in self.column_list:
            failing &= frame[column].notna()
        rows: Rows = failing.to_numpy()
        return rows
