"""The light road: files judged in plain Python, without Great Expectations, Arrow or a warehouse.

It says the same of a file as the whole road does, in a hundredth of the space: tests compare both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.check.given_files import (
    GivenFile,
    JudgedFile,
    OnlyLookedAt,
    as_deliveries,
    as_submissions,
)
from pipelines.conform.fault_refusal import refuse_for_fault
from pipelines.conform.plain_rows import PlainRows, conform_plain
from pipelines.conform.reconcile import compare_totals
from pipelines.conform.typed_columns import Part
from pipelines.findings.issue_rows import ISSUE_COLUMNS, issue_rows
from pipelines.landing.crash_guard import CrashGuard
from pipelines.parse.parse import parse_all
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.validate.decide import rule_parameters
from pipelines.validate.plain.plain_judgement import PlainJudgement, judge_plain


@dataclass(frozen=True)
class PlainFile(JudgedFile):
    """One file at the end of the light road."""

    rows: PlainRows | None
    judgement: PlainJudgement

    @property
    def has_rows(self) -> bool:
        """Whether any row was read and conformed."""
        return self.rows is not None

    def value(self, row: int, column_name: str) -> Any:
        """The value of that row of the file, from 0, in a column of the contract."""
        assert self.rows is not None
        return self.rows.columns[column_name][row]

    def issues(self) -> list[dict[str, Any]]:
        """The findings, with the columns of `ops.issue`."""
        told = ((self.submission.number, one) for one in self.judgement.findings)
        return [dict(zip(ISSUE_COLUMNS, row, strict=True)) for row in issue_rows(told)]

    def accepted(self) -> list[dict[str, Any]]:
        """The rows that would be loaded: every column of the contract, and `carried`."""
        return self.judgement.accepted

    @property
    def at_the_centre(self) -> tuple[str, ...]:
        """Codes of rules that were not judged here."""
        return self.judgement.at_the_centre


def judge_light(
    registry: Registry, feed: Feed, files: Sequence[GivenFile], prefix: str = "check"
) -> list[JudgedFile]:
    """The files as submissions of the feed, in the order in which they count.

    Raises `ContractFault` where a rule of the contract cannot be evaluated.
    """
    contract = registry.collection(feed.collection)
    ordered, given = as_deliveries(feed, files, prefix)
    contents = {name: one.content for name, one in given.items() if one.content is not None}
    submissions, read = as_submissions(ordered, given, feed)
    with TemporaryDirectory(prefix="sitrep-check-") as scratch:
        landing = OnlyLookedAt(Path(scratch), contents)
        guard = CrashGuard(landing.home, contract.collection)
        parse_all(landing, read, contract, guard)
    parameters = rule_parameters()
    return [
        _judge(one, given[one.manifest.delivery_id], feed, contract, parameters)
        for one in submissions
    ]


def _judge(
    submission: Submission,
    given: GivenFile,
    feed: Feed,
    contract: Collection,
    parameters: dict[str, Any],
) -> PlainFile:
    parsed, rows = submission.parsed, None
    if parsed is not None and len(parsed):
        try:
            rows = conform_plain(Part(submission.number, parsed, feed), contract)
            compare_totals(submission, rows, contract)
        except Exception as error:
            what = "conforming" if rows is None else "reconciling"
            refuse_for_fault(submission, what, error)
            rows = None
    judgement = judge_plain(rows, submission, contract, parameters)
    submission.verdict = judgement.verdict
    return PlainFile(given, submission, parsed, rows, judgement)
