"""The report of a check as one HTML page that needs nothing beside it."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from pipelines.check.checked import Checked
from pipelines.check.problems import problems_of
from pipelines.check.understood_rows import number_told, rows_understood, value_told
from pipelines.findings.status import Status

_FOLDER = Path(__file__).parent
_TONES = {
    Status.ACCEPTED: "good",
    Status.ACCEPTED_WITH_REJECTIONS: "part",
    Status.EMPTY: "part",
    Status.DUPLICATE: "part",
    Status.REJECTED: "bad",
}
_MOST_LEVELS = 200
"""Lines of the comparison that a page shows; those far outside come first."""


def report_page(checked: Checked, back: str | None = None) -> str:
    """The page; `back` is the address of a form for another file, where there is one."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        thousands=lambda number: f"{number:,}",
        number=number_told,
        value=value_told,
        by_row=rows_understood,
        problems=problems_of,
        tone=tone_of,
    )
    page = made.get_template("check_report.html.j2").render(
        checked=checked, style=Markup(page_style()), back=back, most_levels=_MOST_LEVELS
    )
    return page.lstrip()


def style_source() -> str:
    """The page's style as a content security policy names it."""
    return f"'sha256-{b64encode(sha256(page_style().encode()).digest()).decode()}'"


def tone_of(status: str) -> str:
    """How the status looks: good, part or bad."""
    return _TONES[Status(status)]


def page_style() -> str:
    """The style sheet of the report."""
    return (_FOLDER / "check_report.css").read_text("utf-8")
