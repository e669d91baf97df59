"""Files that a person hands in, by the rules that hold for those of a source."""

from collections.abc import Sequence
from pathlib import Path

from pipelines.base.errors import UsageError
from pipelines.base.plain_files import LargeFile, NotPlainFile, read_plain
from pipelines.base.settings import settings
from pipelines.findings.finding import Finding, finding
from pipelines.landing.landing import Delivery, NotTaken
from pipelines.landing.withheld_notes import note_from


def give_file(path: Path, feed_ids: Sequence[str]) -> list[Delivery | NotTaken]:
    """The file for each of the feeds, with its bytes; without, and refused, where it is too large.

    Raises `UsageError` where it is no plain file or cannot be read.
    """
    try:
        content = read_plain(path, settings().max_file_bytes)
        return [Delivery(content, path.name, feed_id, str(path)) for feed_id in feed_ids]
    except LargeFile:
        return _refused(path, feed_ids)
    except NotPlainFile as error:
        raise UsageError(f"{path} {error}. Name the file itself, and hand it in again.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror or error}). Let this user "
            "read it, and hand it in again."
        ) from error


def too_large_to_read(size_bytes: int) -> Finding:
    """What is told of a file of that size, which is more than are read."""
    limit = settings().max_file_bytes
    return finding("FILE-016", value=f"{size_bytes:,}", limit=f"{limit:,}")


def _refused(path: Path, feed_ids: Sequence[str]) -> list[Delivery | NotTaken]:
    state = path.stat()
    why = note_from([too_large_to_read(state.st_size)])
    version = f"{state.st_size}-{state.st_mtime_ns}"
    return [
        NotTaken(path.name, feed_id, str(path), state.st_size, version, why) for feed_id in feed_ids
    ]
