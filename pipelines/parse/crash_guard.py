"""Remembers which delivery was being read when a process died, so that it is not tried for ever.

A file that makes the reader run out of memory kills the whole process, and with it the work on
every other file. Before a delivery is read its id is noted; a note that is still there at the next
start tells who was being read when the process died.
"""

from pathlib import Path

import msgspec

LIMIT = 3
"""Deaths after which a delivery is refused; fewer could be a machine that was switched off."""


class CrashGuard:
    """The notes of one collection; only the holder of the collection's lock uses them."""

    def __init__(self, home: Path, collection: str) -> None:
        """A death since the last time is counted for the delivery that was being read."""
        folder = home / "reading" / collection
        self._reading = folder / ".reading"
        self._deaths_file = folder / ".deaths.json"
        self._deaths: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if self._deaths_file.exists():
            self._deaths = msgspec.json.decode(self._deaths_file.read_bytes(), type=dict[str, int])
        if self._reading.exists():
            died = self._reading.read_text("utf-8")
            self._deaths[died] = self._deaths.get(died, 0) + 1
            self._deaths_file.write_bytes(msgspec.json.encode(self._deaths))
            self._reading.unlink()

    def is_deadly(self, delivery_id: str) -> bool:
        """Whether processes died too often while reading that delivery."""
        return self._deaths.get(delivery_id, 0) >= LIMIT

    def begin(self, delivery_id: str) -> None:
        """The delivery is noted as being read."""
        self._reading.write_text(delivery_id, "utf-8")

    def end(self) -> None:
        """No delivery is being read."""
        self._reading.unlink(missing_ok=True)
