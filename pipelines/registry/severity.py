"""How much something costs that is wrong with a submission."""

from enum import StrEnum


class Severity(StrEnum):
    """What a finding costs: the submission, a row, a value, or nothing."""

    REJECT_SUBMISSION = "reject_submission"
    REJECT_ROW = "reject_row"
    REJECT_VALUE = "reject_value"
    """The cell counts as not sent, so that the value held stays; its row is loaded."""
    WARN = "warn"
    INFO = "info"


COSTS_OF_RULES = (
    Severity.REJECT_SUBMISSION,
    Severity.REJECT_ROW,
    Severity.REJECT_VALUE,
    Severity.WARN,
)
"""What the failure of a contract's rule may cost."""
