"""All collections and feeds, read from their files; a broken file costs only itself."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pipelines.base.errors import ConfigurationError, UsageError
from pipelines.base.settings import settings
from pipelines.base.yamlfile import named_in, read_model
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Layout, Stage
from pipelines.registry.severity import Severity
from pipelines.registry.units import FACTORS


@dataclass(frozen=True)
class Problem:
    """One configuration file that cannot be used, and why."""

    path: Path
    message: str


@dataclass(frozen=True)
class Registry:
    """What is configured, by name, and what is broken."""

    collections: dict[str, Collection]
    feeds: dict[str, Feed]
    problems: tuple[Problem, ...]

    def feeds_of(self, collection: str) -> list[Feed]:
        """The feeds of one collection, in the order of their names."""
        return [feed for feed in self.feeds.values() if feed.collection == collection]

    def feeds_matching(self, file_name: str) -> list[Feed]:
        """The feeds that a file of that name belongs to and that accept files."""
        return [
            feed for feed in self.feeds.values() if feed.accepts_files and feed.matches(file_name)
        ]

    def endpoints_of(self, collection: str) -> list[str]:
        """The source endpoints of the collection's feeds that accept files, each once."""
        feeds = self.feeds_of(collection)
        return sorted({feed.source.endpoint for feed in feeds if feed.accepts_files})

    def feeds_at(self, endpoint: str) -> list[Feed]:
        """The feeds whose source is at the endpoint and that accept files."""
        feeds = self.feeds.values()
        return [one for one in feeds if one.accepts_files and one.source.endpoint == endpoint]

    def feed(self, feed_id: str) -> Feed:
        """The feed of that id; raises `UsageError` naming the ones there are."""
        if feed_id not in self.feeds:
            known = ", ".join(self.feeds) or "none"
            raise UsageError(f"There is no feed '{feed_id}'. Known feeds: {known}.")
        return self.feeds[feed_id]

    def collection(self, name: str) -> Collection:
        """The collection of that name; raises `UsageError` naming the ones there are."""
        if name not in self.collections:
            known = ", ".join(self.collections) or "none"
            raise UsageError(f"There is no collection '{name}'. Known collections: {known}.")
        return self.collections[name]


def load_registry() -> Registry:
    """The registry as the files now stand; broken files are in `problems`.

    Within a process a file is read again only when it, or one that it depends on, has changed.
    """
    collections: dict[str, Collection] = {}
    feeds: dict[str, Feed] = {}
    problems: list[Problem] = []
    for folder, variable in (
        (settings().expectations_dir, "SITREP_EXPECTATIONS_DIR"),
        (settings().feeds_dir, "SITREP_FEEDS_DIR"),
    ):
        if not folder.is_dir():
            problems.append(Problem(folder, f"{folder}: no such folder; check {variable}"))
    for path in sorted(settings().expectations_dir.glob("*.yaml")):
        found = _remember(path, (_stamp(path),), partial(_read_collection, path))
        if isinstance(found, Problem):
            problems.append(found)
        else:
            collections[path.stem] = found
    layouts: dict[Path, tuple[object, ...]] = {}
    for path in sorted(settings().feeds_dir.glob("*/*.yaml")):
        contract = collections.get(path.parent.name)
        if path.parent not in layouts:
            layouts[path.parent] = _stamp(path.parent / LAYOUTS)
        depends_on = (_stamp(path), layouts[path.parent], id(contract))
        read = _remember(path, depends_on, partial(_read_feed, path, contract))
        if isinstance(read, Problem):
            problems.append(read)
        else:
            feeds[read.feed_id] = read
    return Registry(collections, feeds, tuple(problems))


LAYOUTS = "layouts"
"""Folder beside a collection's feeds for the formats that several of them share."""

_Model = TypeVar("_Model", Collection, Feed)
_remembered: dict[Path, tuple[tuple[object, ...], Any]] = {}


def _remember(
    path: Path, depends_on: tuple[object, ...], read: Callable[[], _Model]
) -> _Model | Problem:
    """What `read` gives, or why it cannot be used; read again when `depends_on` differs."""
    known = _remembered.get(path)
    if known is not None and known[0] == depends_on:
        result: _Model | Problem = known[1]
        return result
    try:
        result = read()
    except ConfigurationError as error:
        result = Problem(path, str(error))
    _remembered[path] = (depends_on, result)
    return result


def _stamp(path: Path) -> tuple[object, ...]:
    """A value that changes when the file changes, or a file of the folder."""
    if path.is_dir():
        return tuple(
            (entry.name, _stamp(Path(entry.path)))
            for entry in sorted(os.scandir(path), key=lambda entry: entry.name)
        )
    try:
        state = path.stat()
    except FileNotFoundError:
        return ()
    return (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)


def _read_collection(path: Path) -> Collection:
    contract = read_model(path, Collection)
    if contract.collection != path.stem:
        raise ConfigurationError(
            f"{path}:1: collection: the file is named '{path.stem}' and says "
            f"'{contract.collection}'"
        )
    return contract


def _read_feed(path: Path, collection: Collection | None) -> Feed:
    """The feed of a file, checked against its collection's contract."""
    name = path.parent.name
    derived: dict[str, Any] = {"feed_id": f"{name}.{path.stem}", "collection": name}
    if layout := named_in(path, "layout"):
        shared = read_model(path.parent / LAYOUTS / f"{layout}.yaml", Layout)
        derived |= {"format": shared.format, "missing": shared.missing}
    feed = read_model(path, Feed, **derived)
    if collection is None:
        raise ConfigurationError(f"{path}:1: there is no usable contract for '{name}'")
    if mistake := _first_mistake(feed, collection):
        raise ConfigurationError(f"{path}:1: {mistake}")
    return feed


def _first_mistake(feed: Feed, collection: Collection) -> str | None:
    """The first way in which the feed does not fit its collection, or None."""
    name = collection.collection
    columns = feed.format.columns_offered(collection)
    known = {column.name for column in columns}
    if unknown := sorted(feed.format.columns_named - known):
        return f"format: columns that '{name}' does not have: {', '.join(unknown)}"
    for column in columns:
        given_in = feed.format.reading(column.name).given_in
        if given_in and (given_in, column.unit) not in FACTORS:
            return f"format: {column.name}: {given_in} cannot be turned into {column.unit}"
    rules = {rule.code for rule in collection.rules if rule.on_failure is Severity.REJECT_ROW}
    if unknown := sorted(set(feed.warn_only) - rules):
        return f"warn_only: no rule of '{name}' that rejects rows: {', '.join(unknown)}"
    if feed.slots_from and feed.stage != Stage.LIVE:
        return f"slots_from: slots are expected of live feeds only, and this one is {feed.stage}"
    mistake = feed.source.first_mistake(collection.cadence)
    return f"source: {mistake}" if mistake else None
