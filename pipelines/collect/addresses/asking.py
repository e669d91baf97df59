"""What asking for slots needs of a source that is asked, and how one says no."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

from pipelines.base.errors import ConfigurationError, SitrepError, SourceUnavailable
from pipelines.registry.cadence import Cadence
from pipelines.registry.slots import Slot


class SlotRefused(SitrepError):
    """The source will not give this slot, whenever it is asked; it may give others."""


class NoAccess(SourceUnavailable):
    """The source lets nobody in, so that asking it for another slot is of no use."""


class SlotClient(Protocol):
    """An open connection to a source."""

    def ask(self, address: str, within_seconds: float) -> bytes | None:
        """What the address gives, or None where there is nothing yet.

        Raises `SlotRefused`, `NoAccess`, or `SourceUnavailable` where no try was answered.
        """


class SlotSource(Protocol):
    """A source that is asked for one slot at a time."""

    @property
    def ask_after_minutes(self) -> int:
        """Minutes after a slot's end from which on it is asked for."""

    def look_back(self, cadence: Cadence) -> timedelta:
        """How far back from now a missing slot is asked for."""

    def address_of(self, slot: Slot) -> str:
        """Where the slot is asked for."""

    def file_name_of(self, slot: Slot) -> str:
        """The name under which the slot's answer is landed."""

    def client(self) -> AbstractContextManager[SlotClient]:
        """A connection; raises `ConfigurationError` without its secret."""


def raise_for(errors: Sequence[SitrepError]) -> None:
    """Raises one error for all, which a retry can cure if it can cure one of them."""
    if not errors:
        return
    told = "\n".join(dict.fromkeys(str(error) for error in errors))
    if all(isinstance(error, ConfigurationError) for error in errors):
        raise ConfigurationError(told)
    raise SourceUnavailable(f"{told}\nWhat was answered has landed; the next run asks again.")
