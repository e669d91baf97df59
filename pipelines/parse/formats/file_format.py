"""What every kind of format can do: read a file, and write one where providers are simulated.

A kind is one class of this package, registered with `@formats.register`.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import Format

if TYPE_CHECKING:
    from pipelines.parse.formats.file_writer import FileWriter
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.parse.rows import ParsedRows

_LARGE_BYTES = 4 * 1024 * 1024


class FileFormat(Format):
    """A format that files can be read in."""

    @abstractmethod
    def read(
        self, content: bytes, file_name: str, feed: Feed, collection: Collection
    ) -> "ParsedRows":
        """The file's rows as text; raises `Refusal` where they cannot be read at all."""

    def may_kill(self, size_bytes: int) -> bool:
        """Whether reading such a file could make the process run out of memory or crash.

        Small text can do no harm.
        """
        return size_bytes > _LARGE_BYTES

    def headings_read(
        self, feed: Feed, collection: Collection, parsed: "ParsedRows | None"
    ) -> "list[HeadingTold]":
        """The headings expected beside those of the file that was just read; none unless told.

        `parsed` is what was read of it, None where it was refused.
        """
        return []

    def writer(self, habit: Sequence[float]) -> "FileWriter | None":
        """What writes a simulated provider's files; None where the format is not simulated.

        By the two numbers of `habit`, from 0 to 1, it chooses what the feed leaves open.
        """
        return None


def file_format(feed: Feed) -> FileFormat:
    """The feed's format, as one that files can be read in."""
    form = feed.format
    if not isinstance(form, FileFormat):
        raise TypeError(f"format '{form.kind}' cannot read: its class is no FileFormat")
    return form
