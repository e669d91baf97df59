"""Runs a contract's rules on a batch of submissions, each rule over the rows that it has to see.

Most rules look at one row, and one run of Great Expectations serves all submissions. Rules that
look at many rows (`rule_scope`) run once more for each submission, about 7 ms each; a contract
without such rules pays nothing.

Two decisions about rules on the table as a whole:

- They count the rows that were read, and so also those that another rule rejects.
- A rule about a column's values holds where a submission has no value in the column, as our own
  types do: what a provider does not report is no mistake. Rules about the missing values
  themselves (`expect_column_proportion_of_non_null_values_to_be_between`) still run.

A submission without rows is not judged by any rule: it is `empty`, or refused by FILE-009.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.base.errors import ContractFault
from pipelines.conform.typed_columns import is_carried
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection, Rule
from pipelines.registry.rule_columns import columns_named
from pipelines.registry.rule_years import RuleInYears
from pipelines.validate.rule_scope import RuleScope, scope_of
from pipelines.validate.suite import ROW_ID, RuleOutcome, RunnableRule, run_rules
from pipelines.validate.table_rules import check_table_rule
from pipelines.validate.version_rows import VersionRows

ABOUT_MISSING_VALUES = "expect_column_proportion_of_non_null_values_to_be_between"


def run_contract_rules(
    table: pa.Table,
    starts: Mapping[int, int],
    collection: Collection,
    parameters: Mapping[str, Any],
    versions: VersionRows | None = None,
) -> list[tuple[Rule, int | None, RuleOutcome]]:
    """`run_on_batch` for conformed rows, with each rule as it is in the version of its rows.

    One run serves all versions; a form of a rule that no row follows is not run. Raises
    `ContractFault` where a rule cannot be run.
    """
    forms = [
        one
        for one in collection.rule_forms
        if versions is None or versions.holds_somewhere(one.versions)
    ]
    for form in forms:
        if scope_of(form) is RuleScope.TABLE:
            check_table_rule(form.rule)
    with_ids = table.append_column(ROW_ID, pa.array(np.arange(table.num_rows, dtype=np.int64)))
    if versions is None:
        found = run_on_batch(with_ids, starts, forms, parameters)
    else:
        found = _run_by_version(with_ids, starts, forms, parameters, versions)
    rules = {form.code: form.rule for form in forms}
    return [(rules[outcome.code], about, outcome) for about, outcome in found]


def _run_by_version(
    table: pa.Table,
    starts: Mapping[int, int],
    forms: Sequence[RuleInYears],
    parameters: Mapping[str, Any],
    versions: VersionRows,
) -> Iterator[tuple[int | None, RuleOutcome]]:
    """`run_on_batch`, where each form of a rule is asked of the rows of its versions only.

    A rule about one row runs over all rows, and what it says of others is left out. A rule about
    many rows sees none but its own.
    """
    masks = {
        form.code: versions.mask(form.versions)
        for form in forms
        if not versions.holds_everywhere(form.versions)
    }
    apart = [form for form in forms if form.code in masks and scope_of(form) is not RuleScope.ROW]
    together = [form for form in forms if form not in apart]
    for about, outcome in run_on_batch(table, starts, together, parameters):
        if (own := masks.get(outcome.code)) is not None:
            failing = outcome.failing_rows
            outcome = replace(outcome, failing_rows=failing[own[failing]])
        yield about, outcome
    for form in apart:
        mask = masks[form.code]
        rows = table.filter(pa.array(mask))
        numbers = rows[SUBMISSION_NUMBER].to_numpy()
        own_starts = {
            number: int(np.searchsorted(np.flatnonzero(mask), start))
            for number, start in starts.items()
            if (numbers == number).any()
        }
        yield from run_on_batch(rows, own_starts, [form], parameters)


def run_on_batch(
    table: pa.Table,
    starts: Mapping[int, int],
    rules: Sequence[RunnableRule],
    parameters: Mapping[str, Any],
) -> Iterator[tuple[int | None, RuleOutcome]]:
    """Each rule's outcomes in the order of the rules.

    They come with the number of the submission that they are about, or None for the whole batch.
    `starts` gives each submission's first row in the table, in which its rows stand together; no
    submission is without rows. Raises `ContractFault` where a rule cannot be evaluated.
    """
    scopes = {rule.code: scope_of(rule) for rule in rules}
    row_rules = [rule for rule in rules if scopes[rule.code] is RuleScope.ROW]
    own_rules = [rule for rule in rules if scopes[rule.code] is not RuleScope.ROW]
    outcomes = {outcome.code: outcome for outcome in run_rules(table, row_rules, parameters)}
    own_outcomes = _run_on_each(table, starts, own_rules, parameters) if own_rules else {}
    for rule in rules:
        if rule.code in own_outcomes:
            yield from own_outcomes[rule.code]
            continue
        outcome = outcomes[rule.code]
        if outcome.table_level_failure:
            told = f"Rule {rule.code} ({rule.expectation}) failed and names no rows"
            raise ContractFault(told, rule.code)
        yield None, outcome


def _run_on_each(
    table: pa.Table,
    starts: Mapping[int, int],
    rules: Sequence[RunnableRule],
    parameters: Mapping[str, Any],
) -> dict[str, list[tuple[int, RuleOutcome]]]:
    """The outcomes by the rule's code, from one run for each submission's rows."""
    outcomes: dict[str, list[tuple[int, RuleOutcome]]] = {rule.code: [] for rule in rules}
    numbers = sorted(starts, key=lambda number: starts[number])
    ends = [*(starts[number] for number in numbers[1:]), table.num_rows]
    # What stands beside the contract's columns is ours, and no rule may count it.
    named = {column for rule in rules for column in columns_named(rule.kwargs)}
    beside = (SUBMISSION_NUMBER, *(one for one in table.column_names if is_carried(one)))
    unnamed = [one for one in beside if one in table.column_names and one not in named]
    for number, end in zip(numbers, ends, strict=True):
        rows = table.slice(starts[number], end - starts[number])
        runnable = [rule for rule in rules if _has_something_to_say(rule, rows)]
        for outcome in run_rules(rows.drop_columns(unnamed), runnable, parameters):
            outcomes[outcome.code].append((number, outcome))
    return outcomes


def _has_something_to_say(rule: RunnableRule, rows: pa.Table) -> bool:
    """False where the rule sums up the values of one column, and it has none."""
    column = rule.kwargs.get("column")
    if column not in rows.column_names or rule.expectation == ABOUT_MISSING_VALUES:
        return True
    return scope_of(rule) is not RuleScope.TABLE or rows[column].null_count < rows.num_rows
