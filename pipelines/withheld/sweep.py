"""Proves that nothing is left of files that were refused for patient data, and removes what is.

Every path drops the copies that it knows of. A copy that came to stand somewhere by a way that
nobody thought of is found here by its hash: in landing, for whatever feed, and at every source.
"""

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.base.state.documents import kept_state, read_document, write_document
from pipelines.landing.landing import Landing
from pipelines.registry.registry import Registry
from pipelines.withheld.drop import drop_copies

ABANDONED_SECONDS = 3600
"""A landing that is killed leaves hidden files; one that goes on takes seconds."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    at_sources: int
    in_landing: int
    abandoned: int
    """Hidden files of a landing that was killed; they were never acknowledged."""


def sweep(landing: Landing, registry: Registry) -> Swept:
    """No copy is left of what was refused since the last sweep, nor of some of what was before.

    Of those at least `_IN_TURN` are looked for, so that each has its turn however many there are;
    where there are fewer, all. What there was is in the log.
    """
    marks, noted = _marks(landing), _read_note(landing)
    return _sweep(landing, registry, marks, noted, _in_turn(marks, noted.turn))


def sweep_if_refused(landing: Landing, registry: Registry) -> Swept | None:
    """Sweeps where something was refused since the last sweep; costs two looks else.

    Does nothing while another process does it: what that one does not see yet is left to the next
    run, as the runs of all collections end with this.
    """
    if not _changed(_marks(landing), _read_note(landing)):
        return None
    try:
        with held_lock(landing.home, "sweep", WarehouseBusy, "A sweep", wait=0):
            marks, noted = _marks(landing), _read_note(landing)
            return _sweep(landing, registry, marks, noted, []) if _changed(marks, noted) else None
    except WarehouseBusy:
        return None


class _Noted(msgspec.Struct, forbid_unknown_fields=True):
    """What had been refused at the last sweep, in parts by the first two digits of its hash."""

    parts: dict[str, str] = {}
    """Part → what changes whenever one of its contents is refused."""
    turn: str = ""
    """The last part that was swept in its turn."""


_Marks = Mapping[str, Mapping[Path, object]]
"""Part → the marks of contents that were refused, each with its stamp."""

_IN_TURN = 50


def _sweep(
    landing: Landing, registry: Registry, marks: _Marks, noted: _Noted, in_turn: Sequence[str]
) -> Swept:
    started, changed = time.time(), _changed(marks, noted)
    parts = sorted({*changed, *in_turn})
    withheld = [one for part in parts for path in marks[part] for one in landing.manifests_in(path)]
    in_landing = sum(landing.objects.drop_withheld(one.sha256) for one in withheld)
    dropped = drop_copies(landing.home, registry, withheld)
    at_sources = dropped.number
    abandoned = landing.objects.drop_abandoned(started - ABANDONED_SECONDS)
    if in_landing or at_sources:
        logging.getLogger(__name__).error(
            "%d copies of files refused for patient data were found and removed: %d at sources, "
            "%d in landing",
            in_landing + at_sources,
            at_sources,
            in_landing,
        )
    # What stays for good was told when it was refused; looking again would find the same.
    if dropped.fault is None and withheld:
        turn = in_turn[-1] if in_turn else noted.turn
        now_noted = _Noted({**noted.parts, **changed}, turn)
        write_document(landing.home, _note(landing), msgspec.json.encode(now_noted))
    return Swept(at_sources, in_landing, abandoned)


def _in_turn(marks: _Marks, last: str) -> list[str]:
    """The parts that follow the last one, in a circle, until they have enough contents."""
    parts = sorted(marks, key=lambda part: (part <= last, part))
    chosen: list[str] = []
    contents = 0
    for part in parts:
        if contents >= _IN_TURN:
            break
        chosen.append(part)
        contents += len(marks[part])
    return chosen


def _changed(marks: _Marks, noted: _Noted) -> dict[str, str]:
    """The parts of which a content was refused since, with what is to be noted of each."""
    told = {part: _told(own) for part, own in marks.items()}
    return {part: one for part, one in told.items() if noted.parts.get(part) != one}


def _told(marks: Mapping[Path, object]) -> str:
    named = repr(sorted((path.name, stamp) for path, stamp in marks.items()))
    return hashlib.sha256(named.encode()).hexdigest()


def _marks(landing: Landing) -> _Marks:
    found: dict[str, dict[Path, object]] = {}
    for path, stamp in kept_state(landing.home).stamps(landing.refused).items():
        if path.suffix == ".json":
            found.setdefault(path.name[:2], {})[path] = stamp
    return found


def _note(landing: Landing) -> Path:
    """What had been refused at the last sweep."""
    return landing.refused.with_name(".swept")


def _read_note(landing: Landing) -> _Noted:
    then = "The next run sweeps once more."
    return read_document(landing.home, _note(landing), _decode_note, _Noted(), then)


def _decode_note(content: bytes) -> _Noted:
    """The note, also that of an earlier version, which was one hash of everything: all is new."""
    if content and content.isalnum():
        return _Noted()
    return msgspec.json.decode(content, type=_Noted)
