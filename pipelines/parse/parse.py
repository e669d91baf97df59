"""Reads deliveries one by one, so that whatever one does to the reader stays its own trouble."""

import logging
import sys
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.nhs_numbers import mask_nhs_numbers
from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.findings.not_kept import UNSEEN, WITHHELD_CODES
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import DamagedObject, Landing, Manifest
from pipelines.landing.withheld_notes import findings_in, note_from
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.file_format import file_format
from pipelines.parse.patient_data import (
    find_forbidden_heading,
    find_nhs_numbers,
    find_patient_rows,
    find_read_numbers,
)
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection

_MOST_TOLD = 5


class Read(NamedTuple):
    """What became of submissions that were to be read."""

    number: int
    """How many of them were, the first ones."""
    withheld: list[Submission]
    """Those with patient data: landing has no copy of their bytes; others are the caller's to
    remove."""


def parse_all(
    landing: Landing,
    submissions: Sequence[Submission],
    collection: Collection | None,
    guard: CrashGuard,
    most_cells: int = sys.maxsize,
) -> Read:
    """Every submission has been read, or has a finding or a damage that says why not.

    Takes the bytes from landing; one that repeats another of them is not read. No further one is
    read once those before it have `most_cells` cells.
    """
    _mark_repeated(submissions)
    number = cells = 0
    for submission in submissions:
        if cells >= most_cells:
            break
        number += 1
        if not submission.is_repeated:
            _parse_guarded(landing, submission, collection, guard)
        if submission.parsed is not None:
            cells += len(submission) * len(submission.parsed.texts)
    read = submissions[:number]
    withheld = {
        one.manifest.sha256: told
        for one in read
        for told in one.findings
        if told.code in WITHHELD_CODES
    }
    refused = [one for one in read if one.manifest.sha256 in withheld]
    if refused:
        _alert([(one.manifest, withheld[one.manifest.sha256]) for one in refused])
    return Read(number, refused)


def _mark_repeated(submissions: Sequence[Submission]) -> None:
    """Marks what stands earlier among the deliveries, so that it is not read twice.

    Validating calls it a duplicate. What repeats the ledger is found when it is loaded.
    """
    seen: set[tuple[str, str]] = set()
    for one in submissions:
        content = (one.manifest.feed_id, one.manifest.sha256)
        one.is_repeated = one.reprocess_of is None and content in seen
        seen.add(content)


def _alert(withheld: Sequence[tuple[Manifest, Finding]]) -> None:
    """The log has one alert for all files that were refused for patient data."""
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
) -> None:
    manifest, feed = submission.manifest, submission.feed
    # Who asks for it to be read again has mended the reader, or wants to see.
    if submission.reprocess_of is None and guard.is_deadly(manifest.delivery_id):
        submission.refuse(finding("FILE-011", value="the process died each time"))
        return
    is_risky = feed is not None and file_format(feed).may_kill(manifest.size_bytes)
    try:
        if is_risky:
            guard.begin(manifest.delivery_id)
        _parse(landing, submission, collection)
    except DamagedObject as damage:
        logging.getLogger(__name__).error("%s", damage)
        submission.damage = str(damage)
    except ModuleNotFoundError:
        # What is not installed says nothing about the file.
        raise
    except Exception as error:
        # A disk that takes no more says nothing about the file.
        raise_disk_fault(error)
        trace = mask_nhs_numbers(traceback.format_exc())
        logging.getLogger(__name__).error("reading %s failed\n%s", manifest.file_name, trace)
        # Nothing half read goes on: the file counts as not read at all.
        submission.refuse(finding("FILE-011", value=f"{type(error).__name__}: {error}"))
    finally:
        if is_risky:
            guard.end()


def _parse(landing: Landing, submission: Submission, collection: Collection | None) -> None:
    """Reads the submission; what stops that is among its findings."""
    manifest, feed = submission.manifest, submission.feed
    try:
        content = landing.content(manifest)
    except FileNotFoundError:
        if (why := landing.why_withheld(manifest)) is None:
            raise
        submission.refuse(*findings_in(why))
        return
    if told := find_nhs_numbers(content, manifest.file_name):
        others = _why_unreadable(submission, content, collection) if told.code == UNSEEN else []
        _withhold(landing, submission, told, *others)
        return
    if feed is None or collection is None:
        submission.refuse(finding("FILE-006", value=manifest.file_name))
        return
    try:
        parsed = file_format(feed).read(content, manifest.file_name, feed, collection)
    except Refusal as refusal:
        if told := find_patient_rows(refusal.rows):
            _withhold(landing, submission, told)
        else:
            submission.refuse(refusal.finding)
        return
    unknown = [found.value or "" for found in parsed.findings if found.code == "HEAD-001"]
    if told := find_forbidden_heading(unknown) or find_read_numbers(parsed):
        _withhold(landing, submission, told)
        return
    submission.parsed = parsed
    submission.findings += parsed.findings
    if submission.lacks_file_time and not parsed.nothing_expected:
        submission.findings.append(finding("SLOT-004", value=manifest.file_name))
    if not len(parsed) and not parsed.nothing_expected:
        submission.findings.append(finding("FILE-009"))


def _why_unreadable(
    submission: Submission, content: bytes, collection: Collection | None
) -> list[Finding]:
    """What the reader says of a file that could not be looked through; nothing where it reads it.

    For it says best what is wrong: a password, or where the file is damaged.
    """
    if submission.feed is None or collection is None:
        return []
    name = submission.manifest.file_name
    try:
        file_format(submission.feed).read(content, name, submission.feed, collection)
    except Refusal as refusal:
        return [refusal.finding]
    except Exception as error:
        logging.getLogger(__name__).error("reading %s failed: %s", name, type(error).__name__)
    return []


def _withhold(landing: Landing, submission: Submission, *told: Finding) -> None:
    """The submission is refused, and landing has no copy of its bytes any more."""
    landing.withhold(submission.manifest, note_from(told))
    submission.refuse(*told)
