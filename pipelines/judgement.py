"""What the rules and the cells' types say of a batch's rows, told per submission and row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.conform import ARROW_TYPES, ConformedRows
from pipelines.contract import SUBMISSION_NUMBER, Collection, Rule
from pipelines.feed import Feed
from pipelines.findings import KINDS, Finding, Severity, finding
from pipelines.rows import ParsedRows
from pipelines.suite import ROW_ID, offending_columns, run_rules


class Rows(Protocol):
    """What is needed of a submission: its text and its typed rows."""

    feed: Feed | None
    parsed: ParsedRows | None
    conformed: ConformedRows | None


@dataclass(frozen=True)
class QuarantinedRow:
    """One row that is kept out, with all its cells and the codes of why."""

    number: int
    row: int
    parsed: ParsedRows
    codes: tuple[str, ...]


@dataclass
class Judgement:
    """All rows of a batch; `codes[row id]` holds why a row is rejected."""

    table: pa.Table
    starts: dict[int, int]
    findings: dict[int, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    codes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: set[int] = field(default_factory=set)

    @classmethod
    def of_nothing(cls, collection: Collection | None) -> "Judgement":
        """The judgement of a batch that has no row; its table has the columns all the same."""
        columns = collection.columns if collection else ()
        schema = pa.schema(
            [
                *((column.name, ARROW_TYPES[column.type]) for column in columns),
                (SUBMISSION_NUMBER, pa.int32()),
                ("carried", pa.int64()),
            ]
        )
        return cls(schema.empty_table(), {})

    def refuses(self, number: int) -> bool:
        """Whether a rule costs that submission as a whole."""
        return number in self.refused

    def quarantined_count(self, number: int) -> int:
        """How many of the submission's rows are rejected."""
        numbers = self._numbers()
        return sum(1 for row_id in self.codes if numbers[row_id] == number)

    def accepted(self, refused: set[int]) -> pa.Table:
        """The rows that no rule rejects, of the submissions that are not refused."""
        keep = np.ones(self.table.num_rows, dtype=bool)
        keep[list(self.codes)] = False
        keep &= ~np.isin(self._numbers(), list(refused | self.refused))
        return self.table.filter(pa.array(keep))

    def quarantine(
        self, submissions: Sequence[Rows], refused: set[int]
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


def judge(
    table: pa.Table,
    submissions: Sequence[Rows],
    collection: Collection,
    parameters: Mapping[str, Any],
) -> Judgement:
    """The judgement of a batch: the types' problems first, then each rule in its order."""
    numbers = table[SUBMISSION_NUMBER].to_numpy()
    starts = {
        int(number): int(first)
        for number, first in zip(*np.unique(numbers, return_index=True), strict=True)
    }
    judgement = Judgement(table, starts)
    for number, start in starts.items():
        _judge_cells(judgement, number, start, submissions[number])
    with_ids = table.append_column(ROW_ID, pa.array(np.arange(table.num_rows, dtype=np.int64)))
    rules = {rule.code: rule for rule in collection.rules}
    for outcome in run_rules(with_ids, collection.rules, parameters):
        rule = rules[outcome.code]
        for row_id in outcome.failing_rows.tolist():
            number = int(numbers[row_id])
            row = row_id - starts[number]
            severity = _severity(rule, submissions[number].feed)
            judgement.findings[number] += _tell(
                rule, severity, row, submissions[number], collection
            )
            if severity is Severity.REJECT_ROW:
                judgement.codes[row_id].append(rule.code)
            elif severity is Severity.REJECT_SUBMISSION:
                judgement.refused.add(number)
    return judgement


def _judge_cells(judgement: Judgement, number: int, start: int, submission: Rows) -> None:
    parsed, conformed = submission.parsed, submission.conformed
    assert parsed is not None and conformed is not None
    for problem in conformed.problems:
        judgement.findings[number].append(
            finding(
                problem.code,
                place=parsed.place(problem.row, problem.column_name),
                value=problem.text,
                column_name=problem.column_name,
                **_keys(parsed, problem.row),
            )
        )
        if KINDS[problem.code].severity is Severity.REJECT_ROW:
            judgement.codes[start + problem.row].append(problem.code)


def _severity(rule: Rule, feed: Feed | None) -> Severity:
    """What the rule costs on that feed."""
    if feed is not None and rule.code in feed.warn_only:
        return Severity.WARN
    return Severity(rule.on_failure)


def _tell(
    rule: Rule, severity: Severity, row: int, submission: Rows, collection: Collection
) -> list[Finding]:
    """One finding per offending cell where the message names {value}, else one for the row."""
    parsed, conformed = submission.parsed, submission.conformed
    assert parsed is not None and conformed is not None
    values = {name: conformed.table[name][row].as_py() for name in conformed.table.column_names}
    named = offending_columns(rule.expectation, rule.kwargs, values)
    columns = _columns_to_tell(rule, named, parsed, collection)
    shown = {name: "nothing" if value is None else value for name, value in values.items()}
    shown["cells"] = ", ".join(f"{name} {shown[name]}" for name in named if name in shown)
    keys = _keys(parsed, row)
    found = []
    for name in columns:
        text = parsed.cells[name].text[row]
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
    present = [name for name in named if name in parsed.cells]
    columns = present or [name for name in collection.key if name in parsed.cells]
    return columns if present and "{value}" in rule.message else columns[:1]


def _keys(parsed: ParsedRows, row: int) -> dict[str, str | None]:
    """The row's organisation and day as the file has them."""
    return {
        name: parsed.cells[name].text[row] if name in parsed.cells else None
        for name in ("org_code", "report_date")
    }
