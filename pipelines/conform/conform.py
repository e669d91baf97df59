"""Conforms submissions, so that whatever one of them holds stays its own trouble."""

import logging
from collections.abc import Sequence

from pipelines.conform.conformed_rows import ConformedRows, Part, conform_parts, row_schema
from pipelines.findings.finding import finding
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection


def conform_submissions(
    submissions: Sequence[Submission], collection: Collection | None
) -> ConformedRows:
    """The rows of all submissions; one that cannot be conformed at all is refused by itself."""
    if collection is None:
        return ConformedRows(row_schema(None).empty_table(), {}, {})
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
                name = submissions[part.number].manifest.file_name
                logging.getLogger(__name__).exception("conforming %s failed", name)
                told = finding("FILE-011", value=f"{type(error).__name__}: {error}")
                submissions[part.number].refuse(told)
        return conform_parts(sound, collection)
