"""What a monitor is: the kinds of finding that it gives, and how it looks for them.

A monitor looks at each collection by itself, so that a collection at which it fails costs no other,
or at all of them at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from pipelines.registry.contract import Collection
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind

TOLD_FOR = timedelta(days=1)
"""How long an event is told: long enough to be read, and gone when it stays away."""


@dataclass(frozen=True)
class Check:
    """One question that a look asks: of which kinds, of which collection (None: all), and how."""

    kinds: tuple[WatchKind, ...]
    collection: str | None
    run: Callable[[], Iterable[WatchFinding]]

    @property
    def name(self) -> str:
        """The codes that it looks for, and where."""
        codes = ", ".join(sorted(kind.code for kind in self.kinds))
        return f"{codes} of {self.collection or 'all collections'}"

    def looks_for(self, finding: WatchFinding) -> bool:
        """Whether it would find that again."""
        codes = {kind.code for kind in self.kinds}
        return finding.code in codes and self.collection in (None, finding.collection)


@dataclass(frozen=True)
class Monitor(ABC):
    """What one module of `pipelines.watch.monitors` looks for."""

    kinds: tuple[WatchKind, ...]

    @abstractmethod
    def checks(self, scene: Scene) -> Iterator[Check]:
        """What it asks of the scene."""


@dataclass(frozen=True)
class PerCollection(Monitor):
    """A monitor that looks at each collection by itself."""

    look: Callable[[Scene, Collection], Iterable[WatchFinding]]
    has_months: bool = False
    """Whether it looks at monthly collections: a month has no rhythm of hours and weekdays."""

    def checks(self, scene: Scene) -> Iterator[Check]:
        """One question for each collection."""
        for name, collection in scene.registry.collections.items():
            if collection.cadence.is_monthly and not self.has_months:
                continue
            yield Check(self.kinds, name, partial(self.look, scene, collection))


@dataclass(frozen=True)
class AcrossCollections(Monitor):
    """A monitor that looks at all collections at once."""

    look: Callable[[Scene], Iterable[WatchFinding]]

    def checks(self, scene: Scene) -> Iterator[Check]:
        """One question."""
        yield Check(self.kinds, None, partial(self.look, scene))
