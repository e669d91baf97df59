"""Which rows a rule has to see: decided for every type that Great Expectations brings."""

import pytest

from pipelines.validate.rule_scope import RuleScope, scope_of
from tests.support.rules import ARule

PREFIX = "expect_"
ROW = [
    "column_pair_values_a_to_be_greater_than_b",
    "column_pair_values_to_be_equal",
    "column_pair_values_to_be_in_set",
    "column_value_lengths_to_be_between",
    "column_value_lengths_to_equal",
    "column_values_to_be_between",
    "column_values_to_be_dateutil_parseable",
    "column_values_to_be_in_set",
    "column_values_to_be_json_parseable",
    "column_values_to_be_null",
    "column_values_to_match_json_schema",
    "column_values_to_match_like_pattern",
    "column_values_to_match_like_pattern_list",
    "column_values_to_match_regex",
    "column_values_to_match_regex_list",
    "column_values_to_match_strftime_format",
    "column_values_to_not_be_in_set",
    "column_values_to_not_be_null",
    "column_values_to_not_match_like_pattern",
    "column_values_to_not_match_like_pattern_list",
    "column_values_to_not_match_regex",
    "column_values_to_not_match_regex_list",
    "multicolumn_sum_to_equal",
    "multicolumn_values_to_be_equal",
    "select_column_values_to_be_unique_within_record",
]
OTHER_ROWS = [
    "column_values_to_be_unique",
    "compound_columns_to_be_unique",
    "column_values_to_be_increasing",
    "column_values_to_be_decreasing",
    "column_value_z_scores_to_be_less_than",
    "column_values_to_not_be_outliers",
]
TABLE = [
    "column_distinct_values_to_be_in_set",
    "column_distinct_values_to_contain_set",
    "column_distinct_values_to_equal_set",
    "column_kl_divergence_to_be_less_than",
    "column_max_to_be_between",
    "column_mean_to_be_between",
    "column_median_to_be_between",
    "column_min_to_be_between",
    "column_most_common_value_to_be_in_set",
    "column_proportion_of_non_null_values_to_be_between",
    "column_proportion_of_unique_values_to_be_between",
    "column_quantile_values_to_be_between",
    "column_stdev_to_be_between",
    "column_sum_to_be_between",
    "column_to_exist",
    "column_type_to_be",
    "column_unique_value_count_to_be_between",
    "column_values_to_be_in_type_list",
    "column_values_to_be_of_type",
    "query_results_to_match_comparison",
    "table_column_count_to_be_between",
    "table_column_count_to_equal",
    "table_columns_to_match_ordered_list",
    "table_columns_to_match_set",
    "table_row_count_to_be_between",
    "table_row_count_to_equal",
    "table_row_count_to_equal_other_table",
]
OURS = [
    "column_sum_to_be_at_most_column",
    "column_sum_to_equal_column",
    "column_to_be_at_most_column",
    "column_values_to_be_in_reference_set",
    "columns_to_descend",
    "multicolumn_values_to_be_at_most",
    "multicolumn_values_to_be_between",
    "rows_to_be_unique_by",
    "texts_to_match",
    "times_to_be_between",
    "times_to_be_on_grid",
]

SCOPES = {
    **{PREFIX + name: RuleScope.ROW for name in (*ROW, *OURS)},
    **{PREFIX + name: RuleScope.OTHER_ROWS for name in OTHER_ROWS},
    **{PREFIX + name: RuleScope.TABLE for name in TABLE},
    # Its name has another form: it asks a database for the rows at fault.
    "unexpected_rows_expectation": RuleScope.TABLE,
}


@pytest.mark.parametrize("expectation", SCOPES)
def test_the_scope_of_each_type(expectation: str) -> None:
    assert scope_of(ARule(expectation, {"column": "beds"})) is SCOPES[expectation]


def test_a_type_that_a_new_version_brings_needs_a_decision() -> None:
    from great_expectations.expectations import registry

    from expectations.engine import define_batch

    define_batch()
    known = {
        name
        for name in registry.list_registered_expectation_implementations()
        if registry.get_expectation_impl(name).__module__.startswith("great_expectations.")
    }

    assert known == SCOPES.keys() - {PREFIX + name for name in OURS}


@pytest.mark.parametrize(
    ("mostly", "scope"),
    [
        (1, RuleScope.ROW),
        (1.0, RuleScope.ROW),
        (0.95, RuleScope.OTHER_ROWS),
        ({"$PARAMETER": "share"}, RuleScope.OTHER_ROWS),
    ],
)
def test_a_share_of_rows_depends_on_the_other_rows(mostly: object, scope: RuleScope) -> None:
    rule = ARule("expect_column_values_to_be_between", {"column": "beds", "mostly": mostly})

    assert scope_of(rule) is scope


def test_an_unknown_type_is_left_to_the_run_that_reports_it() -> None:
    assert scope_of(ARule("expect_the_unexpected", {"column": "beds"})) is RuleScope.ROW
