"""Errors of the pipeline, by what fixes them.

A retry fixes a `Retryable`; an engineer has to fix the others. A rejected
file is not an error: it is a result, and the ledger records it.
"""


class SitrepError(Exception):
    """Base of every error that this project raises on purpose."""


class ConfigurationError(SitrepError):
    """A contract, a feed file or a setting is wrong; the message names file and line."""


class UsageError(SitrepError):
    """The caller asked for something impossible: an unknown feed, a bad time."""


class CollectionFault(SitrepError):
    """One collection could not be loaded, which is our fault; its files wait."""


class ContractFault(CollectionFault):
    """A contract cannot be used as it stands, which is our fault and never the provider's."""

    def __init__(self, told: str, rule: str | None = None, place: str | None = None) -> None:
        self.rule = rule
        """Code of the rule at fault, where it is one."""
        self.place = place
        """File and line, where they are known to who raises it."""
        super().__init__(told)


def told_in_a_line(error: Exception) -> str:
    """The kind of the error, what it says, and its file and line where it has them."""
    place = getattr(error, "place", None)
    return f"{type(error).__name__}: {error}" + (f" ({place})" if place else "")


class Retryable(SitrepError):
    """Something outside this project failed; it may work the next time."""


class SourceUnavailable(Retryable):
    """A source endpoint could not be reached or listed."""


class WarehouseBusy(Retryable):
    """The warehouse lock was not free within the configured wait."""


class StateUnavailable(Retryable):
    """The Postgres, or the object store, that holds the state could not be reached."""


class LockLost(Retryable):
    """A lock was lost with its connection: what was done under it is not kept."""


class DiskFault(Retryable):
    """The disk takes no more: it is full, read-only or at its quota. No file is to blame."""
