"""Answers on their way back to who sent the submission."""

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


def _shown(sign: str) -> str:
    return sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_"
