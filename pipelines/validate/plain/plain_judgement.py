"""What the rules and the cells' types say of one submission, in plain Python.

The twin of `validate.judgement`, and of what `validate.validate` makes of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from pipelines.base.clock import london_date
from pipelines.base.settings import settings
from pipelines.conform.plain_rows import PlainRows
from pipelines.findings.finding import Finding
from pipelines.findings.status import Status
from pipelines.findings.verdict import Verdict
from pipelines.parse.submission import Submission
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection
from pipelines.registry.rule_years import RuleInYears
from pipelines.registry.severity import Severity
from pipelines.validate.costs import Costs
from pipelines.validate.decide import decide
from pipelines.validate.finality import is_final, passing_codes
from pipelines.validate.plain.plain_rules import (
    cells_at_fault,
    columns_at_fault,
    find_failing_rows,
    is_judged_here,
)
from pipelines.validate.plain.plain_versions import (
    PlainVersions,
    leave_out_plain,
    plain_versions,
)
from pipelines.validate.telling import tell_row
from pipelines.validate.told_problems import amendment_days, judge_problems, severity_of, tell_age


@dataclass(frozen=True)
class PlainJudgement:
    """What is decided of one submission: its findings, its accepted rows, rules not judged here."""

    findings: list[Finding] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict(Status.EMPTY))
    at_the_centre: tuple[str, ...] = ()
    """Codes of rules that this machine cannot judge."""


def judge_plain(
    rows: PlainRows | None,
    submission: Submission,
    collection: Collection,
    parameters: Mapping[str, Any],
) -> PlainJudgement:
    """The judgement of a submission; `rows` is None where nothing was read of it.

    Raises `ContractFault` where a rule cannot be evaluated.
    """
    costs, number = Costs(collection), submission.number
    others: dict[str, None] = {}
    if rows is not None and rows.length:
        versions = plain_versions(rows)
        if versions is not None:
            rows = leave_out_plain(costs, rows, number, submission, versions)
            costs.years = {number: versions.years()}
        judge_problems(costs, rows.problems.get(number, ()), 0, number, submission)
        _judge_age(costs, rows, submission)
        for form, own in _forms(collection, rows, versions):
            if is_judged_here(form):
                _judge_rule(costs, form, rows, own, submission, parameters)
            else:
                others[form.rule.code] = None
    return _assemble(costs, rows, submission, tuple(others))


def _judge_age(costs: Costs, rows: PlainRows, submission: Submission) -> None:
    """Rows of slots further back than their feed may amend are rejected."""
    days = amendment_days(submission.feed, rows.collection)
    if days is None:
        return
    received_on = london_date(submission.manifest.received_at)
    earliest = datetime.combine(received_on - timedelta(days=days), time())
    for row, moment in enumerate(rows.columns[rows.collection.time_column]):
        if moment is None:
            continue
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        if moment < earliest:
            tell_age(costs, row, row, submission.number, submission, days)


def _forms(
    collection: Collection, rows: PlainRows, versions: PlainVersions | None
) -> Iterator[tuple[RuleInYears, list[int] | None]]:
    """The forms of the rules with the rows that each is asked of, None for all."""
    for form in collection.rule_forms:
        own = None if versions is None else versions.rows_of(form.versions)
        if own is None or len(own) == rows.length:
            yield form, None
        elif own:
            yield form, own


def _judge_rule(
    costs: Costs,
    form: RuleInYears,
    rows: PlainRows,
    own: Sequence[int] | None,
    submission: Submission,
    parameters: Mapping[str, Any],
) -> None:
    """Some of the failing rows are told, the others counted; all bear the cost."""
    failing = find_failing_rows(form, rows.columns, parameters)
    if own is not None:
        asked = frozenset(own)
        failing = [row for row in failing if row in asked]
    if not failing:
        return
    rule, collection, number = form.rule, rows.collection, submission.number
    severity = severity_of(rule, submission.feed)
    parsed = submission.parsed
    assert parsed is not None
    told = failing[: settings().most_places]
    found = [
        one
        for row in told
        for one in tell_row(
            rule,
            severity,
            {column.name: rows.columns[column.name][row] for column in collection.columns},
            parsed,
            row,
            collection,
            lambda values: columns_at_fault(rule, values, parameters),
        )
    ]
    if len(failing) > len(told):
        found[-1] = replace(found[-1], more=len(failing) - len(told))
    costs.findings[number] += found
    if severity is Severity.REJECT_VALUE:
        _reject_cells(costs, form, rows, failing, parameters)
        return
    for row in failing:
        costs.find(severity, rule.code, row, number)


def _reject_cells(
    costs: Costs,
    form: RuleInYears,
    rows: PlainRows,
    failing: Sequence[int],
    parameters: Mapping[str, Any],
) -> None:
    """The cells at fault in these rows are rejected, as far as their file has them."""
    measures = [column.name for column in rows.collection.measures]
    for name, own in cells_at_fault(form.rule, rows.columns, failing, parameters).items():
        bit = measures.index(name)
        carried = [row for row in own if rows.carried[row] >> bit & 1]
        costs.values.add(name, carried, form.rule.code)


def _assemble(
    costs: Costs,
    rows: PlainRows | None,
    submission: Submission,
    others: tuple[str, ...],
) -> PlainJudgement:
    number, collection = submission.number, costs.collection
    assert collection is not None
    findings = [*submission.findings, *costs.findings.get(number, ())]
    is_refused = submission.is_refused or number in costs.refused
    kept_out = len(submission) if is_refused else len(costs.codes)
    rejected = 0 if is_refused else _values_rejected(costs)
    verdict = decide(submission, collection, is_refused, kept_out, rejected)
    verdict.versions = costs.years.get(number)
    verdict.is_final = is_final(findings, passing_codes(collection))
    is_loaded = rows is not None and verdict.status is not Status.REJECTED
    accepted = list(_accepted(costs, rows)) if rows is not None and is_loaded else []
    return PlainJudgement(findings, accepted, verdict, others)


def _values_rejected(costs: Costs) -> int:
    """How many values are rejected by themselves in rows that are not."""
    return sum(1 for own in costs.values.codes.values() for row in own if row not in costs.codes)


def _accepted(costs: Costs, rows: PlainRows) -> Iterator[dict[str, Any]]:
    """The rows that no rule rejects; values rejected by themselves count as not carried."""
    names = [column.name for column in rows.collection.columns]
    bits = {column.name: 1 << bit for bit, column in enumerate(rows.collection.measures)}
    for row in range(rows.length):
        if row in costs.codes:
            continue
        values = {name: rows.columns[name][row] for name in names}
        carried = rows.carried[row]
        for name, own in costs.values.codes.items():
            if row in own:
                values[name] = None
                carried &= ~bits[name]
        yield {
            **values,
            SUBMISSION_NUMBER: rows.columns[SUBMISSION_NUMBER][row],
            "carried": carried,
        }
