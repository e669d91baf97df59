"""Errors of the pipeline, told apart by what cures them.

A retry cures a `Retryable`; nobody but an engineer cures the others. A rejected
file is none of these: it is a result and stands in the ledger.
"""


class SitrepError(Exception):
    """Base of every error that this project raises on purpose."""


class ConfigurationError(SitrepError):
    """A contract, a feed file or a setting is wrong; the message names file and line."""


class UsageError(SitrepError):
    """The caller asked for something that cannot be: an unknown feed, a bad time."""


class CollectionFault(SitrepError):
    """One collection could not be brought on: our fault. Its files wait, the others went on."""


class ContractFault(CollectionFault):
    """A rule of a contract could not be evaluated: our fault and never the provider's."""


class Retryable(SitrepError):
    """Something outside failed that may work the next time."""


class SourceUnavailable(Retryable):
    """A source endpoint could not be reached or listed."""


class WarehouseBusy(Retryable):
    """The warehouse lock was not free within the configured wait."""
