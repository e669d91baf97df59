"""How the endpoints of the feeds stand: reached or not, what waits there, what they are owed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.base.errors import SitrepError, UsageError, told_in_a_line
from pipelines.base.likely import did_you_mean
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from pipelines.collect.collected_source import CollectedSource
    from pipelines.collect.reach import Reach
    from warehouse.ledger.answers_owed import OwedTo

_LOOK_WAIT_SECONDS = 5.0
"""A look does not wait for a run that collects from the endpoint."""


@dataclass
class EndpointReport:
    """One endpoint, as `sitrep sources` shows it."""

    endpoint: str
    kinds: Sequence[str]
    feeds: Sequence[str]
    is_collected: bool
    """Whether any feed there accepts files."""
    reach: "Reach"
    waiting: int | None = None
    """Files that stand there; None where nobody looked, or it is asked slot by slot."""
    not_looked: str = ""
    """Why nobody could look."""
    owed: list["OwedTo"] = field(default_factory=list)

    @property
    def state(self) -> str:
        """In two words whether it can be collected from."""
        if not self.is_collected:
            return "switched off"
        if self.reach.failing_since is not None:
            return "failing"
        return "not yet" if self.reach.succeeded_at is None else "fine"

    @property
    def owed_count(self) -> int:
        """Answers that are to be given back there."""
        return sum(one.count for one in self.owed)

    @property
    def owed_since(self) -> datetime | None:
        """When the oldest of them was written."""
        return min((one.since for one in self.owed), default=None)

    def as_row(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "endpoint": self.endpoint,
            "kind": ", ".join(self.kinds),
            "feeds": list(self.feeds),
            "state": self.state,
            "last_success": tell_instant(self.reach.succeeded_at),
            "last_failure": tell_instant(self.reach.failed_at),
            "failing_since": tell_instant(self.reach.failing_since),
            "why": self.reach.why,
            "waiting": self.waiting,
            "not_looked": self.not_looked,
            "owed": self.owed_count,
            "owed_since": tell_instant(self.owed_since),
            "owed_told": next((one.last_told for one in self.owed if one.last_told), None),
        }


def tell_instant(moment: datetime | None) -> str | None:
    """The instant in UTC, to the second."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def report_endpoints(
    registry: Registry, home: Path, owed: Sequence["OwedTo"]
) -> list[EndpointReport]:
    """Each endpoint that a feed names, by name; what is owed to feeds that are broken comes last.

    No endpoint is asked.
    """
    from pipelines.collect.reach import Reach, reach_of

    found: dict[str, EndpointReport] = {}
    for feed in registry.feeds.values():
        name = feed.source.endpoint
        if name not in found:
            found[name] = EndpointReport(name, [], [], False, reach_of(home, name))
        report = found[name]
        report.feeds = [*report.feeds, feed.feed_id]
        report.kinds = sorted({*report.kinds, feed.source.kind})
        report.is_collected = report.is_collected or feed.accepts_files
    ordered = dict(sorted(found.items()))
    for one in owed:
        own = registry.feeds.get(one.feed_id)
        name = one.endpoint or (own.source.endpoint if own else f"(of {one.feed_id})")
        if name not in ordered:
            ordered[name] = EndpointReport(name, ["?"], [one.feed_id], False, Reach(name))
        ordered[name].owed.append(one)
    return list(ordered.values())


def look_at(report: EndpointReport, registry: Registry, home: Path) -> None:
    """The report says how many files wait at its endpoint, or why that cannot be said."""
    from pipelines.collect.collect import endpoint_lock
    from pipelines.collect.collected_source import sources_at

    if not report.is_collected:
        return
    try:
        with endpoint_lock(home, report.endpoint, _LOOK_WAIT_SECONDS):
            counts = [_waiting_at(one, home) for one in sources_at(registry, report.endpoint)]
    except SitrepError as error:
        report.not_looked = told_in_a_line(error)
        return
    known = [count for count in counts if count is not None]
    report.waiting = sum(known) if known else None


def _waiting_at(source: "CollectedSource", home: Path) -> int | None:
    """Files that stand there and can be taken; None where it is asked slot by slot."""
    from pipelines.collect.file_store import FileStore

    if not isinstance(source, FileStore):
        return None
    return sum(1 for file in source.list(home) if not file.why_not)


def sources_named(registry: Registry, name: str | None) -> list["CollectedSource"]:
    """The sources of a connection, an endpoint or a feed; of every endpoint where none is named.

    Raises `UsageError` for a name that is none of them, `ConfigurationError` for a broken feed.
    """
    from pipelines.collect.collected_source import CollectedSource, all_sources, sources_at

    if name is None:
        return all_sources(registry)
    sources = [feed.source for feed in registry.feeds.values()]
    endpoints = {one.endpoint for one in sources}
    by_connection: dict[str, dict[str, None]] = {}
    for one in sources:
        if connection := getattr(one, "connection", None):
            by_connection.setdefault(connection, {})[one.endpoint] = None
    if name in by_connection:
        return [own for endpoint in by_connection[name] for own in sources_at(registry, endpoint)]
    if name in endpoints:
        return sources_at(registry, name)
    if name in registry.feeds or any(one.feed_id == name for one in registry.problems):
        source = registry.feed(name).source
        return [source] if isinstance(source, CollectedSource) else []
    meant = did_you_mean(name, [*by_connection, *endpoints, *registry.feeds])
    raise UsageError(
        f"No connection, endpoint or feed is called '{name}'.{meant} `sitrep sources` lists "
        "the endpoints, `sitrep feeds` the feeds."
    )
