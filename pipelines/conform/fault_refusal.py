"""A submission that our reader fails at is refused by itself."""

import logging

from pipelines.findings.finding import finding
from pipelines.parse.submission import Submission


def refuse_for_fault(submission: Submission, what: str, error: Exception) -> None:
    """The submission has no rows any more, for a fault of ours; to be called while it is handled.

    The log has its trace.
    """
    logging.getLogger(__name__).exception("%s %s failed", what, submission.manifest.file_name)
    submission.refuse(finding("FILE-011", value=f"{type(error).__name__}: {error}"))
