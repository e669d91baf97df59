"""Validates the pending submissions of a collection together."""

from pipelines.conform.conformed_rows import ConformedRows
from pipelines.findings.finding import Finding
from pipelines.findings.issue_table import issue_table
from pipelines.findings.status import Status
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.validate.batch import Batch, new_batch_id
from pipelines.validate.batch_tables import quarantine_table, total_table, value_table
from pipelines.validate.decide import decide, rule_parameters
from pipelines.validate.finality import is_final, passing_codes
from pipelines.validate.judged_rows import Judgement
from pipelines.validate.judgement import judge


def validate_submissions(
    collection_name: str,
    submissions: list[Submission],
    conformed: ConformedRows,
    collection: Collection | None,
) -> Batch:
    """The submissions as one batch: accepted rows, issues, quarantine, totals, and verdicts."""
    judgement = _ask_rules(submissions, conformed, collection)
    return _assemble(collection_name, collection, submissions, judgement)


def _ask_rules(
    submissions: list[Submission], conformed: ConformedRows, collection: Collection | None
) -> Judgement:
    """What the rules say of all rows of all submissions together."""
    if collection is None or not conformed.table.num_rows:
        return Judgement(collection, conformed.table)
    return judge(conformed, submissions, collection, rule_parameters())


def _assemble(
    name: str,
    collection: Collection | None,
    submissions: list[Submission],
    judgement: Judgement,
) -> Batch:
    quarantined = judgement.quarantined_counts()
    values = judgement.rejected_value_counts()
    issues: list[tuple[int, Finding]] = []
    refused: set[int] = set()
    passing = passing_codes(collection)
    for submission in submissions:
        number = submission.number
        own = [*submission.findings, *judgement.findings.get(number, ())]
        issues += [(number, found) for found in own]
        is_refused = submission.is_refused or number in judgement.refused
        kept_out = len(submission) if is_refused else quarantined.get(number, 0)
        rejected = 0 if is_refused else values.get(number, 0)
        submission.verdict = decide(submission, collection, is_refused, kept_out, rejected)
        submission.verdict.versions = judgement.years.get(number)
        submission.verdict.is_final = is_final(own, passing)
        if submission.verdict.status is Status.REJECTED:
            refused.add(number)
    totals = [
        (number, day, measure, value)
        for number, submission in enumerate(submissions)
        if number not in refused
        for day, measure, value in submission.totals
    ]
    tables = {
        "rows": judgement.accepted(refused),
        "issues": issue_table(issues),
        "quarantine": quarantine_table(judgement.quarantine(submissions, refused), collection),
        "values": value_table(judgement.quarantined_values(submissions, refused), collection),
        "totals": total_table(totals),
    }
    for submission in submissions:
        # Its rows stand in the tables now; their texts would only take memory.
        submission.parsed = None
    return Batch(new_batch_id(), name, submissions, tables)
