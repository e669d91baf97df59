"""What the reader and the columns' types say of a submission, and what a finding costs its feed."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from pipelines.base.settings import settings
from pipelines.conform.expected_form import expected_form
from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.parse.rows import RowProblem
from pipelines.parse.submission import Submission
from pipelines.registry.column import NUMERIC_TYPES
from pipelines.registry.contract import Collection, Rule
from pipelines.registry.feed import Feed
from pipelines.registry.severity import Severity
from pipelines.validate.costs import Costs
from pipelines.validate.telling import keys_of


def judge_problems(
    judgement: Costs,
    problems: Sequence[RowProblem],
    start: int,
    number: int,
    submission: Submission,
) -> None:
    """What the reader and the columns' types say of one submission, whose first row is `start`."""
    parsed, collection = submission.parsed, judgement.collection
    assert parsed is not None and collection is not None
    most = settings().most_places
    told: list[tuple[int, Finding]] = []
    for problem in problems:
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


def tell_age(
    judgement: Costs, row: int, row_id: int, number: int, submission: Submission, days: int
) -> None:
    """The row is of a slot further back than its feed may amend: it is rejected, and told."""
    collection, parsed = judgement.collection, submission.parsed
    assert collection is not None and parsed is not None
    judgement.find(KINDS["SLOT-001"].severity, "SLOT-001", row_id, number)
    findings = judgement.findings[number]
    if findings.room("SLOT-001", collection.time_column) <= 0:
        findings.add_more("SLOT-001", collection.time_column, 1)
        return
    keys = keys_of(parsed, row, collection)
    told = finding(
        "SLOT-001",
        place=parsed.place(row, collection.time_column),
        value=keys["slot"],
        column_name=collection.time_column,
        days=days,
        **keys,
    )
    findings.append(told)


def amendment_days(feed: Feed | None, collection: Collection) -> int | None:
    """How many days back the feed's values are taken; None where it may go back for ever."""
    own = feed.amendment_days if feed is not None else None
    if own == "unlimited":
        return None
    return collection.amendment_days if own is None else own


def severity_of(rule: Rule, feed: Feed | None) -> Severity:
    """What the rule costs on that feed."""
    if feed is not None and rule.code in feed.warn_only:
        return Severity.WARN
    return rule.on_failure
