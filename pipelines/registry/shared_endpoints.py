"""Feeds that share an endpoint agree on what is the endpoint's: where answers go, for instance."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.base.errors import ConfigurationError
from pipelines.base.yamlfile import Document
from pipelines.registry.configuration_files import Problem
from pipelines.registry.feed import Feed


def disagreements(feeds: Mapping[str, Feed], files: Mapping[str, Path]) -> Iterator[Problem]:
    """A problem for each feed that says otherwise than an earlier one with the same endpoint.

    Earlier is what comes first in the order of `feeds`. `files` has the file of each.
    """
    first: dict[tuple[type, str], Feed] = {}
    found = []
    for feed in feeds.values():
        source = feed.source
        before = first.setdefault((type(source), source.endpoint), feed)
        if before is feed:
            continue
        for name in source.shared_fields:
            said, said_before = getattr(source, name), getattr(before.source, name)
            if said != said_before:
                found.append((feed, name, said, before, said_before))
                break
    for feed, name, said, before, said_before in found:
        path = files[feed.feed_id]
        line = _line_of(path, name)
        told = (
            f"{path}:{line}: source.{name}: {_told(said)}, but {files[before.feed_id]} says "
            f"{_told(said_before)} for the same endpoint {feed.source.endpoint}. Feeds that share "
            "one say the same"
        )
        yield Problem(path, told, feed_id=feed.feed_id)


def _line_of(path: Path, name: str) -> int:
    """The line of that field of the file's source, or 1 where it cannot be read any more."""
    try:
        return Document(path).line_of(("source", name))
    except ConfigurationError:
        return 1


def _told(value: object) -> str:
    return "nothing" if value is None else f"'{value}'"
