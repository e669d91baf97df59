"""Validates the pending submissions of a collection together."""

import hashlib
from datetime import timedelta
from typing import Any

from pipelines.base.clock import london_date, now
from pipelines.conform.conformed_rows import ConformedRows
from pipelines.findings.finding import Finding
from pipelines.findings.issue_table import issue_table
from pipelines.findings.status import Status
from pipelines.findings.verdict import Verdict
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.slots import month_start
from pipelines.validate.batch import Batch, new_batch_id
from pipelines.validate.batch_tables import quarantine_table, total_table, value_table
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


def contract_version(collection: Collection, feed: Feed) -> str:
    """A short hash that changes when the contract, or how the feed is read, does.

    How far a feed is in its life changes nothing in how its files are read.
    """
    known = _versions.get(feed.feed_id)
    if known is not None and known[0] is collection and known[1] is feed:
        return known[2]
    ours = {"promotion", "example"}
    stage = {"stage", "slots_from"}
    text = collection.model_dump_json(exclude=ours) + feed.model_dump_json(exclude=stage)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    _versions[feed.feed_id] = (collection, feed, version)
    return version


_versions: dict[str, tuple[Collection, Feed, str]] = {}


def _ask_rules(
    submissions: list[Submission], conformed: ConformedRows, collection: Collection | None
) -> Judgement:
    """What the rules say of all rows of all submissions together."""
    if collection is None or not conformed.table.num_rows:
        return Judgement(collection, conformed.table)
    return judge(conformed, submissions, collection, rule_parameters())


def rule_parameters() -> dict[str, Any]:
    """What rules may name: the time, and the sets of codes that are known."""
    from pipelines.reference import codes

    moment = now()
    return {
        "now": moment,
        "today": london_date(moment),
        "last_month": month_start(month_start(london_date(moment)) - timedelta(days=1)),
        "organisation_codes": codes.organisation_codes(),
        "ambulance_codes": codes.ambulance_codes(),
        "contract_area_codes": codes.contract_area_codes(),
    }


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
        submission.verdict = _decide(submission, collection, is_refused, kept_out, rejected)
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


def _decide(
    submission: Submission,
    collection: Collection | None,
    is_refused: bool,
    quarantined: int,
    values_rejected: int,
) -> Verdict:
    """The submission's status and counts."""
    parsed, feed = submission.parsed, submission.feed
    skipped = dict(parsed.skipped) if parsed is not None else {}
    rows = len(submission)
    if submission.is_repeated:
        status = Status.DUPLICATE
    elif is_refused or (rows and quarantined == rows):
        status = Status.REJECTED
    elif quarantined or values_rejected:
        status = Status.ACCEPTED_WITH_REJECTIONS
    else:
        status = Status.ACCEPTED if rows else Status.EMPTY
    return Verdict(
        status=status,
        rows_read=rows + sum(skipped.values()),
        rows_accepted=rows - quarantined,
        rows_quarantined=quarantined,
        values_rejected=values_rejected,
        skipped_by=skipped,
        sheets=[
            {
                "sheet": sheet.sheet,
                "organisations": sheet.organisations,
                "days": sheet.days,
                "measures": list(sheet.measures),
                "skipped_rows": sheet.skipped_rows,
            }
            for sheet in (parsed.sheets if parsed is not None else [])
        ],
        contract_version=contract_version(collection, feed) if collection and feed else None,
    )
