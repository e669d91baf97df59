"""All collections and feeds, read from their files; a broken file costs only itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pipelines.base.errors import ConfigurationError, UsageError
from pipelines.base.likely import did_you_mean
from pipelines.base.settings import settings
from pipelines.base.yamlfile import Document, line_of_item, line_of_key, read_model
from pipelines.registry.configuration_files import (
    Problem,
    Stamp,
    is_folder,
    is_yaml,
    list_wanted,
    stamp,
    stamp_all,
)
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Layout, collection_named_in
from pipelines.registry.feed_fit import first_mistake, with_new_names
from pipelines.registry.held_secrets import INSTEAD, secrets_in
from pipelines.registry.shared_endpoints import disagreements
from pipelines.registry.stage_journal import with_recorded_stages


@dataclass(frozen=True)
class Registry:
    """What is configured, by name, and what is broken."""

    collections: dict[str, Collection]
    feeds: dict[str, Feed]
    problems: tuple[Problem, ...]
    filed: Mapping[str, Feed] = field(default_factory=dict)
    """The feeds as their files say, without the stages that were recorded since."""

    def as_filed(self, feed: Feed) -> Feed:
        """The feed as its file says."""
        return self.filed.get(feed.feed_id, feed)

    def of_collection(self, name: str) -> "Registry":
        """The registry as if there were this collection and its feeds only."""
        feeds = {feed.feed_id: feed for feed in self.feeds_of(name)}
        return replace(self, collections={name: self.collections[name]}, feeds=feeds)

    def refuse_problems(self, consequence: str) -> None:
        """Raises `ConfigurationError` where anything is broken; `consequence` says what follows."""
        if self.problems:
            told = "\n".join(problem.message for problem in self.problems)
            raise ConfigurationError(f"{consequence}; correct these files first:\n{told}")

    def knows(self, collection: str) -> bool:
        """Whether there is a contract of that name that can be used."""
        return collection in self.collections

    def is_broken(self, feed_id: str | None) -> bool:
        """Whether the contract of that feed's collection, or the folder of its feeds, is broken."""
        name = collection_named_in(feed_id or "")
        return any(one.collection == name for one in self.problems)

    def problems_of(self, name: str) -> list[Problem]:
        """What is broken of that collection, or of the feed of that id."""
        own = (name, collection_named_in(name))
        return [one for one in self.problems if one.feed_id == name or one.collection in own]

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
        """The feed of that id.

        Raises `ConfigurationError` where it is broken, else `UsageError` naming the ones there are.
        """
        if feed_id not in self.feeds:
            _raise_for(self.problems_of(feed_id))
            known = ", ".join(self.feeds) or "none"
            meant = did_you_mean(feed_id, self.feeds)
            raise UsageError(f"There is no feed '{feed_id}'.{meant} Known feeds: {known}.")
        return self.feeds[feed_id]

    def collection(self, name: str) -> Collection:
        """The collection of that name.

        Raises `ConfigurationError` where it is broken, else `UsageError` naming the ones there are.
        """
        if name not in self.collections:
            _raise_for(self.problems_of(name))
            known = ", ".join(self.collections) or "none"
            meant = did_you_mean(name, self.collections)
            raise UsageError(f"There is no collection '{name}'.{meant} Known collections: {known}.")
        return self.collections[name]


def _raise_for(problems: Sequence[Problem]) -> None:
    if problems:
        told = "\n".join(problem.message for problem in problems)
        raise ConfigurationError(f"These files cannot be used; correct them first:\n{told}")


LAYOUTS = "layouts"
"""Folder beside a collection's feeds for the formats that several of them share."""

_Model = TypeVar("_Model", Collection, Feed, Layout)
_remembered: dict[Path, tuple[Stamp, Any]] = {}


def load_registry() -> Registry:
    """The registry as the files now stand; what is broken is in `problems`, and costs only itself.

    Within a process a file is read again only when it, or one that it depends on, has changed.
    """
    problems: list[Problem] = []
    collections = _read_collections(problems)
    feeds: dict[str, Feed] = {}
    files: dict[str, Path] = {}
    for folder in list_wanted(settings().feeds_dir, problems, "SITREP_FEEDS_DIR", is_folder):
        layouts = stamp_all(folder / LAYOUTS)
        contract = collections.get(folder.name)
        for path in list_wanted(folder, problems, None, is_yaml):
            depends_on = (stamp(path), layouts, id(contract))
            read = _remember(path, depends_on, partial(read_feed, path, contract, problems))
            if isinstance(read, str):
                problems.append(Problem(path, read, feed_id=f"{folder.name}.{path.stem}"))
            else:
                feeds[read.feed_id], files[read.feed_id] = read, path
    for problem in disagreements(feeds, files):
        problems.append(problem)
        del feeds[problem.feed_id or ""]
    recorded = with_recorded_stages(settings().root, feeds)
    return Registry(collections, recorded, tuple(problems), feeds)


