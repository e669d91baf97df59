"""What the rules and the cells' types say of a batch's rows, told per submission and row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.base.clock import london_date
from pipelines.conform.conform import ConformedRows, row_schema
from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.parse.rows import ParsedRows
from pipelines.parse.submission import Submission
from pipelines.registry.contract import NUMERIC_TYPES, SUBMISSION_NUMBER, Collection, Rule
from pipelines.registry.feed import Feed
from pipelines.registry.severity import Severity
from pipelines.validate.batch_rules import run_on_batch
from pipelines.validate.rule_scope import RuleScope, scope_of
from pipelines.validate.suite import ROW_ID, RuleOutcome, offending_columns
from pipelines.validate.table_rules import check_table_rule, tell_of_table


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that is kept out, with all its cells and the codes of why."""

    number: int
    row: int
    parsed: ParsedRows
    codes: tuple[str, ...]


@dataclass
class Judgement:
    """All rows of a batch; `codes[row id]` holds why a row is rejected."""

    collection: Collection | None
    table: pa.Table
    starts: Mapping[int, int] = field(default_factory=dict)
    findings: dict[int, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    codes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: set[int] = field(default_factory=set)

    @classmethod
    def of_nothing(cls, collection: Collection | None) -> "Judgement":
        """The judgement of a batch that has no row; its table has the columns all the same."""
        return cls(collection, row_schema(collection).empty_table())

    def quarantined_counts(self) -> dict[int, int]:
        """How many rows of each submission are rejected; those that have none are left out."""
        rejected = self._numbers()[list(self.codes)]
        numbers, counts = np.unique(rejected, return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    def accepted(self, refused: set[int]) -> pa.Table:
        """The rows that no rule rejects, of the submissions that are not refused."""
        if not self.codes and not refused and not self.refused:
            return self.table
        keep = np.ones(self.table.num_rows, dtype=bool)
        keep[list(self.codes)] = False
        keep &= ~np.isin(self._numbers(), list(refused | self.refused))
        return self.table.filter(pa.array(keep))

    def quarantine(
        self, submissions: Sequence[Submission], refused: set[int]
    ) -> Iterator[QuarantinedRow]:
        """The rejected rows, and all rows of submissions that are refused, in their order."""
        numbers = self._numbers()
        wanted = set(self.codes) | set(np.flatnonzero(np.isin(numbers, list(refused))).tolist())
        for row_id in sorted(wanted):
            number = int(numbers[row_id])
            parsed = submissions[number].parsed
            assert parsed is not None
            codes = tuple(dict.fromkeys(self.codes.get(row_id, ())))
            yield QuarantinedRow(number, row_id - self.starts[number], parsed, codes)

    def _numbers(self) -> npt.NDArray[np.int32]:
        numbers: npt.NDArray[np.int32] = self.table[SUBMISSION_NUMBER].to_numpy()
        return numbers

    def find(self, severity: Severity, code: str, row_id: int, number: int) -> None:
        """The row, or its whole submission, bears what a finding of that severity costs."""
        if severity is Severity.REJECT_ROW:
            self.codes[row_id].append(code)
        elif severity is Severity.REJECT_SUBMISSION:
            self.refused.add(number)


def judge(
    conformed: ConformedRows,
    submissions: Sequence[Submission],
    collection: Collection,
    parameters: Mapping[str, Any],
) -> Judgement:
    """The judgement of a batch: what cells and rows tell first, then each rule in its order."""
    judgement = Judgement(collection, conformed.table, conformed.starts)
    for number in conformed.problems:
        _judge_problems(judgement, conformed, number, submissions[number])
    _judge_age(judgement, submissions)
    _judge_rules(judgement, submissions, parameters)
    return judgement


def _judge_rules(
    judgement: Judgement, submissions: Sequence[Submission], parameters: Mapping[str, Any]
) -> None:
    """What the rules of the contract say of rows, and of submissions as a whole."""
    collection, table = judgement.collection, judgement.table
    assert collection is not None
    rules = {rule.code: rule for rule in collection.rules}
    for rule in collection.rules:
        if scope_of(rule) is RuleScope.TABLE:
            check_table_rule(rule)
    numbers = table[SUBMISSION_NUMBER].to_numpy()
    with_ids = table.append_column(ROW_ID, pa.array(np.arange(table.num_rows, dtype=np.int64)))
    for about, outcome in run_on_batch(with_ids, judgement.starts, collection.rules, parameters):
        rule = rules[outcome.code]
        if about is not None and outcome.table_level_failure:
            _judge_table(judgement, rule, outcome, about, submissions[about])
        for row_id in outcome.failing_rows.tolist():
            number = int(numbers[row_id])
            severity = _severity(rule, submissions[number].feed)
            judgement.findings[number] += _tell(
                judgement, rule, severity, row_id, submissions, parameters
            )
            judgement.find(severity, rule.code, row_id, number)


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
    for problem in conformed.problems[number]:
        place = parsed.place(problem.row, problem.column_name or collection.time_column)
        judgement.findings[number].append(
            finding(
                problem.code,
                place=place,
                value=problem.text,
                column_name=problem.column_name,
                limit=_limit(collection, problem.column_name),
                **_keys(parsed, problem.row, collection),
            )
        )
        row_id = conformed.starts[number] + problem.row
        judgement.find(KINDS[problem.code].severity, problem.code, row_id, number)


def _limit(collection: Collection, column_name: str | None) -> str | None:
    """What the column takes at most, or from when on, as a message tells it."""
    if column_name is None:
        return None
    column = collection.column(column_name)
    return f"{column.most:,}" if column.type in NUMERIC_TYPES else str(collection.earliest)


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
        row = row_id - judgement.starts[number]
        parsed = submissions[number].parsed
        assert parsed is not None
        keys = _keys(parsed, row, collection)
        told = finding(
            "SLOT-001",
            place=parsed.place(row, collection.time_column),
            value=keys["slot"],
            column_name=collection.time_column,
            days=limits[number],
            **keys,
        )
        judgement.findings[number].append(told)
        judgement.find(told.severity, told.code, row_id, number)


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


def _tell(
    judgement: Judgement,
    rule: Rule,
    severity: Severity,
    row_id: int,
    submissions: Sequence[Submission],
    parameters: Mapping[str, Any],
) -> list[Finding]:
    """One finding per offending cell where the message names {value}, else one for the row."""
    collection, table = judgement.collection, judgement.table
    assert collection is not None
    number = table[SUBMISSION_NUMBER][row_id].as_py()
    row, parsed = row_id - judgement.starts[number], submissions[number].parsed
    assert parsed is not None
    values = {column.name: table[column.name][row_id].as_py() for column in collection.columns}
    named = offending_columns(rule.expectation, rule.kwargs, values, parameters)
    shown = {name: "nothing" if value is None else value for name, value in values.items()}
    shown["cells"] = ", ".join(f"{name} {shown[name]}" for name in named if name in shown)
    keys = _keys(parsed, row, collection)
    found = []
    for name in _columns_to_tell(rule, named, parsed, collection):
        text = parsed.text(row, name)
        found.append(
            Finding(
                code=rule.code,
                severity=severity,
                message=rule.message.format_map({**shown, "column": name, "value": text}),
                fix=rule.fix,
                place=parsed.place(row, name),
                column_name=name,
                value=text,
                **keys,
            )
        )
    return found


def _columns_to_tell(
    rule: Rule, named: list[str], parsed: ParsedRows, collection: Collection
) -> list[str]:
    """The columns at fault that get a finding each, or the one that stands for the row."""
    if "pairs" in rule.kwargs:
        # Of 'more occupied than open' the occupied side is told, and not each side by itself.
        smaller = {pair[0] for pair in rule.kwargs["pairs"]}
        named = [name for name in named if name in smaller]
    present = [name for name in named if name in parsed.texts]
    columns = present or [name for name in collection.key if name in parsed.texts]
    return columns if present and "{value}" in rule.message else columns[:1]


def _keys(parsed: ParsedRows, row: int, collection: Collection) -> dict[str, str | None]:
    """The row's organisation and slot as the file has them."""
    return {
        "org_code": parsed.text(row, collection.organisation_column),
        "slot": parsed.text(row, collection.time_column),
    }
