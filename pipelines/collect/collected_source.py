"""What every kind of source can do: be collected from, and lose what must not be kept.

A kind is one class of `pipelines.collect.sources`, registered with `@sources.register`. Stores of
files are a `FileStore`; what is asked slot by slot stands beside them.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import SitrepError, UsageError
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.source import Source, sources

if TYPE_CHECKING:
    from pipelines.collect.checks import SourceCheck
    from pipelines.collect.listed_files import Listed
    from pipelines.collect.owed_answers import OwedDocument
    from pipelines.landing.landing import Manifest


class CopiesStay(SitrepError):
    """A source keeps copies that it must not keep, and never will let them be removed by us."""

    def __init__(self, told: str, delivery_ids: Sequence[str]) -> None:
        self.delivery_ids = frozenset(delivery_ids)
        super().__init__(told)


class CollectedSource(Source):
    """A source that files are collected from."""

    @abstractmethod
    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """What is new at the endpoint has landed for the feeds that expect it; its number.

        `feeds` are those that accept files and have a source of this kind there. Raises
        `SourceUnavailable` where the endpoint cannot be listed or asked.
        """

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """The source has no copy any more of the deliveries, which must not be kept; how many.

        Raises `CopiesStay` for those that came from a source that can only be read.
        """
        return 0

    def give_back(
        self, home: Path, owed: Sequence["OwedDocument"]
    ) -> "Iterator[tuple[OwedDocument, str]]":
        """Each answer or letter as it was given, and why it could not be; empty where it was.

        One that was given before may be given again, under the same name. Raises
        `SourceUnavailable` where no more can be given just now.
        """
        return iter(())

    def check(self, home: Path) -> "Iterator[SourceCheck]":
        """The source is tried step by step, and nothing of it is changed or taken.

        Ends after the first step that fails; raises nothing for what the source or its connection
        does.
        """
        return iter(())

    @property
    def takes_files(self) -> bool:
        """Whether a provider can be simulated that puts files there."""
        return False

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """A file of that name is there, whole from its first moment, as if sent at that time."""
        raise UsageError(f"No file can be put into a source '{self.kind}'.")

    def arrived(self, home: Path) -> "Sequence[Listed]":
        """The files that wait there whole, where to look costs next to nothing.

        None of a source over a network: its runs ask it.
        """
        return ()

    def waiting_names(self, home: Path) -> set[str]:
        """The names of files that stand at the endpoint and are not collected."""
        return set()


def sources_at(registry: Registry, endpoint: str) -> list[CollectedSource]:
    """The source of each kind that is at the endpoint, whether a feed names it or not."""
    named = {
        type(feed.source): feed.source
        for feed in registry.feeds.values()
        if feed.source.endpoint == endpoint
    }
    unnamed = () if named else (cls.at(endpoint) for cls in sources.all().values())
    return [_as_collected(one) for one in (*named.values(), *unnamed) if one is not None]


def all_sources(registry: Registry) -> list[CollectedSource]:
    """One source of each kind for every endpoint that a feed names."""
    endpoints = dict.fromkeys(feed.source.endpoint for feed in registry.feeds.values())
    return [source for endpoint in endpoints for source in sources_at(registry, endpoint)]


def _as_collected(source: Source) -> CollectedSource:
    if not isinstance(source, CollectedSource):
        raise TypeError(f"source '{source.kind}': its class is no CollectedSource")
    return source
