"""Reads deliveries one by one, so that whatever one does to the reader stays its own trouble."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.landing.landing import Landing, Manifest
from pipelines.parse.crash_guard import CrashGuard
from pipelines.parse.formats.file_format import file_format
from pipelines.parse.formats.refusal import Refusal
from pipelines.parse.patient_data import (
    PATIENT_DATA_CODES,
    find_forbidden_heading,
    find_nhs_numbers,
    find_patient_rows,
    recall,
    remember,
)
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection

_MOST_TOLD = 5


Drop = Callable[[Manifest], None]
"""Removes the copies of a delivery that its source still has."""


def parse_all(
    home: Path,
    name: str,
    submissions: Sequence[Submission],
    collection: Collection | None,
    drop: Drop,
) -> None:
    """Every submission that repeats no other has been read, or has a finding that says why not.

    The copies of files with patient data go: ours in landing, and with `drop` those at the source.
    """
    landing = Landing(home)
    guard = CrashGuard(home, name)
    for submission in submissions:
        if not submission.is_repeated:
            _parse_guarded(landing, submission, collection, guard, drop)
    _tell_withheld(submissions)


def _tell_withheld(submissions: Sequence[Submission]) -> None:
    """The log has one alert for all files that were refused for patient data."""
    withheld = [
        (submission.manifest, told)
        for submission in submissions
        for told in submission.findings
        if told.code in PATIENT_DATA_CODES
    ]
    if not withheld:
        return
    files = [
        f"{manifest.delivery_id} of feed {manifest.feed_id} ({told.code}: {KINDS[told.code].title})"
        for manifest, told in withheld[:_MOST_TOLD]
    ]
    if len(withheld) > _MOST_TOLD:
        files.append(f"and {len(withheld) - _MOST_TOLD:,} more")
    logging.getLogger(__name__).error(
        "%d file(s) refused and not kept: %s", len(withheld), "; ".join(files)
    )


def _parse_guarded(
    landing: Landing,
    submission: Submission,
    collection: Collection | None,
    guard: CrashGuard,
    drop: Drop,
) -> None:
    manifest, feed = submission.manifest, submission.feed
    # Who asks for it to be read again has mended the reader, or wants to see.
    if submission.reprocess_of is None and guard.is_deadly(manifest.delivery_id):
        submission.refuse(finding("FILE-011", value="the process died each time"))
        return
    is_risky = feed is not None and file_format(feed).may_kill(manifest.size_bytes)
    if is_risky:
        guard.begin(manifest.delivery_id)
    try:
        _parse(landing, submission, collection, drop)
    except Exception as error:
        logging.getLogger(__name__).exception("reading %s failed", manifest.file_name)
        # Nothing half read goes on: the file counts as not read at all.
        submission.refuse(finding("FILE-011", value=f"{type(error).__name__}: {error}"))
    finally:
        if is_risky:
            guard.end()


def _parse(
    landing: Landing, submission: Submission, collection: Collection | None, drop: Drop
) -> None:
    """Reads the submission; what stops that is among its findings."""
    manifest, feed = submission.manifest, submission.feed
    try:
        content = landing.content(manifest)
    except FileNotFoundError:
        if (why := landing.why_withheld(manifest)) is None:
            raise
        submission.refuse(recall(why))
        return
    if told := find_nhs_numbers(content, manifest.file_name):
        _withhold(landing, submission, told, drop)
        return
    if feed is None or collection is None:
        submission.refuse(finding("FILE-006", value=manifest.file_name))
        return
    try:
        parsed = file_format(feed).read(content, manifest.file_name, feed, collection)
    except Refusal as refusal:
        if told := find_patient_rows(refusal.rows):
            _withhold(landing, submission, told, drop)
        else:
            submission.refuse(refusal.finding)
        return
    unknown = [found.value or "" for found in parsed.findings if found.code == "HEAD-001"]
    if told := find_forbidden_heading(unknown):
        _withhold(landing, submission, told, drop)
        return
    submission.parsed = parsed
    submission.findings += parsed.findings
    if not len(parsed) and not parsed.nothing_expected:
        submission.findings.append(finding("FILE-009"))


def _withhold(landing: Landing, submission: Submission, told: Finding, drop: Drop) -> None:
    """The submission is refused, and no copy of its bytes that is ours to remove is left."""
    manifest = submission.manifest
    landing.withhold(manifest, remember(told))
    drop(manifest)
    submission.refuse(told)
