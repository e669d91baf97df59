"""The files in which a home keeps landed bytes, for tests that look at them or spoil them."""

from pathlib import Path

from pipelines.landing.landing import Landing
from pipelines.landing.object_folder import ObjectFolder
from pipelines.landing.object_store import ObjectKey


def object_path(home: Path, feed_id: str, sha256: str) -> Path:
    """Where the bytes stand that landed by themselves."""
    return ObjectFolder(home).path(ObjectKey(feed_id, sha256))


def objects_folder(home: Path) -> Path:
    """The folder of bytes that landed by themselves, and of notes."""
    return ObjectFolder(home).folder


def packs_of(home: Path) -> list[Path]:
    """The packs, by name."""
    return sorted((home / "landing" / "packs").glob("*/*.pack"))


def index_file(home: Path) -> Path:
    """The index of the packs."""
    return home / "landing" / "packs" / "index.sqlite"


def writing_folder(home: Path) -> Path:
    """The folder of what is being written."""
    return ObjectFolder(home).writing


def inbox_of(landing: Landing) -> Path:
    """The folder of manifests that wait."""
    return landing.home / "landing" / "inbox"


def settled_of(landing: Landing) -> Path:
    """The folder of manifests that are settled, by day."""
    return landing.home / "landing" / "settled"
