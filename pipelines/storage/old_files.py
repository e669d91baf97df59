"""Files that are past their time: landed bytes, notes, answers, publications, old warehouses."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipelines.base.durable import sync_many
from pipelines.base.kill_points import reached
from pipelines.base.state.documents import kept_state, remove_document, shared_state
from pipelines.base.state.state_store import KeptDocument
from pipelines.landing.landing import Landing, key_of
from pipelines.landing.object_store import Kept, ObjectKey
from pipelines.reading_locks import rereading_lock
from pipelines.storage.deleted import Deleted
from pipelines.storage.landed import settled_days, settled_on
from warehouse.publish.publications import current_path
from warehouse.store.connection import warehouse_lock
from warehouse.store.engines import chosen_engine

_BRIEF, _LETTER = re.compile(r"(\d{4}-\d\d-\d\d)\..*"), re.compile(r"(\d{4}-W\d\d).*\..*")
_MOST_AT_ONCE = 20_000
"""Files that one run deletes of a class, so that a run is short; the next one goes on."""


def delete_raw_bytes(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Bytes of deliveries received before are gone; a note `.expired` keeps when they came.

    What waits in the inbox stays, and so do the notes of what was withheld. Nothing is read again
    meanwhile.
    """
    landing = Landing(home)
    with rereading_lock(home):
        waiting = {key_of(one) for one in landing.waiting()}
        old: dict[ObjectKey, int] = {}
        for keys in _received_before(landing, cutoff):
            known = landing.objects.look([one for one in keys if one not in waiting])
            old |= {key: one.size_bytes for key, one in known.items() if one.kept is Kept.WHOLE}
            if len(old) > _MOST_AT_ONCE and not is_dry:
                break
        chosen = list(old) if is_dry else list(old)[:_MOST_AT_ONCE]
        if not is_dry:
            landing.objects.expire(chosen)
    return Deleted(len(chosen), sum(old[key] for key in chosen), len(old) == len(chosen))


def delete_landing_notes(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Manifests and loads of days before are gone, up to the first day whose bytes are kept."""
    landing, state = Landing(home), kept_state(home)
    old: list[KeptDocument] = []
    forgotten = Deleted()
    last = f"{cutoff:%Y-%m-%d}"
    for day in settled_days(landing):
        manifests = settled_on(landing, day).values()
        if day >= last or any(landing.has_bytes(one) for one in manifests):
            last = min(last, day)
            break
        old += state.all_below(home / "landing" / "settled" / day)
        if shared_state(home):
            forgotten += Deleted(len(manifests))
            if not is_dry:
                landing.queue.forget(day)
    loads = state.all_below(home / "landing" / "loads")
    old += [one for one in loads if one.path.stem < last]
    return forgotten + _delete_documents(home, old, is_dry)


def delete_answers(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Answers of days before are gone, the pages of single ones too."""
    last = f"{cutoff:%Y-%m-%d}"
    old = [
        one
        for one in kept_state(home).all_below(home / "answers")
        if (one.path.stem < last if one.path.suffix == ".jsonl" else one.changed_at < cutoff)
    ]
    return _delete_documents(home, old, is_dry)


def delete_publications(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Publications made before are gone, but never the current one."""
    with warehouse_lock(home):
        current = current_path(home)
        paths: list[Path] = []
        for path in (home / "publications").glob("uec-*.duckdb"):
            if path == current or current is None or _made_at(path.name) >= cutoff:
                continue
            paths += [path, *_files_below(path.with_suffix(""))]
        done = _delete(paths, is_dry)
        if not is_dry:
            for path in paths:
                if path.suffix == ".duckdb" and not path.exists():
                    shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    return done


def delete_briefs(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Briefs of days before are gone, those that were replaced too."""
    return _delete_named(home / "briefs", _BRIEF, f"{cutoff:%Y-%m-%d}", home, is_dry)


def delete_letters(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Letters of weeks that ended before are gone, all their editions."""
    year, week, _ = cutoff.isocalendar()
    return _delete_named(home / "letters", _LETTER, f"{year}-W{week:02d}", home, is_dry)


def _delete_named(
    folder: Path, name: re.Pattern[str], last: str, home: Path, is_dry: bool
) -> Deleted:
    """What has such a name, which begins with its time, and is before the last time is gone."""
    found = kept_state(home).all_below(folder)
    told = [(one, name.fullmatch(one.path.name)) for one in found]
    return _delete_documents(home, [one for one, at in told if at and at[1] < last], is_dry)


def delete_replaced_warehouses(home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
    """Warehouses that were replaced before are gone."""
    file = chosen_engine(home).file
    if file is None:
        return Deleted()
    found = file.parent.glob(f"{file.name}.before-*")
    return _delete([path for path in found if _made_at(path.name) < cutoff], is_dry)


def _delete(paths: list[Path], is_dry: bool) -> Deleted:
    """The files are gone, the oldest names first and only so many at once."""
    chosen = sorted(paths) if is_dry else sorted(paths)[:_MOST_AT_ONCE]
    size = sum(path.stat().st_size for path in chosen)
    if not is_dry:
        for path in chosen:
            path.unlink(missing_ok=True)
            reached("retain: deleted")
        sync_many(sorted({path.parent for path in chosen}))
    return Deleted(len(chosen), size, len(chosen) == len(paths))


def _delete_documents(home: Path, old: list[KeptDocument], is_dry: bool) -> Deleted:
    """As `_delete`, wherever the state of the home is kept."""
    if not shared_state(home):
        return _delete([one.path for one in old], is_dry)
    chosen = sorted(old) if is_dry else sorted(old)[:_MOST_AT_ONCE]
    for one in () if is_dry else chosen:
        remove_document(home, one.path)
        reached("retain: deleted")
    return Deleted(len(chosen), sum(one.size_bytes for one in chosen), len(chosen) == len(old))


def _received_before(landing: Landing, cutoff: datetime) -> Iterator[list[ObjectKey]]:
    """Day by day, what deliveries that were received before are kept by."""
    for day in settled_days(landing):
        if day > f"{cutoff:%Y-%m-%d}":
            return
        manifests = settled_on(landing, day).values()
        yield [key_of(one) for one in manifests if one.received_at < cutoff]


def _files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _made_at(name: str) -> datetime:
    """The time that a file's name tells."""
    found = re.search(r"\d{8}T\d{6}", name)
    moment = datetime.strptime(found.group(), "%Y%m%dT%H%M%S") if found else datetime.max
    return moment.replace(tzinfo=UTC)
