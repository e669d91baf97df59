"""Remembers which delivery was being read when a process died, so that it is not tried for ever.

A file that makes the reader run out of memory kills the whole process, and with it the work on
every other file. Before a delivery is read its id is noted; a note that is still there at the next
start tells who was being read when the process died.
"""

from pathlib import Path

import msgspec

from pipelines.base.durable import make_folder, write_durably, write_whole
from pipelines.base.state_files import read_state

LIMIT = 3
"""Deaths after which a delivery is refused; fewer could be a machine that was switched off."""


def _decode(content: bytes) -> dict[str, int]:
    return msgspec.json.decode(content, type=dict[str, int])


class CrashGuard:
    """The notes of one collection; only the holder of the collection's lock uses them."""

    def __init__(self, home: Path, collection: str) -> None:
        """A death since the last time is counted for the delivery that was being read."""
        folder = home / "reading" / collection
        self._reading = folder / ".reading"
        self._deaths_file = folder / ".deaths.json"
        make_folder(folder)
        then = "Deaths of the process are counted from zero again."
        self._deaths: dict[str, int] = read_state(home, self._deaths_file, _decode, {}, then)
        then = "A death of the process is not counted."
        died = read_state(home, self._reading, lambda content: content.decode("ascii"), None, then)
        if died is not None:
            self._deaths[died] = self._deaths.get(died, 0) + 1
            write_durably(self._deaths_file, msgspec.json.encode(self._deaths))
            self._reading.unlink(missing_ok=True)

    def is_deadly(self, delivery_id: str) -> bool:
        """Whether processes died too often while reading that delivery."""
        return self._deaths.get(delivery_id, 0) >= LIMIT

    def begin(self, delivery_id: str) -> None:
        """The delivery is noted as being read."""
        write_whole(self._reading, delivery_id.encode())

    def end(self) -> None:
        """No delivery is being read."""
        self._reading.unlink(missing_ok=True)
