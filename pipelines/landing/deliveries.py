"""What a source gives: bytes for a feed, or a file that was not taken."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes that a source gives for a feed."""

    content: bytes
    file_name: str
    feed_id: str
    source: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file of a source that is answered without its bytes having been read."""

    file_name: str
    feed_id: str
    source: str
    size_bytes: int
    version: str
    """What tells it from another file of that name and size."""
    why: str
    """The note that stands in landing in place of its bytes."""

    @property
    def sha256(self) -> str:
        """What stands for the hash of its bytes: that of its name, size and version."""
        told = "\0".join((self.file_name, str(self.size_bytes), self.version))
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()
