"""A kind of finding: what it costs, and what is said of it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding costs: the submission, a row, or nothing."""

    REJECT_SUBMISSION = "reject_submission"
    REJECT_ROW = "reject_row"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True)
class Kind:
    """A kind of finding that the machinery knows; `message` names what `finding` fills in."""

    code: str
    severity: Severity
    title: str
    message: str
    fix: str


def rejects_submission(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs the whole submission."""
    return Kind(code, Severity.REJECT_SUBMISSION, title, message, fix)


def rejects_row(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs its row."""
    return Kind(code, Severity.REJECT_ROW, title, message, fix)


def warns(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs nothing and asks to be looked at."""
    return Kind(code, Severity.WARN, title, message, fix)


def informs(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs nothing and asks for nothing."""
    return Kind(code, Severity.INFO, title, message, fix)