def _read_collections(problems: list[Problem]) -> dict[str, Collection]:
    """The contracts by name; those that are broken are told in `problems`."""
    found: dict[str, Collection] = {}
    folder = settings().expectations_dir
    for path in list_wanted(folder, problems, "SITREP_EXPECTATIONS_DIR", is_yaml):
        read = _remember(path, stamp(path), partial(_read_collection, path))
        if isinstance(read, str):
            problems.append(Problem(path, read, collection=path.stem))
        else:
            found[path.stem] = read
    return found


def _remember(path: Path, depends_on: Stamp, read: Callable[[], _Model]) -> _Model | str:
    """What `read` gives, or why it cannot be used; read again when `depends_on` differs.

    What cannot be used is read again each time: the cause may lie outside of the file.
    """
    known = _remembered.get(path)
    if known is not None and known[0] == depends_on:
        result: _Model = known[1]
        return result
    _remembered.pop(path, None)
    try:
        result = read()
    except ConfigurationError as error:
        return str(error)
    except Exception as error:
        # Whatever a file holds, it costs only itself.
        return f"{path}:1: cannot be used: {type(error).__name__}: {error}"
    _remembered[path] = (depends_on, result)
    return result


def _read_collection(path: Path) -> Collection:
    contract = read_model(path, Collection)
    if contract.collection != path.stem:
        raise ConfigurationError(
            f"{path}:1: collection: the file is named '{path.stem}' and says "
            f"'{contract.collection}'"
        )
    return contract


def read_feed(path: Path, collection: Collection | None, problems: Sequence[Problem] = ()) -> Feed:
    """The feed of a file, checked against its collection's contract.

    Raises `ConfigurationError` with file and line.
    """
    name = path.parent.name
    derived: dict[str, Any] = {"feed_id": f"{name}.{path.stem}", "collection": name}
    document = Document(path)
    _refuse_secrets(document)
    if layout := document.text_at("layout"):
        shared = _read_layout(path.parent / LAYOUTS / f"{layout}.yaml")
        if isinstance(shared, str):
            line = document.line_of(("layout",))
            raise ConfigurationError(
                f"{path}:{line}: layout: '{layout}' of '{name}' cannot be used:\n{shared}"
            )
        derived |= {"format": shared.format, "missing": shared.missing}
    feed = document.as_model(Feed, **derived)
    if collection is None:
        raise ConfigurationError(f"{path}:1: {_why_no_contract(name, problems)}")
    try:
        feed = with_new_names(feed, collection)
    except ValueError as error:
        raise ConfigurationError(f"{path}:{document.line_of(('format',))}: {error}") from None
    if mistake := first_mistake(feed, collection):
        raise ConfigurationError(f"{path}:1: {mistake}")
    return feed


def _refuse_secrets(document: Document) -> None:
    """Raises `ConfigurationError`, with each line, where the feed's source holds a secret."""
    if lines := [
        f"{document.path}:{document.line_of(place)}: {'.'.join(map(str, place))}: holds a "
        f"secret (it looks like {told}); {INSTEAD}. Change the secret: it has been seen"
        for place, told in secrets_in(document.content.get("source"), ("source",))
    ]:
        raise ConfigurationError("\n".join(lines))


def _read_layout(path: Path) -> Layout | str:
    """The layout that several feeds share, or why it cannot be used."""
    return _remember(path, stamp(path), partial(read_model, path, Layout))


def _why_no_contract(name: str, problems: Sequence[Problem]) -> str:
    """Why a feed's collection is not there, and what to do about it."""
    contract = settings().expectations_dir / f"{name}.yaml"
    if any(problem.path == contract for problem in problems):
        return f"there is no usable contract for '{name}'; correct {contract}"
    return (
        f"there is no usable contract for '{name}', which the file's folder names as its "
        f"collection; put the feed into the folder of another, or write {contract}"
    )


def contract_place(collection: str, rule: str | None = None) -> str:
    """The file of the contract and the line, of that rule where one is named."""
    path = settings().expectations_dir / f"{collection}.yaml"
    return f"{path}:{line_of_item(path, 'rules', 'code', rule) if rule else 1}"


def column_place(collection: str, column: str) -> str:
    """The file of the contract and the line of that column, or of the key."""
    path = settings().expectations_dir / f"{collection}.yaml"
    if column == "key":
        return f"{path}:{line_of_key(path, column)}"
    return f"{path}:{line_of_item(path, 'columns', 'name', column)}"
