"""The folder of kept briefs: a page and a PDF for each London day, and who may be opened."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.base.state.documents import (
    kept_state,
    list_documents,
    move_document,
    write_document,
    write_documents,
)

FOLDER = "briefs"
STYLE = "brief.css"
"""The style sheet, beside the pages so that they can be opened from the folder too."""
_ASSETS = Path(__file__).parents[1] / "assets"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([1-9]\d{0,5}))?\.(html|pdf)", re.ASCII)
_MADE_AT = re.compile(rb'<meta name="publication-made-at" content="([0-9T:Z-]{20})">')
_HEAD_BYTES = 4096


@dataclass(frozen=True, order=True)
class KeptBrief:
    """A brief of a day; those that a newer one replaced are numbered from 1."""

    day: date
    number: int | None
    kinds: tuple[str, ...]
    """Of 'html' and 'pdf', those that are kept."""

    @property
    def stem(self) -> str:
        """The name of its files without the ending."""
        return f"{self.day}" if self.number is None else f"{self.day}.{self.number}"


def style_sheet() -> bytes:
    """The style sheet of briefs."""
    return (_ASSETS / STYLE).read_bytes()


def brief_path(home: Path, day: date, kind: str) -> Path:
    """Where the brief of a day stands, as 'html' or 'pdf'."""
    return home / FOLDER / f"{day}.{kind}"


def kept_briefs(home: Path) -> list[KeptBrief]:
    """All briefs, the newest day first; of a day the one that counts, then the ones it replaced."""
    kinds: dict[tuple[date, int | None], list[str]] = {}
    for day, number, kind, _ in _files(home):
        kinds.setdefault((day, number), []).append(kind)
    found = [KeptBrief(day, number, tuple(sorted(own))) for (day, number), own in kinds.items()]
    found.sort(key=lambda one: (-one.day.toordinal(), one.number is not None, -(one.number or 0)))
    return found


def kept_file(home: Path, name: str) -> Path | None:
    """The kept file of that name; None where there is none, whatever the name may say."""
    return next((path for _, _, _, path in _files(home) if path.name == name), None)


def _files(home: Path) -> Iterator[tuple[date, int | None, str, Path]]:
    for path in list_documents(home, home / FOLDER):
        told = _NAME.fullmatch(path.name)
        if told is None:
            continue
        try:
            day = date.fromisoformat(told[1])
        except ValueError:
            continue
        yield day, int(told[2]) if told[2] else None, told[3], path


def keep_page(home: Path, day: date, page: bytes) -> Path:
    """The page and its style sheet are kept, and would be after a power cut."""
    target = brief_path(home, day, "html")
    write_documents(home, {target.with_name(STYLE): style_sheet(), target: page})
    return target


def keep_pdf(home: Path, day: date, pdf: bytes) -> Path:
    """The PDF is kept, and would be after a power cut."""
    target = brief_path(home, day, "pdf")
    write_document(home, target, pdf)
    return target


def put_aside(home: Path, day: date) -> str | None:
    """The brief of the day has a number, and its place is free; its new name without the ending."""
    own = [one for one in kept_briefs(home) if one.day == day]
    replaced = next((one for one in own if one.number is None), None)
    if replaced is None:
        return None
    number = max((one.number or 0 for one in own), default=0) + 1
    aside = KeptBrief(day, number, replaced.kinds)
    # The page last: as long as it stands, the brief of the day is kept.
    for kind in sorted(replaced.kinds, reverse=True):
        path = brief_path(home, day, kind)
        move_document(home, path, path.with_name(f"{aside.stem}.{kind}"))
    return aside.stem


def brief_before(home: Path, day: date) -> datetime | None:
    """When the publication of the newest brief of an earlier day was made, a stored instant."""
    for one in kept_briefs(home):
        if one.day < day and one.number is None and "html" in one.kinds:
            page = kept_state(home).read(brief_path(home, one.day, "html"))
            told = _MADE_AT.search(page[:_HEAD_BYTES])
            return datetime.strptime(told[1].decode(), "%Y-%m-%dT%H:%M:%SZ") if told else None
    return None
