"""What any source is to a feed: where it is, and which files there are the feed's.

Collecting is for the classes of `pipelines.collect.sources`, one for each kind.
"""

from abc import ABC
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pipelines.base.yamlfile import Strict
from pipelines.registry.cadence import Cadence
from pipelines.registry.registered_kinds import BUILT_WHEN_NEEDED, Kinds, Registered


class Source(Strict, ABC):
    """Where a feed comes from, as the feed configures it."""

    model_config = BUILT_WHEN_NEEDED

    shared_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that belong to the endpoint: the feeds of this kind that share one say the same."""

    if TYPE_CHECKING:
        # Each kind has them as fields of its own; `kind` has its name as the only value.
        kind: str
        endpoint: str

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The source at an endpoint that no feed names; None where that is no such endpoint."""
        return None

    @property
    def name_pattern(self) -> str:
        """Pattern of the names of the feed's files; empty, as no name is, where it is asked."""
        return ""

    @property
    def name_patterns(self) -> tuple[str, ...]:
        """Patterns of the names of the feed's files, the first among them."""
        return (self.name_pattern,)

    @property
    def sent_again(self) -> str:
        """What a provider does to send a file again, as a sentence without its full stop."""
        return f"Correct it where it is read: {self.endpoint}. It is asked for there at each slot"

    @property
    def gives_back(self) -> bool:
        """Whether answers are given back through this source."""
        return False

    def first_mistake(self, cadence: Cadence) -> str | None:
        """What of the source does not fit the collection's slots, or None."""
        return None


sources: Kinds[Source] = Kinds("source", "pipelines.collect.sources")
"""The sources that a feed may have."""

AnySource = Annotated[Source, Registered(sources)]
"""A source of any kind, in a model that is read from a file."""
