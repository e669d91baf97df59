"""Conforms submissions, so that whatever one of them holds stays its own trouble."""

from collections.abc import Sequence

from pipelines.conform.arrow_figures import ArrowFigures
from pipelines.conform.conformed_rows import ConformedRows, conform_parts, row_schema
from pipelines.conform.fault_refusal import refuse_for_fault
from pipelines.conform.reconcile import compare_totals
from pipelines.conform.typed_columns import Part
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection


def conform_submissions(
    submissions: Sequence[Submission], collection: Collection | None
) -> ConformedRows:
    """The rows of all submissions, each compared with the national figures of its own file.

    One that cannot be conformed or compared at all is refused by itself, and has no rows there.
    """
    if collection is None:
        return ConformedRows(row_schema(None).empty_table(), {}, {})
    conformed = _conform(submissions, collection)
    if _reconcile(submissions, conformed, collection):
        return _conform(submissions, collection)
    return conformed


def _conform(submissions: Sequence[Submission], collection: Collection) -> ConformedRows:
    """The rows of all that could be read; one that cannot be conformed is refused."""
    parts = [
        Part(number, submission.parsed, submission.feed)
        for number, submission in enumerate(submissions)
        if submission.parsed is not None and submission.feed is not None and len(submission)
    ]
    try:
        return conform_parts(parts, collection)
    except Exception:
        sound = []
        for part in parts:
            try:
                conform_parts([part], collection)
                sound.append(part)
            except Exception as error:
                refuse_for_fault(submissions[part.number], "conforming", error)
        return conform_parts(sound, collection)


def _reconcile(
    submissions: Sequence[Submission], conformed: ConformedRows, collection: Collection
) -> bool:
    """What files say of the nation is read, and compared with their own organisations.

    Whether one of them was refused because that could not be done: a fault of ours.
    """
    is_any_refused = False
    for number, start in conformed.starts.items():
        try:
            _reconcile_one(submissions[number], conformed, start, collection)
        except Exception as error:
            refuse_for_fault(submissions[number], "reconciling", error)
            is_any_refused = True
    return is_any_refused


def _reconcile_one(
    submission: Submission, conformed: ConformedRows, start: int, collection: Collection
) -> None:
    parsed = submission.parsed
    if parsed is None or not parsed.totals:
        return
    rows = conformed.table.slice(start, len(parsed))
    compare_totals(submission, ArrowFigures(rows, collection), collection)
