"""Headings expected and found, with what is to be said of each."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipelines.check.checked import HeadingChecked
from pipelines.registry.feed import Feed
from pipelines.registry.table_map import TableMap

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.registry.format import Reading


def check_headings(feed: Feed, told: "Iterable[HeadingTold]") -> Iterator[HeadingChecked]:
    """A line for each column, and for each heading that stands for none."""
    form = feed.format
    not_reported: dict[str, str] = form.not_reported if isinstance(form, TableMap) else {}
    for one in told:
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
        yield HeadingChecked(one.column, one.expected, one.found, one.letter, read_as, remark)


def columns_lacking(headings: Iterable[HeadingChecked]) -> list[str]:
    """The columns that the file should have and does not have."""
    return [
        one.column
        for one in headings
        if one.column and one.found is None and one.remark.startswith("not found")
    ]


def _read_as(reading: "Reading") -> str:
    """How the feed file says that the column's texts are written; empty where it says nothing."""
    told = [reading.given_in or "", reading.format or ""]
    told.append(reading.zone if reading.zone != "offset" else "")
    named = {"start": "", "end": "named by the end", "both": "named by start and end"}
    told.append(named[reading.labelled_by])
    words = (*reading.prefixes, *reading.suffixes)
    told.append(f"without {', '.join(map(repr, words))}" if words else "")
    return ", ".join(one for one in told if one)
