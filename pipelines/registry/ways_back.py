"""Which sources answers are given back through, as the registry stands now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.source import Source

_OF_ONE_FEED = {"pattern", "other_patterns"}
"""Fields of a source that say which files are the feed's, and nothing of how answers go back."""


@dataclass(frozen=True)
class WayBack:
    """One source that gives answers back, for all feeds that say the same of it."""

    source: Source
    feed_ids: tuple[str, ...]
    collections: frozenset[str]
    takes_unmatched: bool
    """Whether answers to files that no feed expects go there too: it is the endpoint's only way."""

    @property
    def endpoint(self) -> str:
        """The endpoint of the source."""
        return self.source.endpoint


def ways_back(registry: Registry) -> list[WayBack]:
    """Each way by which answers are given back, in the order of the feeds."""
    feeds = [feed for feed in registry.feeds.values() if feed.source.gives_back]
    if not feeds:
        return []
    alike: dict[str, list[Feed]] = {}
    for feed in feeds:
        alike.setdefault(_way_of(feed.source), []).append(feed)
    at_endpoint: dict[str, set[str]] = {}
    for feed in registry.feeds.values():
        at_endpoint.setdefault(feed.source.endpoint, set()).add(_way_of(feed.source))
    return [
        WayBack(
            own[0].source,
            tuple(feed.feed_id for feed in own),
            frozenset(feed.collection for feed in own),
            len(at_endpoint[own[0].source.endpoint]) == 1,
        )
        for own in alike.values()
    ]


Owner = tuple[str, str | None]
"""To whom an answer is owed: a feed; of a file that no feed expects, the endpoint too."""


def without_way_back(
    registry: Registry, ways: Sequence[WayBack], owed: Iterable[Owner]
) -> list[Owner]:
    """Those of the owners to whom no way leads back any more.

    A feed whose file is broken keeps what it is owed, and so does each that is not known while the
    folder of feeds cannot be read.
    """
    is_blind = not registry.feeds or any(
        one.feed_id is None and one.collection is None for one in registry.problems
    )
    answered = {feed_id for way in ways for feed_id in way.feed_ids}
    unmatched_at = {way.endpoint for way in ways if way.takes_unmatched}
    lost = []
    for feed_id, endpoint in owed:
        if endpoint is not None:
            has_way = endpoint in unmatched_at or is_blind or bool(registry.problems)
        else:
            is_broken = feed_id not in registry.feeds and (
                is_blind or bool(registry.problems_of(feed_id))
            )
            has_way = feed_id in answered or is_broken
        if not has_way:
            lost.append((feed_id, endpoint))
    return lost


def _way_of(source: Source) -> str:
    """What two sources have in common where an answer goes the same way through both."""
    return source.model_dump_json(exclude=_OF_ONE_FEED)
