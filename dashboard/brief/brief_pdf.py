"""The brief as a tagged PDF (PDF/UA-1), from the very page that is kept; nothing is fetched."""

from typing import TYPE_CHECKING, Any

from dashboard.brief.kept_briefs import STYLE, style_sheet
from pipelines.base.errors import SitrepError

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher

_BASE = "https://brief.invalid/"
"""Where the page stands for the maker of the PDF: nowhere."""


class PdfNotMade(SitrepError):
    """The libraries of the system that a PDF needs are not there; the page is kept without it."""


def make_pdf(page: bytes) -> bytes:
    """The page as PDF. Raises `PdfNotMade` where Pango or HarfBuzz are not installed."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError
    except OSError as error:
        raise PdfNotMade(
            "The PDF could not be made: libraries of the system are missing. Install them "
            "(apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0) and run "
            f"`sitrep brief` again; it makes the PDF of the page that is kept. ({error})"
        ) from error
    html = HTML(
        string=page.decode(), encoding="utf-8", base_url=_BASE, url_fetcher=_only_our_style()
    )
    try:
        made: bytes = html.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:  # of no kind that anybody catches
        raise ValueError(str(error)) from error
    return made


def _only_our_style() -> "URLFetcher":
    """Gives the style sheet of briefs, and refuses all else."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OnlyOurStyle(URLFetcher):  # type: ignore[misc]
        """Reads no file and no address that a page names."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """The style sheet; raises for any other address."""
            if url != _BASE + STYLE:
                raise FatalURLFetchingError(f"A brief has nothing from elsewhere, and not {url}")
            return URLFetcherResponse(url, style_sheet(), {"Content-Type": "text/css"})

    return OnlyOurStyle()
