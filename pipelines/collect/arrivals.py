"""What has just arrived, by collection: files in source folders, and posts that have landed.

It only wakes: a run takes what the sources and the inbox hold, whatever was told here. What is not
seen here (a store over a network, an event that gets lost) comes with the next run by the clock.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pipelines.base.errors import StateUnavailable
from pipelines.base.state.documents import kept_state
from pipelines.collect.collected_source import sources_at
from pipelines.collect.listed_files import Listed
from pipelines.registry.feeds_by_name import FeedsByName
from pipelines.registry.registry import Registry, load_registry

_ARRIVED = "arrived"
_REGISTRY_SECONDS = 5.0


def note_arrived(home: Path, collections: Iterable[str]) -> None:
    """Whoever looks for arrivals finds that something of these collections has landed."""
    moment = str(time.time_ns()).encode()
    for name in collections:
        with suppress(OSError, StateUnavailable):
            kept_state(home).note(home / _ARRIVED / name, moment)


def is_waiting_at_sources(home: Path, registry: Registry, since: float) -> bool:
    """Whether a file lies whole in a source's folder that came there since (Unix time).

    What is held while a feed's file is broken has landed already.
    """
    return any(
        not (file.why_not or file.taken_by) and _came_at(file) >= since
        for endpoint in _endpoints(registry)
        for source in sources_at(registry, endpoint)
        for file in source.arrived(home)
    )


class ArrivalWatch:
    """Looks at the folders of one home, again and again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._registry: Registry | None = None
        self._read_at = 0.0
        self._files: dict[tuple[str, str], frozenset[Listed]] = {}
        self._noted: dict[str, object] = {}

    def look(self) -> set[str]:
        """The collections of which something is there that was not there at the look before.

        At the first look that is everything. A folder that cannot be read has nothing.
        """
        registry = self._known()
        arrived = {one for one in self._newly_noted() if registry.knows(one)}
        for endpoint in _endpoints(registry):
            arrived.update(self._new_at(registry, endpoint))
        return arrived

    def _known(self) -> Registry:
        """The registry, read again every few seconds."""
        if self._registry is None or time.monotonic() - self._read_at > _REGISTRY_SECONDS:
            self._registry, self._read_at = load_registry(), time.monotonic()
        return self._registry

    def _new_at(self, registry: Registry, endpoint: str) -> Iterator[str]:
        """The collections that expect a file there which was not there at the look before."""
        feeds = registry.feeds_at(endpoint)
        by_name = FeedsByName(feeds)
        for source in sources_at(registry, endpoint):
            here = frozenset(one for one in source.arrived(self._home) if not one.why_not)
            known = self._files.get((endpoint, source.kind), frozenset())
            self._files[endpoint, source.kind] = here
            for file in here - known:
                near = by_name.near(file.name)
                wanted = {feed.collection for feed in near if feed.matches(file.name)}
                # What no feed expects is answered as such, by whichever run takes it.
                yield from wanted or {feed.collection for feed in feeds[:1]}

    def _newly_noted(self) -> Iterator[str]:
        """The collections that were noted since the look before."""
        try:
            noted = kept_state(self._home).stamps(self._home / _ARRIVED)
        except (OSError, StateUnavailable):
            return
        for path, stamp in noted.items():
            if self._noted.get(path.name) != stamp:
                self._noted[path.name] = stamp
                yield path.name


def _endpoints(registry: Registry) -> list[str]:
    """The endpoints of all collections, by name."""
    return sorted({one for name in registry.collections for one in registry.endpoints_of(name)})


def _came_at(file: Listed) -> float:
    """When the file got its name in the folder, however old it is (Unix time)."""
    try:
        return Path(file.key).lstat().st_ctime
    except OSError:
        return 0.0
