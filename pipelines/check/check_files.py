"""Checks files of one feed together: what would be accepted, and what is wrong."""

from collections.abc import Collection as Several
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from pipelines.base.clock import now
from pipelines.base.nhs_numbers import mask_nhs_numbers
from pipelines.check.checked import Checked, CheckedFile, Levels
from pipelines.check.given_files import GivenFile, JudgedFile, cells_of, headings_of
from pipelines.check.headings_checked import check_headings, columns_lacking
from pipelines.check.light import judge_light
from pipelines.check.patient_places import patient_places
from pipelines.check.recent_levels import NONE_MADE, compare_levels
from pipelines.findings.finding import finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.findings.not_kept import PATIENT_DATA_CODES, UNSEEN, WITHHELD_CODES
from pipelines.findings.status import Status
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

VERDICTS = {
    Status.ACCEPTED: "Would be accepted. Every row would be loaded.",
    Status.ACCEPTED_WITH_REJECTIONS: "Would be accepted in part. What would be kept out is below.",
    Status.REJECTED: "Would be rejected. Nothing would be loaded; the reason is below.",
    Status.EMPTY: "Nothing to load. The file holds nothing for this collection.",
    Status.DUPLICATE: "A duplicate. A file before it has the same bytes; nothing would change.",
}
"""What each status means to who checks a file."""

_PATIENT = (
    "Would be rejected: it holds data about patients. Nothing of its content is shown or kept."
)
_UNSEEN = (
    "Would be rejected: it cannot be looked through, so it may hold anything. Nothing of its "
    "content is shown or kept."
)
_NEEDS_THE_WHOLE = (
    "Nothing was compared: a publication is read by the whole package only "
    "(pip install 'uec-feeds[airflow]')."
)
_LINE = {"row_number": "row", "column_letter": "column"}
"""Columns of the issues that an answer calls otherwise."""


def check_files(
    registry: Registry,
    feed: Feed,
    files: Sequence[GivenFile],
    *,
    rows: int = 5,
    publication: Path | None = None,
    organisations: Several[str] | None = None,
    is_full: bool = False,
) -> Checked:
    """What the files would become, one after the other as they would count; nothing is kept.

    `rows` of each are told cell by cell. `publication` is the file that values are compared with;
    only those of `organisations`, where they are given. `is_full` has the rules judged by Great
    Expectations, as the centre does; else in plain Python, which says the same sooner.
    """
    contract = registry.collection(feed.collection)
    judged = _judge(registry, feed, files, is_full)
    told = [_check(one, judged, contract, rows) for one in judged]
    _tell_revised(judged, told, contract)
    levels = Levels(NONE_MADE)
    if publication is not None:
        try:
            levels = compare_levels(_accepted(judged), contract, feed, publication, organisations)
        except ModuleNotFoundError:
            levels = Levels(_NEEDS_THE_WHOLE)
    return Checked(
        feed=feed.feed_id,
        feed_title=feed.title,
        collection=contract.collection,
        collection_title=contract.title,
        row=contract.row,
        stage=feed.stage,
        checked_at=now(),
        files=told,
        levels=levels,
    )


def _judge(
    registry: Registry, feed: Feed, files: Sequence[GivenFile], is_full: bool
) -> Sequence[JudgedFile]:
    if not is_full:
        return judge_light(registry, feed, files)
    from pipelines.check.road import judge_files

    return judge_files(registry, feed, files, "check", by_engine=True)


def _check(
    judged: JudgedFile, of: Sequence[JudgedFile], contract: Collection, rows: int
) -> CheckedFile:
    submission, given = judged.submission, judged.given
    feed, verdict = submission.feed, submission.verdict
    assert feed is not None and verdict is not None
    lines = list(_lines(judged, of))
    codes = {line["code"] for line in lines}
    is_withheld = _is_withheld(codes)
    if is_withheld:
        lines = [_without_content(line) for line in lines]
        lines = [each for line in lines for each in _with_places(line, given)]
    headings = [] if is_withheld else list(check_headings(feed, headings_of(judged, contract)))
    return CheckedFile(
        feed=feed.feed_id,
        file_name=mask_nhs_numbers(given.name),
        size_bytes=given.size_bytes,
        sha256=submission.manifest.sha256,
        status=verdict.status.value,
        verdict=_verdict(verdict.status, codes),
        rows={
            "read": verdict.rows_read,
            "accepted": verdict.rows_accepted,
            "quarantined": verdict.rows_quarantined,
            "skipped": sum(verdict.skipped_by.values()),
            "values_rejected": verdict.values_rejected,
            "skipped_by": dict(verdict.skipped_by),
        },
        lines=lines,
        sheets=() if is_withheld else verdict.sheets,
        headings=headings,
        cells=() if is_withheld else list(cells_of(judged, contract, rows)),
        lacking=columns_lacking(headings) if judged.parsed is not None else (),
        remarks=[*_remarks(judged, feed), *_left_to_the_centre(judged)],
        has_patient_data=is_withheld,
    )


