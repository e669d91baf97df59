"""What is on its way back to a provider: answers to submissions, and weekly letters."""

from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class OwedAnswer:
    """An answer that a provider has not got yet."""

    submission_id: str
    attempt: int
    feed_id: str
    file_name: str
    """Of the submission."""
    status: str
    content: bytes
    """The answer as JSON."""
    page: bytes
    """The same for people, as Markdown."""

    @property
    def name(self) -> str:
        """Name of the answer's file, less its ending; the same each time that it is given."""
        # Of letters that every system writes alike, and never a hidden file.
        plain = "".join(_shown(sign) for sign in self.file_name).lstrip(".") or "file"
        return f"{plain[:_LONGEST_NAME]}.{self.submission_id.rpartition('@')[2]}.answer"

    @property
    def files(self) -> Mapping[str, bytes]:
        """Name of each file → its bytes, the one that is sent where only one can be first."""
        return {f"{self.name}.json": self.content, f"{self.name}.md": self.page}


@dataclass(frozen=True, slots=True)
class OwedLetter:
    """A weekly letter that a provider has not got yet."""

    submission_id: str
    """Its id in the ledger: it stands there beside the answers."""
    name: str
    """Name of its files, less the ending; the same each time that it is given."""
    page: bytes
    text: bytes
    attempt: int = 0

    @property
    def files(self) -> Mapping[str, bytes]:
        """Name of each file → its bytes, the one that is sent where only one can be first."""
        return {f"{self.name}.html": self.page, f"{self.name}.txt": self.text}


OwedDocument = OwedAnswer | OwedLetter


def _shown(sign: str) -> str:
    return sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_"
