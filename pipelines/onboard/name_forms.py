"""What the names of a provider's files tell: their pattern, and the time that stands in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from pipelines.onboard.open_questions import Answers

_FORMS = (
    (r"\d{8}T\d{6}", ("%Y%m%dT%H%M%S",)),
    (r"\d{8}T\d{4}", ("%Y%m%dT%H%M",)),
    (r"\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}", ("%Y-%m-%dT%H-%M-%S",)),
    (r"\d{4}-\d{2}-\d{2}[ _]\d{2}-\d{2}-\d{2}", ("%Y-%m-%d_%H-%M-%S", "%Y-%m-%d %H-%M-%S")),
    (r"\d{4}-\d{2}-\d{2}[ _]\d{4}", ("%Y-%m-%d_%H%M", "%Y-%m-%d %H%M")),
    (r"\d{8}[_-]\d{6}", ("%Y%m%d_%H%M%S", "%Y%m%d-%H%M%S")),
    (r"\d{8}[_-]\d{4}", ("%Y%m%d_%H%M", "%Y%m%d-%H%M", "%d%m%Y_%H%M", "%d%m%Y-%H%M")),
    (r"\d{14}", ("%Y%m%d%H%M%S",)),
    (r"\d{12}", ("%Y%m%d%H%M",)),
    (r"\d{4}-\d{2}-\d{2}", ("%Y-%m-%d",)),
    (r"\d{4}_\d{2}_\d{2}", ("%Y_%m_%d",)),
    (r"\d{1,2}[ _-](?i:[a-z]{3,9})[ _-]\d{4}", (
        "%d %b %Y", "%d-%b-%Y", "%d_%b_%Y", "%d %B %Y", "%d-%B-%Y", "%d_%B_%Y")),
    (r"\d{2}(?i:[a-z]{3})\d{4}", ("%d%b%Y",)),
    (r"\d{2}-\d{2}-\d{4}", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"\d{2}\.\d{2}\.\d{4}", ("%d.%m.%Y", "%m.%d.%Y")),
    (r"\d{2}_\d{2}_\d{4}", ("%d_%m_%Y", "%m_%d_%Y")),
    (r"\d{8}", ("%Y%m%d", "%d%m%Y", "%m%d%Y")),
    (r"\d{2}-\d{2}-\d{2}", ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d")),
    (r"\d{2}\.\d{2}\.\d{2}", ("%d.%m.%y", "%m.%d.%y", "%y.%m.%d")),
    (r"\d{6}", ("%d%m%y", "%y%m%d", "%m%d%y")),
)  # fmt: skip
_YEARS = range(2000, 2100)
_NEAR, _FAR = timedelta(days=14), timedelta(days=180)
"""How far from the days of its rows a file's own day may be, and how far another reading is."""
_COPY = re.compile(r"(?: ?\(\d{1,2}\)|[ _-](?:copy|v\d{1,2}|final))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NameRead:
    """What stands in a feed file of the names of its files."""

    pattern: str
    file_time: dict[str, str] | None
    has_time_of_day: bool = False
    is_by_rows: bool = False
    """Whether the days of the rows told which part of the name's day is which."""


def read_names(names: Sequence[str], answers: Answers, days: Sequence[date] = ()) -> NameRead:
    """The pattern that the names have, and the form of the time in them.

    Of two readings of a day, the one near the `days` of the rows is taken where the others are
    far from them.
    """
    stems = [_plain_stem(name) for name in names]
    suffix = PurePosixPath(names[0]).suffix
    for shape, forms in _FORMS:
        bounded = rf"(?<!\d)({shape})(?!\d)"
        found = [re.findall(bounded, stem) for stem in stems]
        if not all(len(own) == 1 for own in found):
            continue
        texts = [own[0] for own in found]
        reading = {form: _read_all(texts, form) for form in forms}
        fitting = {form: read for form, read in reading.items() if read}
        if not fitting:
            continue
        distinct = {read: form for form, read in reversed(fitting.items())}
        form: str | None = next(iter(fitting))
        by_rows: str | None = None
        if len(distinct) > 1 and "file_time.format" not in answers.given:
            by_rows = _form_near(distinct, days)
        if by_rows is not None:
            form = by_rows
        elif len(distinct) > 1:
            form = answers.ask(
                "file_time.format",
                "file",
                "The day in the file's name can be read in two ways.",
                {one: f"{texts[0]} is {read[0]:%d %B %Y}" for read, one in distinct.items()},
                texts,
            )
        pattern = f"{_starred(stems[0], bounded)}{suffix}"
        if form is None:
            return NameRead(pattern, None)
        file_time = {"pattern": bounded, "format": form}
        return NameRead(pattern, file_time, "%H" in form, by_rows is not None)
    return NameRead(f"{_escaped(_common(stems))}*{suffix}", None)


def _form_near(distinct: Mapping[tuple[datetime, ...], str], days: Sequence[date]) -> str | None:
    """The form whose days are near those of the rows, where those of all others are far away."""
    if not days:
        return None
    first, last = min(days), max(days)
    away = {
        form: max(max(first - one.date(), one.date() - last, timedelta(0)) for one in read)
        for read, form in distinct.items()
    }
    near = [form for form, far in away.items() if far <= _NEAR]
    far_off = [form for form, far in away.items() if far >= _FAR]
    return near[0] if len(near) == 1 and len(near) + len(far_off) == len(away) else None


def _read_all(texts: Sequence[str], form: str) -> tuple[datetime, ...]:
    """The times of all texts by that form; empty where one is no such time."""
    found = []
    for text in texts:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            return ()
        if moment.year not in _YEARS:
            return ()
        found.append(moment)
    return tuple(found)


def _plain_stem(name: str) -> str:
    stem = PurePosixPath(name).stem
    while (shorter := _COPY.sub("", stem)) != stem:
        stem = shorter
    return stem


def _starred(stem: str, bounded: str) -> str:
    """The stem with a star in place of its time, and of numbers that follow."""
    found = re.search(bounded, stem)
    assert found is not None
    after = re.sub(r"\d+", "*", _escaped(stem[found.end() :])).strip(" _-")
    return f"{_escaped(stem[: found.start()])}*{f'{after}*' if after else ''}".replace("**", "*")


def _escaped(text: str) -> str:
    """The text as a pattern of names takes it literally."""
    return re.sub(r"([\[?*])", r"[\1]", text)


def _common(stems: Sequence[str]) -> str:
    """What all stems begin with, without the numbers at its end."""
    first = stems[0]
    while not all(stem.startswith(first) for stem in stems):
        first = first[:-1]
    return re.sub(r"[\d_ .-]+$", "", first) if len(stems) > 1 else first
