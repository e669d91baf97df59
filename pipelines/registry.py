"""All collections and feeds, read from their files; a broken file costs only itself."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.contract import Collection
from pipelines.errors import ConfigurationError, UsageError
from pipelines.feed import Feed
from pipelines.settings import settings
from pipelines.yamlfile import read_model


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
    """The registry as the files now stand; broken files are in `problems`."""
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
        try:
            collections[path.stem] = _read_collection(path)
        except ConfigurationError as error:
            problems.append(Problem(path, str(error)))
    for path in sorted(settings().feeds_dir.glob("*/*.yaml")):
        try:
            feed = _read_feed(path, collections)
            feeds[feed.feed_id] = feed
        except ConfigurationError as error:
            problems.append(Problem(path, str(error)))
    return Registry(collections, feeds, tuple(problems))


def _read_collection(path: Path) -> Collection:
    contract = read_model(path, Collection)
    if contract.collection != path.stem:
        raise ConfigurationError(
            f"{path}:1: collection: the file is named '{path.stem}' and says "
            f"'{contract.collection}'"
        )
    return contract


def _read_feed(path: Path, collections: dict[str, Collection]) -> Feed:
    """The feed of a file, checked against its collection's contract."""
    name = path.parent.name
    feed = read_model(path, Feed, feed_id=f"{name}.{path.stem}", collection=name)
    if name not in collections:
        raise ConfigurationError(f"{path}:1: there is no usable contract for '{name}'")
    known = {column.name for column in collections[name].measures}
    mapped = {column for sheet in feed.format.sheets for column in sheet.measures}
    unknown = sorted((mapped | set(feed.format.prefixes)) - known)
    if unknown:
        raise ConfigurationError(
            f"{path}:1: format: columns that '{name}' does not have: {', '.join(unknown)}"
        )
    rules = {rule.code for rule in collections[name].rules if rule.on_failure == "reject_row"}
    if unknown := sorted(set(feed.warn_only) - rules):
        raise ConfigurationError(
            f"{path}:1: warn_only: no rule of '{name}' that rejects rows: {', '.join(unknown)}"
        )
    return feed