def _verdict(status: Status, codes: Several[str]) -> str:
    if UNSEEN in codes:
        return _UNSEEN
    return _PATIENT if _is_withheld(codes) else VERDICTS[status]


def _is_withheld(codes: Several[str]) -> bool:
    return any(code in codes for code in WITHHELD_CODES)


def _without_content(line: dict[str, Any]) -> dict[str, Any]:
    """The line of a file that may hold data about patients: its place, and no word of a cell."""
    is_own = line["code"] in WITHHELD_CODES
    message = line["message"] if is_own else f"{KINDS[line['code']].title}."
    return {**line, "message": message, "value": None}


def _with_places(line: dict[str, Any], given: GivenFile) -> list[dict[str, Any]]:
    """The line once for each of the first places where a number of a patient stands."""
    if line["code"] != PATIENT_DATA_CODES[0] or given.content is None or line["row"]:
        return [line]
    return [
        {**line, "sheet": at.sheet, "row": at.row, "column": at.column_letter}
        for at in patient_places(given.content)
    ] or [line]


def _lines(judged: JudgedFile, of: Sequence[JudgedFile]) -> Iterator[dict[str, Any]]:
    """The findings with the keys of an answer's lines."""
    for row in judged.issues():
        del row["submission_number"]
        yield {_LINE.get(name, name): value for name, value in row.items()}
    if judged.submission.verdict and judged.submission.verdict.status is Status.DUPLICATE:
        sha256 = judged.submission.manifest.sha256
        first = next(one for one in of if one.submission.manifest.sha256 == sha256)
        told = finding("FILE-008", value=first.given.name)
        yield {
            "line": 1,
            "code": told.code,
            "severity": told.severity.value,
            "message": told.message,
            "fix": told.fix,
        }


def _remarks(judged: JudgedFile, feed: Feed) -> Iterator[str]:
    """What the file's name tells."""
    name = judged.given.name
    if not feed.accepts_files:
        yield f"The feed is {feed.stage}: no file is taken for it."
    if feed.pattern and not feed.matches(name):
        yield (
            f"The name '{mask_nhs_numbers(name)}' does not fit the feed's pattern "
            f"'{feed.pattern}': its source would not take it."
        )
    if feed.file_time is not None:
        made = f"{judged.submission.said_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        yield f"Made at {made} UTC, as its name tells; without a time there, when it came."


def _left_to_the_centre(judged: JudgedFile) -> Iterator[str]:
    """The rules that nothing here judges."""
    codes = judged.at_the_centre
    if codes:
        rules = "Rule" if len(codes) == 1 else "Rules"
        is_are = "is" if len(codes) == 1 else "are"
        yield f"{rules} {', '.join(codes)} {is_are} judged at the centre only, and not here."


def _accepted(judged: Sequence[JudgedFile]) -> list[dict[str, Any]]:
    """The accepted rows of all files."""
    return [row for one in judged for row in one.accepted()]


def _tell_revised(
    judged: Sequence[JudgedFile], told: list[CheckedFile], contract: Collection
) -> None:
    """A later file that revises, or repeats, rows of an earlier one says so."""
    if len(judged) < 2:
        return
    measures = [column.name for column in contract.measures]
    held: dict[tuple[Any, ...], tuple[str, list[Any]]] = {}
    for at, one in enumerate(judged):
        own = one.accepted()
        counts: dict[tuple[str, bool], int] = {}
        for row in own:
            key = tuple(row[name] for name in contract.key)
            carried = row["carried"]
            values = [
                row[name] if carried >> bit & 1 else None for bit, name in enumerate(measures)
            ]
            if key in held:
                name, earlier = held[key]
                is_carried = [carried >> bit & 1 for bit in range(len(measures))]
                values = [
                    new if bit else old
                    for new, old, bit in zip(values, earlier, is_carried, strict=True)
                ]
                kind = (name, values != earlier)
                counts[kind] = counts.get(kind, 0) + 1
            held[key] = (told[at].file_name, values)
        remarks = [
            f"{count:,} {'row' if count == 1 else 'rows'} "
            + (f"would revise values of {name}." if is_other else f"would be as in {name}.")
            for (name, is_other), count in counts.items()
        ]
        if remarks:
            told[at] = replace(told[at], remarks=[*told[at].remarks, *remarks])
