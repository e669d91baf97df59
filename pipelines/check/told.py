"""What a check found, as rows of text: the terminal and the page tell the same."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.findings.status import Status
from pipelines.registry.table_map import TableMap

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.registry.feed import Feed
    from pipelines.registry.format import Reading


_VERDICTS = {
    Status.ACCEPTED: "Would be accepted. Every row would be loaded.",
    Status.ACCEPTED_WITH_REJECTIONS: "Would be accepted, but what is listed would be kept out.",
    Status.REJECTED: "Would be rejected. Nothing would be loaded; the reason is below.",
    Status.EMPTY: "Nothing to load. The file holds nothing for this collection.",
    Status.DUPLICATE: "The same file again. It would change nothing.",
}
"""What each status means to who is about to send the file."""


def verdict_told(status: str) -> str:
    """What would become of the file."""
    return _VERDICTS[Status(status)]


def headings_rows(feed: "Feed", headings: "Sequence[HeadingTold]") -> list[tuple[Any, ...]]:
    """A line for each column and for each heading that stands for none.

    It has the column, the headings expected, the one found, its letter, how it is read, a remark.
    """
    form = feed.format
    not_reported: dict[str, str] = form.not_reported if isinstance(form, TableMap) else {}
    lines = []
    for one in headings:
        if one.constant is not None:
            remark = f"always '{one.constant}', as the feed file says"
        elif one.column in not_reported:
            remark = f"not reported: {not_reported[one.column]}"
        elif one.column is None:
            meant = f"; '{one.likely}' is expected" if one.likely else ""
            remark = f"stands for no column{meant}"
        elif one.found is None:
            remark = f"not found; '{one.likely}' may be meant" if one.likely else "not found"
        else:
            remark = ""
        read_as = _read_as(form.reading(one.column)) if one.column and one.found else ""
        lines.append((one.column, " | ".join(one.expected), one.found, one.letter, read_as, remark))
    return lines


def _read_as(reading: "Reading") -> str:
    """How the feed file says that the column's texts are written; empty where it says nothing."""
    told = [reading.given_in or "", reading.format or ""]
    told.append(reading.zone if reading.zone != "offset" else "")
    told.append("named by the end" if reading.labelled_by == "end" else "")
    told.append(f"without {', '.join(map(repr, words))}" if (words := _words_of(reading)) else "")
    return ", ".join(one for one in told if one)


def _words_of(reading: "Reading") -> tuple[str, ...]:
    return (*reading.prefixes, *reading.suffixes)


def value_told(value: Any) -> str:
    """The value as the tables hold it."""
    if value is None:
        return "(no value)"
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


def figure_told(value: float | None) -> str:
    """The figure, with no more decimals than it needs."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
