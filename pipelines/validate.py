"""Validates deliveries: all pending submissions of a collection in one Great Expectations run."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.batch import Batch, Checked, new_batch_id
from pipelines.clock import london_date, now
from pipelines.conform import ConformedRows, conform
from pipelines.contract import SUBMISSION_NUMBER, Collection
from pipelines.crash_guard import CrashGuard
from pipelines.feed import Feed
from pipelines.findings import Finding, Severity, finding
from pipelines.formats.refusal import Refusal
from pipelines.judgement import Judgement, judge
from pipelines.landing import UNMATCHED, Landing, Manifest
from pipelines.reconcile import read_totals, reconcile
from pipelines.registry import Registry
from pipelines.rows import ParsedRows
from pipelines.staged_tables import issue_table, quarantine_table, total_table


class Submission:
    """One delivery on its way through parsing and validation."""

    def __init__(self, manifest: Manifest, feed: Feed | None, reprocess_of: str | None) -> None:
        self.manifest = manifest
        self.feed = feed
        self.reprocess_of = reprocess_of
        self.parsed: ParsedRows | None = None
        self.conformed: ConformedRows | None = None
        self.findings: list[Finding] = []
        self.totals: list[tuple[date, str, float]] = []
        self.is_duplicate = False

    @property
    def is_refused(self) -> bool:
        """Whether something costs the whole submission."""
        return any(found.severity is Severity.REJECT_SUBMISSION for found in self.findings)

    def __len__(self) -> int:
        return len(self.parsed) if self.parsed is not None else 0


def validate_deliveries(
    home: Path,
    registry: Registry,
    collection_name: str,
    deliveries: Sequence[Manifest],
    reprocess_of: Sequence[str | None] = (),
) -> Batch:
    """The deliveries as one batch: accepted rows, issues, quarantine, totals, and statuses."""
    targets = list(reprocess_of) or [None] * len(deliveries)
    submissions = [
        Submission(manifest, registry.feeds.get(manifest.feed_id), target)
        for manifest, target in zip(deliveries, targets, strict=True)
    ]
    collection = registry.collections.get(collection_name)
    _mark_repeated(submissions)
    guard = CrashGuard(home, collection_name)
    for submission in submissions:
        if not submission.is_duplicate:
            _parse_guarded(Landing(home), submission, collection, guard)
    judgement = _judge(submissions, collection)
    return _assemble(collection_name, collection, submissions, judgement)


def contract_version(collection: Collection, feed: Feed) -> str:
    """A short hash that changes when the contract or the feed does."""
    text = collection.model_dump_json() + feed.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _mark_repeated(submissions: list[Submission]) -> None:
    """Marks what stands earlier among the deliveries, so that it is not read twice.

    Whether a submission is a duplicate is decided when it is loaded.
    """
    seen: set[tuple[str, str]] = set()
    for one in submissions:
        content = (one.manifest.feed_id, one.manifest.sha256)
        one.is_duplicate = one.reprocess_of is None and content in seen
        seen.add(content)


def _parse_guarded(
    landing: Landing, submission: Submission, collection: Collection | None, guard: CrashGuard
) -> None:
    """Parses the submission so that whatever it does to the reader stays its own trouble."""
    delivery_id = submission.manifest.delivery_id
    # Who asks for it to be read again has mended the reader, or wants to see.
    if submission.reprocess_of is None and guard.is_deadly(delivery_id):
        submission.findings.append(finding("FILE-011", value="the process died each time"))
        return
    guard.begin(delivery_id)
    try:
        _parse(landing, submission, collection)
    except Exception as error:
        logging.getLogger(__name__).exception("reading %s failed", submission.manifest.file_name)
        # Nothing half read goes on: the file counts as not read at all.
        submission.parsed, submission.conformed, submission.totals = None, None, []
        told = finding("FILE-011", value=f"{type(error).__name__}: {error}")
        submission.findings = [told]
    finally:
        guard.end()


def _parse(landing: Landing, submission: Submission, collection: Collection | None) -> None:
    """Reads and conforms the submission; what stops that is among its findings."""
    manifest, feed = submission.manifest, submission.feed
    if feed is None or collection is None:
        submission.findings.append(finding("FILE-006", value=manifest.file_name))
        return
    from pipelines.formats.winter_timeseries import read

    try:
        parsed = read(landing.content(manifest.sha256), manifest.file_name, feed)
    except Refusal as refusal:
        submission.findings.append(refusal.finding)
        return
    submission.parsed = parsed
    submission.findings += parsed.findings
    if not len(parsed) and not parsed.nothing_expected:
        submission.findings.append(finding("FILE-009"))
        return
    submission.conformed = conform(parsed, collection, feed)
    totals = read_totals(parsed, collection, feed)
    submission.findings += totals.findings
    submission.findings += reconcile(totals.values, submission.conformed.table, collection)
    submission.totals = [(day, name, value) for (name, day), (value, _) in totals.values.items()]


def _judge(submissions: list[Submission], collection: Collection | None) -> Judgement:
    """What the rules say of all rows of all submissions together."""
    parts = []
    for number, submission in enumerate(submissions):
        if submission.conformed is None:
            continue
        length = submission.conformed.table.num_rows
        parts.append(
            submission.conformed.table.append_column(
                SUBMISSION_NUMBER, pa.array(np.full(length, number, dtype=np.int32))
            ).append_column("carried", pa.array(submission.conformed.carried))
        )
    if collection is None or not parts:
        return Judgement.of_nothing(collection)
    parameters = {"today": london_date(now()), "organisation_codes": _organisation_codes()}
    return judge(pa.concat_tables(parts), submissions, collection, parameters)


def _organisation_codes() -> list[str]:
    from warehouse.reference.load import organisation_codes

    return sorted(organisation_codes())


def _assemble(
    name: str,
    collection: Collection | None,
    submissions: list[Submission],
    judgement: Judgement,
) -> Batch:
    issues: list[tuple[int, Finding]] = []
    checked: list[Checked] = []
    for number, submission in enumerate(submissions):
        own = submission.findings + judgement.findings.get(number, [])
        issues += [(number, found) for found in own]
        checked.append(_check(number, name, collection, submission, judgement))
    refused = {one.number for one in checked if one.status == "rejected"}
    totals = [
        (number, day, measure, value)
        for number, submission in enumerate(submissions)
        if number not in refused
        for day, measure, value in submission.totals
    ]
    tables = {
        "rows": judgement.accepted(refused),
        "issues": issue_table(issues),
        "quarantine": quarantine_table(judgement.quarantine(submissions, refused)),
        "totals": total_table(totals),
    }
    return Batch(new_batch_id(), name, checked, tables)


def _check(
    number: int,
    name: str,
    collection: Collection | None,
    submission: Submission,
    judgement: Judgement,
) -> Checked:
    """The submission's status and counts: read = accepted + quarantined + skipped."""
    parsed, feed = submission.parsed, submission.feed
    skipped = dict(parsed.skipped) if parsed is not None else {}
    rows = len(submission)
    refused = submission.is_refused or judgement.refuses(number)
    quarantined = rows if refused else judgement.quarantined_count(number)
    if submission.is_duplicate:
        status = "duplicate"
    elif refused or (rows and quarantined == rows):
        status = "rejected"
    elif quarantined:
        status = "accepted_with_rejections"
    else:
        status = "accepted" if rows else "empty"
    return Checked(
        manifest=submission.manifest,
        number=number,
        collection=None if name == UNMATCHED else name,
        stage=feed.stage if feed else None,
        status=status,
        rows_read=rows + sum(skipped.values()),
        rows_accepted=rows - quarantined,
        rows_quarantined=quarantined,
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
        reprocess_of=submission.reprocess_of,
    )
