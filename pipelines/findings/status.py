"""The terminal statuses of a submission, of which each has exactly one."""

from enum import StrEnum


class Status(StrEnum):
    """What became of a submission."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_REJECTIONS = "accepted_with_rejections"
    REJECTED = "rejected"
    EMPTY = "empty"
    DUPLICATE = "duplicate"
