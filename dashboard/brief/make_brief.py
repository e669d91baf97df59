"""Makes the brief of a day and keeps it: the same for the command and the DAG.

The page is kept before its PDF is made, and the PDF is made of the page that is kept. A run that
found no Pango, or died in between, leaves a page; the next one makes its PDF and nothing else.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from dashboard.brief.brief_page import Occasion, write_brief
from dashboard.brief.brief_pdf import PdfNotMade, make_pdf
from dashboard.brief.kept_briefs import brief_before, brief_path, keep_page, keep_pdf, put_aside
from pipelines.base.clock import london_date, now
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import Retryable, UsageError
from pipelines.base.locks import held_lock
from pipelines.base.settings import settings
from pipelines.base.state.documents import kept_state, stamp_document
from pipelines.registry.registry import load_registry
from warehouse.publish.publications import current_path
from warehouse.store.stored_time import as_stored

_MADE_AT = re.compile(r"uec-(\d{8}T\d{6})Z-")


class BriefBusy(Retryable):
    """Another process makes a brief of this home."""


@dataclass(frozen=True)
class MadeBrief:
    """What became of the brief of a day."""

    day: date
    page: Path
    pdf: Path | None
    is_new: bool
    """False where the page was kept already and stays as it is."""
    put_aside: str | None = None
    """The name of the one that it replaces, without the ending."""
    why_no_pdf: str = ""


@disk_faults_told()
def make_brief(
    home: Path, publication: Path | None = None, day: date | None = None, *, again: bool = False
) -> MadeBrief:
    """The brief of the day is kept, as a page and a PDF; one that is kept is not overwritten.

    Without a day it is today's in London, or that of the publication that is named; without a
    publication it is the current one, or of a past day the newest on the disk that was made on it.
    Raises `UsageError` where there is none.
    """
    moment = now()
    file, day = _chosen(home, publication, day, london_date(moment))
    with held_lock(home, "brief", BriefBusy, "The folder of briefs"):
        page_path = brief_path(home, day, "html")
        is_new = again or stamp_document(home, page_path) is None
        replaced = None
        if is_new:
            occasion = Occasion(day, as_stored(moment), brief_before(home, day))
            page = _written(file, occasion)
            replaced = put_aside(home, day)
            keep_page(home, day, page)
        pdf_path, why = _keep_pdf_of(home, day, page_path)
    return MadeBrief(day, page_path, pdf_path, is_new, replaced, why)


def make_daily_brief() -> str:
    """`make_brief` of today on the configured home; what was kept. Raises `PdfNotMade`."""
    made = make_brief(settings().root)
    if made.why_no_pdf:
        raise PdfNotMade(made.why_no_pdf)
    return f"{made.page.name}{'' if made.is_new else ', which was kept already'}"


def _written(file: Path, occasion: Occasion) -> bytes:
    import duckdb

    try:
        return write_brief(file, load_registry(), occasion)
    except duckdb.CatalogException as error:
        raise UsageError(
            f"{file.name} lacks tables that a brief needs; an older release made it. Run "
            "`sitrep publish` to make one that has them."
        ) from error


def _keep_pdf_of(home: Path, day: date, page: Path) -> tuple[Path | None, str]:
    path = brief_path(home, day, "pdf")
    if stamp_document(home, path) is not None:
        return path, ""
    try:
        return keep_pdf(home, day, make_pdf(kept_state(home).read(page))), ""
    except PdfNotMade as error:
        return None, str(error)


def _chosen(
    home: Path, publication: Path | None, day: date | None, today: date
) -> tuple[Path, date]:
    """The publication and the day of the brief."""
    if day is not None and day > today:
        raise UsageError(f"{day} is not yet: today is {today} in London.")
    if publication is not None:
        if not publication.is_file():
            raise UsageError(
                f"There is no publication {publication}. Name a file like uec-….duckdb."
            )
        file = publication.resolve()
        made_on = _made_on(file)
        if day is not None and made_on is not None and made_on > day:
            raise UsageError(
                f"{file.name} was made on {made_on}, after {day}: a brief says what was known on "
                "its day. Name a publication of that day or an earlier one, or leave out --day."
            )
        return file, day or made_on or today
    day = day or today
    current = current_path(home)
    if current is None:
        raise UsageError("There is no publication yet. Run `sitrep publish` to make one.")
    return (current if day == today else _newest_of(home, day)), day


def _newest_of(home: Path, day: date) -> Path:
    """The newest publication on the disk that was made on that London day."""
    files = sorted((home / "publications").glob("uec-*.duckdb"))
    made = [(one, _made_on(one)) for one in files]
    found = [one for one, made_on in made if made_on == day]
    if not found:
        days = sorted({f"{made_on}" for _, made_on in made if made_on})
        raise UsageError(
            f"No publication of {day} is on the disk, only of {', '.join(days)}. Name a file with "
            "--publication, or ask `sitrep as-of` what was known then."
        )
    return found[-1]


def _made_on(file: Path) -> date | None:
    """The London day on which a publication was made, by its name."""
    told = _MADE_AT.match(file.name)
    if told is None:
        return None
    return london_date(datetime.strptime(told[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC))
