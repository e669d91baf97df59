"""Which rows a rule of a contract has to see before it can judge one submission.

The rules run over all pending submissions of a collection together. That is right for a rule
about one row, and wrong for a rule about many: a table of two submissions has enough rows when
neither of them has, and two files with the same key would accuse each other. So there are three
scopes:

- `ROW`: the rule looks at one row. It runs once, over all submissions together. So do our own
  types that compare rows (`expect_rows_to_be_unique_by`), whose rules name `submission_number`.
- `OTHER_ROWS`: a type of Great Expectations itself that names the rows at fault and compares them
  with others, or any type with `mostly` below 1. It runs for each submission by itself.
- `TABLE`: the rule is about all rows together, such as their number or their mean, and names
  none. It runs for each submission by itself, and the submission passes or fails as a whole.

`expect_column_values_to_be_of_type` and `…_in_type_list` are `TABLE`: they compare the type that
we gave the whole column.
"""

from enum import StrEnum
from functools import cache

from expectations.engine import define_batch
from pipelines.validate.plain.plain_rules import is_type_known
from pipelines.validate.suite import RunnableRule

COMPARE_ROWS = frozenset(
    {
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_decreasing",
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_not_be_outliers",
    }
)
"""Types of Great Expectations that name rows, but judge each of them by the others."""

COMPARE_COLUMN_TYPES = frozenset(
    {"expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"}
)
"""Types that count as types about each value, but look at the type of the column."""


class RuleScope(StrEnum):
    """The rows that a rule has to see."""

    ROW = "row"
    OTHER_ROWS = "other_rows"
    TABLE = "table"


def scope_of(rule: RunnableRule) -> RuleScope:
    """The rule's scope; an unknown type has `ROW`, because `run_rules` reports it."""
    scope = _scope_of_type(rule.expectation)
    if scope is RuleScope.ROW and rule.kwargs.get("mostly", 1) != 1:
        return RuleScope.OTHER_ROWS
    return scope


@cache
def _scope_of_type(expectation: str) -> RuleScope:
    if is_type_known(expectation):
        return RuleScope.ROW
    define_batch()
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations import expectation as core
    from great_expectations.expectations.registry import get_expectation_impl

    from expectations.row_expectation import RowExpectation

    try:
        implementation = get_expectation_impl(expectation)
    except ExpectationNotFoundError:
        return RuleScope.ROW
    names_rows = issubclass(
        implementation,
        (
            RowExpectation,
            core.ColumnMapExpectation,
            core.ColumnPairMapExpectation,
            core.MulticolumnMapExpectation,
        ),
    )
    if not names_rows or expectation in COMPARE_COLUMN_TYPES:
        return RuleScope.TABLE
    return RuleScope.OTHER_ROWS if expectation in COMPARE_ROWS else RuleScope.ROW
