"""What stands at a source and could not be taken: remembered, so that it is told and not forgotten.

    left/<endpoint>.json   the things that are left there now; gone when nothing is left

The watch and `sitrep status` read it. What has landed and could not be marked as taken stands here
too, so that it is not landed again by every run.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.base.clock import now
from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.secrets import masked
from pipelines.base.state.documents import (
    list_documents,
    read_document,
    remove_document,
    write_document,
)
from pipelines.landing.told_names import as_told

FOLDER = "left"
_MOST = 1000
"""Things that are remembered for one endpoint; more are no news."""


class LeftThing(msgspec.Struct, frozen=True):
    """One thing that is left at a source."""

    name: str
    why: str
    version: str
    """What tells it from another of that name."""
    since: datetime
    landed_for: tuple[str, ...] = ()
    """The feeds that it has landed for."""


class LeftAtSource(msgspec.Struct, frozen=True):
    """All that is left at an endpoint."""

    endpoint: str
    things: tuple[LeftThing, ...] = ()


_decode = msgspec.json.Decoder(LeftAtSource).decode


def left_at(home: Path, endpoint: str) -> LeftAtSource:
    """What the last run left at the endpoint."""
    nothing = LeftAtSource(endpoint)
    return read_document(home, _path(home, endpoint), _decode, nothing, "The next run looks again.")


def all_left(home: Path) -> list[LeftAtSource]:
    """What is left at each endpoint that has anything, by its name."""
    nothing = LeftAtSource("")
    found = [
        read_document(home, path, _decode, nothing, "The next run looks again.")
        for path in list_documents(home, home / FOLDER)
        if path.suffix == ".json"
    ]
    return sorted((one for one in found if one.things), key=lambda one: one.endpoint)


def remember_left(home: Path, before: LeftAtSource, found: Iterable[LeftThing]) -> list[LeftThing]:
    """What was found is what is left at the endpoint; those of it that are new."""
    known = {(one.name, one.version): one.since for one in before.things}
    things: Sequence[LeftThing] = [
        msgspec.structs.replace(one, since=known.get((one.name, one.version), one.since))
        for one in found
    ][:_MOST]
    after = LeftAtSource(before.endpoint, tuple(things))
    path = _path(home, before.endpoint)
    if after == before:
        return []
    if things:
        write_document(home, path, msgspec.json.encode(after))
    else:
        remove_document(home, path)
    return [one for one in things if (one.name, one.version) not in known]


def left_thing(name: str, why: str, version: str, landed_for: Iterable[str] = ()) -> LeftThing:
    """A thing that is left from now on."""
    return LeftThing(as_told(name), masked(why), version, now(), tuple(landed_for))


def _path(home: Path, endpoint: str) -> Path:
    return home / FOLDER / f"{endpoint_name(endpoint)}.json"
