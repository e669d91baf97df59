"""What the rules and the cells' types say of a batch's rows, told per submission and row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from typing import Any

import numpy as np

from pipelines.base.clock import london_date
from pipelines.base.settings import settings
from pipelines.conform.conformed_rows import ConformedRows
from pipelines.conform.expected_form import expected_form
from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.parse.rows import RowProblem
from pipelines.parse.submission import Submission
from pipelines.registry.column import NUMERIC_TYPES
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection, Rule
from pipelines.registry.feed import Feed
from pipelines.registry.severity import Severity
from pipelines.validate.batch_rules import run_contract_rules
from pipelines.validate.judged_rows import Judgement
from pipelines.validate.rejected_values import carried_rows
from pipelines.validate.suite import RowIds, RuleOutcome, offending_cells
from pipelines.validate.table_rules import tell_of_table
from pipelines.validate.telling import keys_of, tell_row
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
    for number in conformed.problems:
        _judge_problems(judgement, conformed, number, submissions[number])
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
    numbers = table[SUBMISSION_NUMBER].to_numpy()[failing]
    for number in np.unique(numbers).tolist():
        own = failing[numbers == number].tolist()
        severity = _severity(rule, submissions[number].feed)
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
                parameters,
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
    severity = _severity(rule, submission.feed)
    judgement.findings[number].append(
        tell_of_table(rule, severity, outcome.observed, parsed, collection)
    )
    judgement.find(severity, rule.code, judgement.starts[number], number)


def _judge_problems(
    judgement: Judgement, conformed: ConformedRows, number: int, submission: Submission
) -> None:
    """What the reader and the columns' types say of one submission."""
    parsed, collection = submission.parsed, judgement.collection
    assert parsed is not None and collection is not None
    most = settings().most_places
    start = conformed.starts[number]
    told: list[tuple[int, Finding]] = []
    for problem in conformed.problems[number]:
        name = problem.column_name
        severity = _cost_of(problem, collection)
        for at, row in enumerate(problem.rows[:most], start=1):
            one = finding(
                problem.code,
                place=parsed.place(row, name or collection.time_column),
                value=problem.text or (None if name is None else parsed.text(row, name)),
                column_name=name,
                limit=_limit(collection, name),
                expected=_expected(collection, submission.feed, name),
                **keys_of(parsed, row, collection),
            )
            more = len(problem.rows) - most if at == most else 0
            told.append((row, replace(one, more=more, severity=severity)))
        if severity is Severity.REJECT_VALUE and name is not None:
            judgement.values.add(name, (start + row for row in problem.rows), problem.code)
            continue
        for row in problem.rows:
            judgement.find(severity, problem.code, start + row, number)
    judgement.findings[number] += [one for _, one in sorted(told, key=itemgetter(0))]


def _cost_of(problem: RowProblem, collection: Collection) -> Severity:
    """What the problem costs: that of its kind, or the value where its column says so."""
    severity, name = KINDS[problem.code].severity, problem.column_name
    if severity is not Severity.REJECT_ROW or name is None:
        return severity
    return Severity.REJECT_VALUE if collection.column(name).costs_its_value else severity


def _limit(collection: Collection, column_name: str | None) -> str | None:
    """What the column takes at most, or from when on, as a message tells it."""
    if column_name is None:
        return None
    column = collection.column(column_name)
    return f"{column.most:,}" if column.type in NUMERIC_TYPES else str(collection.earliest)


def _expected(collection: Collection, feed: Feed | None, column_name: str | None) -> str:
    """How the column's dates or times are to be written; empty for all others."""
    if column_name is None or feed is None:
        return ""
    reading = feed.format.reading(column_name)
    return expected_form(collection.column(column_name).type, reading)


def _judge_age(judgement: Judgement, submissions: Sequence[Submission]) -> None:
    """Rows of slots further back than their feed may amend are rejected."""
    collection = judgement.collection
    assert collection is not None
    limits = {
        number: days
        for number in judgement.starts
        if (days := _amendment_days(submissions[number].feed, collection)) is not None
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
        judgement.find(KINDS["SLOT-001"].severity, "SLOT-001", row_id, number)
        if judgement.findings[number].room("SLOT-001", collection.time_column) <= 0:
            judgement.findings[number].add_more("SLOT-001", collection.time_column, 1)
            continue
        row = row_id - judgement.starts[number]
        parsed = submissions[number].parsed
        assert parsed is not None
        keys = keys_of(parsed, row, collection)
        told = finding(
            "SLOT-001",
            place=parsed.place(row, collection.time_column),
            value=keys["slot"],
            column_name=collection.time_column,
            days=limits[number],
            **keys,
        )
        judgement.findings[number].append(told)


def _amendment_days(feed: Feed | None, collection: Collection) -> int | None:
    """How many days back the feed's values are taken; None where it may go back for ever."""
    own = feed.amendment_days if feed is not None else None
    if own == "unlimited":
        return None
    return collection.amendment_days if own is None else own


def _severity(rule: Rule, feed: Feed | None) -> Severity:
    """What the rule costs on that feed."""
    if feed is not None and rule.code in feed.warn_only:
        return Severity.WARN
    return rule.on_failure
