"""The folder of kept letters: of each provider one a week, as a page and as plain text.

    letters/<provider>/<week>.html|.txt      the letter of the week
    letters/<provider>/<week>.1.html|.txt    a later look at it, with what was known by then

An edition is never overwritten. Its page is written last: a letter without a page is not kept yet.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipelines.base.state.documents import kept_state, list_documents, write_document

FOLDER = "letters"
_ID_BEGINS = "letter:"
_ID = re.compile(r"letter:(?P<provider>[^/ ]+)/(?P<stem>\d{4}-W\d{2}(?:\.[1-9]\d{0,5})?)", re.ASCII)
_NAME = re.compile(r"(?P<week>\d{4}-W\d{2})(?:\.(?P<edition>[1-9]\d{0,5}))?\.html", re.ASCII)


@dataclass(frozen=True)
class KeptLetter:
    """One edition of the letter of a provider and a week; the first edition is 0."""

    provider: str
    week: str
    """As in 2026-W47."""
    edition: int = 0

    @property
    def stem(self) -> str:
        """The name of its files without the ending."""
        return self.week if self.edition == 0 else f"{self.week}.{self.edition}"

    @property
    def letter_id(self) -> str:
        """What the ledger calls it while it is owed."""
        return f"{_ID_BEGINS}{_plain(self.provider)}/{self.stem}"

    @property
    def name(self) -> str:
        """Name of its files where those of all providers stand in one folder, less the ending."""
        return f"{_plain(self.provider)}.{self.stem}.letter"

    def path(self, home: Path, kind: str) -> Path:
        """Where it stands, as 'html' or 'txt'."""
        return home / FOLDER / _plain(self.provider) / f"{self.stem}.{kind}"


@dataclass(frozen=True)
class LetterFiles:
    """What a provider is sent of a letter."""

    name: str
    """Of both, less the ending."""
    page: bytes
    text: bytes


def editions_of(home: Path, provider: str, week: str) -> list[KeptLetter]:
    """The editions that are kept of the week, the first one first."""
    folder = KeptLetter(provider, week).path(home, "html").parent
    found = []
    for path in list_documents(home, folder):
        told = _NAME.fullmatch(path.name)
        if told and told["week"] == week:
            found.append(KeptLetter(provider, week, int(told["edition"] or 0)))
    return sorted(found, key=lambda one: one.edition)


def keep_letter(home: Path, letter: KeptLetter, page: str, text: str) -> Path:
    """The letter is kept, and would be after a power cut; its page."""
    target = letter.path(home, "html")
    write_document(home, letter.path(home, "txt"), text.encode())
    write_document(home, target, page.encode())
    return target


def is_letter(document_id: str) -> bool:
    """Whether what is owed under that id is a letter, and no answer."""
    return document_id.startswith(_ID_BEGINS)


def read_letter(home: Path, letter_id: str) -> LetterFiles | None:
    """The files of the letter that is owed under that id; None while it is not kept."""
    told = _ID.fullmatch(letter_id)
    if told is None:
        return None
    page = home / FOLDER / told["provider"] / f"{told['stem']}.html"
    try:
        name, read = f"{told['provider']}.{told['stem']}.letter", kept_state(home).read
        return LetterFiles(name, read(page), read(page.with_suffix(".txt")))
    except FileNotFoundError:
        return None


def _plain(provider: str) -> str:
    """The provider's code as a name of a folder, another for each code."""
    return quote(provider, safe="").replace(".", "%2E")
