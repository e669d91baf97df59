"""What trying a source step by step finds, in words for whoever set it up."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is tried, in this order; the first that fails is the last."""

    CONNECTION = "connection"
    """The connection is known and has all that the kind needs."""
    NAME = "name"
    """The host's name has an address."""
    CONNECT = "connect"
    """Something answers there, and is who it should be."""
    SIGN_IN = "sign in"
    LIST = "list"
    READ = "read one"
    PUT_AWAY = "put away"
    """What has landed can be moved or deleted, where the feed's file says so."""
    ANSWER = "answer"
    """Answers can be given back, where the feed's file says how."""


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """One step that was tried."""

    step: Step
    is_fine: bool
    told: str
    """What was found; where it is not fine, what is likely wrong and what to do."""
