"""A letter as a page that mail programs show and printers print, and as plain text."""

import re
from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap

from dashboard.desk import templates
from dashboard.letters.letter_figures import FeedWeek, Letter
from dashboard.words import clock, number

_WIDTH = 76
_COLUMN = 24
"""Signs of a column of figures; the longest has 22: 1,234 of 1,234 (100.0%)."""
_LABELS = (
    ("late", "Slots late"),
    ("missing", "Slots missing"),
    ("files", "Files"),
    ("refused", "Files refused"),
    ("rows_loaded", "Rows loaded"),
    ("rows_kept_out", "Rows kept out"),
    ("values_rejected", "Values kept out"),
    ("rows_revised", "Rows revised"),
)
_OF_SLOTS = ("late", "missing")


def letter_page(letter: Letter, made_at: datetime, link: str) -> str:
    """The letter as HTML: styles stand in its elements, and it needs nothing from elsewhere.

    `made_at` of the publication that it was made of, as stored; `link` may be empty.
    """
    template = templates().get_template("letter.html.j2")
    foot = _foot(made_at)
    return template.render(letter=letter, figures=figures_of, foot=foot, link=link)


def letter_text(letter: Letter, made_at: datetime, link: str) -> str:
    """The same as plain text, its lines at most 76 signs long where words allow it."""
    told = "\n".join(_lines(letter, made_at, link))
    return re.sub(r"\n{3,}", "\n\n", told) + "\n"


def figures_of(one: FeedWeek) -> Iterator[tuple[str, str, str]]:
    """What is told of a feed: a label, the week's figure, and that of the week before."""
    yield "Slots on time", one.on_time_told, one.before_told
    for name, label in _LABELS:
        if name in _OF_SLOTS and not one.counts["expected"]:
            continue
        before = "not known" if one.before is None else number(one.before[name])
        yield label, number(one.counts[name]), before
        if name == "values_rejected":
            yield "Findings", number(one.findings), _findings_before(one)


def _findings_before(one: FeedWeek) -> str:
    return "not known" if one.findings_before is None else number(one.findings_before)


def _foot(made_at: datetime) -> str:
    return (
        f"Made of what was published {clock(made_at)}; times as in London. What is to be done is "
        "as it stood then. The figures are aggregates: nothing of a patient is in this letter."
    )


def _lines(letter: Letter, made_at: datetime, link: str) -> Iterator[str]:
    yield from _wrapped(f"{letter.name} ({letter.code})")
    yield from _wrapped(
        f"Your urgent and emergency care feeds, {letter.week.told} (week {letter.week.name})"
    )
    yield ""
    yield from _wrapped(letter.lead)
    if letter.to_do:
        yield from _titled("What to do")
    for place, one in enumerate(letter.to_do, start=1):
        code = f" ({one.code})" if one.code else ""
        yield from _wrapped(
            f"{place}. {one.what}{code}. {one.feed_title}. {one.cost_told}.", "", "   "
        )
        told = f"{one.file}{' - ' if one.place else ''}{one.place}"
        for label, words in (
            ("", one.why), ("File: ", told if one.file else ""), ("Do: ", one.fix),
            ("Send again: ", one.again), ("", f"Since {clock(one.since)}. {one.later}".strip()),
        ):  # fmt: skip
            if words:
                yield from _wrapped(f"{label}{words}", "   ")
        yield ""
    yield from _titled("The week in figures")
    for feed in letter.feeds:
        yield from _wrapped(feed.feed["title"])
        yield f"  {'':20}{'This week':>{_COLUMN}}{'Week before':>{_COLUMN}}"
        for label, now, before in figures_of(feed):
            yield f"  {label:20}{now:>{_COLUMN}}{before:>{_COLUMN}}"
        yield ""
    for note in letter.notes:
        yield from _wrapped(note)
    for title, lines in (("What was revised", letter.revised), ("What comes", letter.coming)):
        if lines:
            yield from _titled(title)
            for line in lines:
                yield from _wrapped(f"- {line}", "", "  ")
    yield ""
    yield from _wrapped(_foot(made_at))
    if link:
        yield f"Your page: {link}"


def _titled(title: str) -> Iterator[str]:
    yield from ("", title, "-" * len(title))


def _wrapped(text: str, indent: str = "", hanging: str = "") -> list[str]:
    return wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent + hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
