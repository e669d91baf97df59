"""What the rules and the cells' types say of a batch's rows, told per submission and row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from pipelines.base.clock import london_date
from pipelines.base.settings import settings
from pipelines.conform.conformed_rows import ConformedRows
from pipelines.parse.submission import Submission
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection, Rule
from pipelines.registry.severity import Severity
from pipelines.validate.batch_rules import run_contract_rules
from pipelines.validate.judged_rows import Judgement
from pipelines.validate.rejected_values import carried_rows
from pipelines.validate.suite import RowIds, RuleOutcome, offending_cells, offending_columns
from pipelines.validate.table_rules import tell_of_table
from pipelines.validate.telling import tell_row
from pipelines.validate.told_problems import (
    amendment_days,
    judge_problems,
    severity_of,
    tell_age,
)
from pipelines.validate.version_rows import VersionRows, leave_out, version_rows


def judge(
    conformed: ConformedRows,
    submissions: Sequence[Submission],
    collection: Collection,
    parameters: Mapping[str, Any],
) -> Judgement:
    """The judgement of a batch: what cells and rows tell first, then each rule in its order."""
    judgement = Judgement(collection, conformed.table, conformed.starts)
    versions = version_rows(conformed, collection)
    if versions is not None:
        conformed = leave_out(judgement, conformed, submissions, versions)
        judgement.table = conformed.table
        judgement.years = {
            number: versions.years_of(slice(start, start + len(submissions[number])))
            for number, start in conformed.starts.items()
        }
    for number, problems in conformed.problems.items():
        start = conformed.starts[number]
        judge_problems(judgement, problems, start, number, submissions[number])
    _judge_age(judgement, submissions)
    _judge_rules(judgement, submissions, parameters, versions)
    return judgement


def _judge_rules(
    judgement: Judgement,
    submissions: Sequence[Submission],
    parameters: Mapping[str, Any],
    versions: VersionRows | None,
) -> None:
    """What the rules of the contract say of rows, and of submissions as a whole."""
    collection = judgement.collection
    assert collection is not None
    for rule, about, outcome in run_contract_rules(
        judgement.table, judgement.starts, collection, parameters, versions
    ):
        if about is not None and outcome.table_level_failure:
            _judge_table(judgement, rule, outcome, about, submissions[about])
        _judge_rows(judgement, rule, outcome.failing_rows, submissions, parameters)


def _judge_rows(
    judgement: Judgement,
    rule: Rule,
    failing: RowIds,
    submissions: Sequence[Submission],
    parameters: Mapping[str, Any],
) -> None:
    """Some of each submission's failing rows are told, the others counted; all bear the cost."""
    collection, table = judgement.collection, judgement.table

    def find_columns(values: Mapping[str, Any]) -> list[str]:
        return offending_columns(rule.expectation, rule.kwargs, values, parameters)

    numbers = table[SUBMISSION_NUMBER].to_numpy()[failing]
    for number in np.unique(numbers).tolist():
        own = failing[numbers == number].tolist()
        severity = severity_of(rule, submissions[number].feed)
        told = own[: settings().most_places]
        parsed = submissions[number].parsed
        assert parsed is not None and collection is not None
        found = [
            one
            for row_id in told
            for one in tell_row(
                rule,
                severity,
                {one.name: table[one.name][row_id].as_py() for one in collection.columns},
                parsed,
                row_id - judgement.starts[number],
                collection,
                find_columns,
            )
        ]
        if len(own) > len(told):
            found[-1] = replace(found[-1], more=len(own) - len(told))
        judgement.findings[number] += found
        if severity is Severity.REJECT_VALUE:
            _reject_cells(judgement, rule, failing[numbers == number], parameters)
            continue
        for row_id in own:
            judgement.find(severity, rule.code, row_id, number)


def _reject_cells(
    judgement: Judgement, rule: Rule, row_ids: RowIds, parameters: Mapping[str, Any]
) -> None:
    """The cells at fault in these rows are rejected, as far as their file has them."""
    table, collection = judgement.table, judgement.collection
    assert collection is not None
    cells = offending_cells(rule.expectation, rule.kwargs, table.take(row_ids), parameters)
    for name, at_fault in cells.items():
        own = carried_rows(table, collection, name, row_ids[at_fault])
        judgement.values.add(name, own, rule.code)


def _judge_table(
    judgement: Judgement, rule: Rule, outcome: RuleOutcome, number: int, submission: Submission
) -> None:
    """The submission has one finding, and is refused where the rule says so."""
    parsed, collection = submission.parsed, judgement.collection
    assert parsed is not None and collection is not None
    severity = severity_of(rule, submission.feed)
    judgement.findings[number].append(
        tell_of_table(rule, severity, outcome.observed, parsed, collection)
    )
    judgement.find(severity, rule.code, judgement.starts[number], number)


def _judge_age(judgement: Judgement, submissions: Sequence[Submission]) -> None:
    """Rows of slots further back than their feed may amend are rejected."""
    collection = judgement.collection
    assert collection is not None
    limits = {
        number: days
        for number in judgement.starts
        if (days := amendment_days(submissions[number].feed, collection)) is not None
    }
    if not limits:
        return
    numbers = judgement.table[SUBMISSION_NUMBER].to_numpy()
    earliest = np.full(len(submissions), np.datetime64("0001-01-01", "us"))
    for number, days in limits.items():
        received_on = london_date(submissions[number].manifest.received_at)
        earliest[number] = np.datetime64(received_on - timedelta(days=days), "us")
    times = judgement.table[collection.time_column].to_numpy().astype("datetime64[us]")
    for row_id in np.flatnonzero(times < earliest[numbers]).tolist():
        number = int(numbers[row_id])
        row = row_id - judgement.starts[number]
        tell_age(judgement, row, row_id, number, submissions[number], limits[number])
