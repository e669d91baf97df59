"""The queue of deliveries as files of manifests in a folder: for one machine.

    landing/inbox/<name>.jsonl            manifests, one a line: landed, not yet settled
    landing/settled/<day>/<name>.jsonl    the same manifests once the ledger holds them

Files that come together share one file of manifests, so that landing costs little for each.
"""

import os
import re
import shutil
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipelines.base.durable import make_folder, write_durably
from pipelines.landing.delivery_queue import FileKey
from pipelines.landing.inbox_hashes import InboxHashes
from pipelines.landing.manifest_lines import Manifest, read_manifests, sortable, to_lines

_FIRST_DELIVERY = re.compile(r"([0-9]{8}T[0-9]{12}-[0-9a-f]+)\.jsonl")
"""The name of a file that has no earlier delivery than the one that it is named by."""
_TIME_LENGTH = len("20261126T120000000000-")
"""Of a delivery's id; files are named by the first delivery in them."""


class FolderQueue:
    """The manifests of one home.

    Which contents wait is read once, so that each of many files costs the same. What other
    processes enter meanwhile is not taken for the same delivery.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.inbox = home / "landing" / "inbox"
        self.settled = home / "landing" / "settled"
        self._hashes = InboxHashes(self.inbox)
        self._files: dict[str, Path] = {}

    def waiting(self) -> list[Manifest]:
        """The deliveries in the inbox, in the order in which they came."""
        return list(self.in_order())

    def in_order(self, since: datetime | None = None) -> Iterator[Manifest]:
        """The same, of files that are read one after the other."""
        self._files = {}
        from_then = sortable(since) if since else ""
        named = [(_FIRST_DELIVERY.fullmatch(path.name), path) for path in _files(self.inbox)]
        # What waits again may be named by any of its deliveries: it is read at once.
        again = [one for name, path in named if name is None for one in self._read(path)]
        read = [one for one in again if one.delivery_id >= from_then]
        # Deliveries that came together came at one moment.
        for first, path in [(name[1], path) for name, path in named if name is not None]:
            if first < from_then:
                continue
            read.sort(key=_id_of)
            number = bisect_left(read, first, key=_id_of)
            yield from read[:number]
            read = [*read[number:], *self._read(path)]
        yield from sorted(read, key=_id_of)

    def number_by_feed(self) -> Counter[str]:
        """Feed → its deliveries in the inbox."""
        return Counter(manifest.feed_id for manifest in self.in_order())

    def waiting_as(self, files: Collection[FileKey]) -> Mapping[FileKey, Manifest]:
        """Those of the files that stand in the inbox, as it was when it was first asked for."""
        waiting = self._hashes.waiting({sha256 for _, sha256, _ in files})
        known = {key_of(one): one for one in waiting}
        return {file: known[file] for file in files if file in known}

    def enter(self, manifests: Sequence[Manifest]) -> None:
        """The manifests stand in the inbox, in one file."""
        if manifests:
            path = self.inbox / f"{manifests[0].delivery_id}.jsonl"
            write_durably(path, to_lines(manifests))
            self._hashes.add(path, [one.sha256 for one in manifests])

    def enter_again(self, manifests: Sequence[Manifest]) -> None:
        """The manifests stand in the inbox, in a file of their own."""
        path = self.inbox / f"{manifests[0].delivery_id}-again.jsonl"
        write_durably(path, to_lines(manifests))
        self._hashes.forget()

    def settle(self, delivery_ids: Collection[str]) -> None:
        """The manifests are moved to the settled ones; those already there stay."""
        settled = set(delivery_ids)
        if not settled:
            return
        if not settled <= self._files.keys():
            self.waiting()
        for path in {self._files[one] for one in settled if one in self._files}:
            self._settle_file(path, settled)
        self._files = {one: path for one, path in self._files.items() if one not in settled}
        self._hashes.forget()

    def settled_days(self) -> list[str]:
        """The folders of days."""
        try:
            return sorted(entry.name for entry in os.scandir(self.settled) if entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def settled_on(self, day: str) -> dict[str, Manifest]:
        """The manifests in that day's folder."""
        found: dict[str, Manifest] = {}
        for path in _files(self.settled / day):
            found |= {one.delivery_id: one for one in read_manifests(self.home, path)}
        return dict(sorted(found.items()))

    def back(self, day: str, delivery_ids: Collection[str]) -> int:
        """Settled manifests of these deliveries stand in the inbox again, each once."""
        wanted = set(delivery_ids)
        moved, waiting = 0, {one.delivery_id for one in self.waiting()}
        for path in _files(self.settled / day):
            own = read_manifests(self.home, path)
            back = [one for one in own if one.delivery_id in wanted]
            if not back:
                continue
            if lacking := [one for one in back if one.delivery_id not in waiting]:
                self.enter_again(lacking)
                waiting |= {one.delivery_id for one in lacking}
            if left := [one for one in own if one.delivery_id not in wanted]:
                write_durably(path, to_lines(left))
            else:
                path.unlink()
            moved += len(back)
        return moved

    def forget(self, day: str) -> None:
        """The folder of that day is gone."""
        shutil.rmtree(self.settled / day, ignore_errors=True)

    def find(self, delivery_id: str) -> Manifest | None:
        """The delivery in the inbox or among the settled ones."""
        time = delivery_id[:_TIME_LENGTH]
        day = f"{time[:4]}-{time[4:6]}-{time[6:8]}"
        named = [
            path
            for folder in (self.inbox, self.settled / day)
            for path in folder.glob(f"{time}*.jsonl")
        ]
        for path in named:
            for one in read_manifests(self.home, path):
                if one.delivery_id == delivery_id:
                    return one
        return next((one for one in self.waiting() if one.delivery_id == delivery_id), None)

    def _read(self, path: Path) -> list[Manifest]:
        """The manifests of a file in the inbox, which is where they are settled."""
        own = read_manifests(self.home, path)
        self._files |= dict.fromkeys(map(_id_of, own), path)
        return own

    def _settle_file(self, path: Path, settled: set[str]) -> None:
        """The file's settled manifests are moved there; the others stay in the inbox."""
        own = read_manifests(self.home, path)
        if not own:
            return
        folder = self.settled / f"{own[0].received_at:%Y-%m-%d}"
        make_folder(folder)
        left = [manifest for manifest in own if manifest.delivery_id not in settled]
        if not left:
            os.replace(path, folder / path.name)
            return
        done = [manifest for manifest in own if manifest.delivery_id in settled]
        if done:
            write_durably(folder / f"{done[0].delivery_id}-part.jsonl", to_lines(done))
            write_durably(path, to_lines(left))


def _id_of(manifest: Manifest) -> str:
    return manifest.delivery_id


def key_of(manifest: Manifest) -> FileKey:
    """What tells a file that waits from another."""
    return manifest.feed_id, manifest.sha256, manifest.file_name


def _files(folder: Path) -> Iterator[Path]:
    """The files of manifests, by name."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name[0] != ".")
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from (folder / name for name in names)
