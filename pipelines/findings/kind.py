"""A kind of finding: what it costs, and what is said of it."""

from dataclasses import dataclass

from pipelines.registry.severity import Severity


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


def rejects_value(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs the cell alone; its row is loaded."""
    return Kind(code, Severity.REJECT_VALUE, title, message, fix)


def warns(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs nothing and asks to be looked at."""
    return Kind(code, Severity.WARN, title, message, fix)


def informs(code: str, title: str, message: str, fix: str) -> Kind:
    """A kind that costs nothing and asks for nothing."""
    return Kind(code, Severity.INFO, title, message, fix)
