"""In which form the dates and times of a column are written, told by all of its values.

A form is taken where it alone reads every value, or where all that do read the same from them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from pipelines.base.clock import london_date
from pipelines.conform.written_times import read_midnight, without_seconds
from pipelines.registry.written_forms import EPOCHS, EXCEL_DAYS, read_epoch, read_excel_days

_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%Y/%m/%d",
    "%Y.%m.%d", "%Y%m%d", "%d%m%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y",
    "%y-%m-%d", "%d.%m.%y", "%m.%d.%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y",
    "%d-%b-%y", "%d %b %y", "%d/%b/%Y", "%d %B, %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y",
    "%B %d %Y", "%a %d %b %Y", "%a %d %B %Y", "%A %d %B %Y", "%A, %d %B %Y", "%a, %d %b %Y",
    "%a %d/%m/%Y", "%A %d/%m/%Y", "%a %d-%b-%Y", "%a %d-%b-%y", "%Y-%d-%m", "%d%b%Y", "%Y-%b-%d",
    "%Y-%m-%d",
)  # fmt: skip
_TIMES = (
    "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%H.%M", "%H%M", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p",
    "%H:%M:%S%z", "%H:%M%z", "%H:%M %z", "%H:%M:%S %z",
)  # fmt: skip
_BETWEEN = (" ", "T", ", ", " - ", "  ", "-", "_", "")
_YEARS = range(2000, 2100)
"""Years that figures are of: what reads another year from a text reads it wrongly."""
_EXCEL_YEARS = range(2010, 2050)
_EPOCH_LENGTHS = {10: "epoch_seconds", 13: "epoch_milliseconds"}


@dataclass(frozen=True, slots=True)
class DateForms:
    """What the values of a column are as times."""

    forms: tuple[str | None, ...]
    """The forms that read every value otherwise than the others do; None stands for ISO 8601."""
    has_time: bool = False
    has_offset: bool = False
    is_mixed: bool = False
    """Whether some are true dates and others texts: what a program made of texts is not known."""
    deciding: tuple[str, ...] = field(default=())
    """Values that two forms read in two ways."""
    ends_at_24: bool = False

    @property
    def is_read(self) -> bool:
        """Whether any form reads all values."""
        return bool(self.forms)


def find_forms(texts: Iterable[str], as_days: bool = False) -> DateForms:
    """The forms of all those values; `as_days` where what follows the day is to be left out."""
    values = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not values:
        return DateForms(())
    # `24:00` is the end of a day; and Python has no form for it.
    ends = any("24:00" in one for one in values)
    iso = [one for one in values if _read(one, None) is not None]
    is_all_digits = all(one.isdigit() for one in values)
    if as_days and any(_has_hours(one) for one in iso):
        iso = []
    if len(iso) == len(values) and not is_all_digits:
        return _of_iso(values, ends)
    if lengths := {len(one) for one in values if one.isdigit()}:
        form = _EPOCH_LENGTHS.get(min(lengths))
        is_day_and_hour = any(_plain(one, "%Y%m%d%H") for one in values)
        is_count = len(lengths) == 1 and all(_read(one, form) for one in values)
        if form and is_count and not is_day_and_hour:
            return DateForms((form,), True, True)
    if all(_is_excel(one) for one in values):
        has_time = not as_days and any("." in one for one in values)
        return DateForms((EXCEL_DAYS,), has_time, False)
    others = [one for one in values if one not in iso] if iso else values
    if iso and is_all_digits:
        others = values
    read = {form: [_read(one, form) for one in others] for form in _forms_for(others[0])}
    whole = {form: tuple(found) for form, found in read.items() if None not in found}
    distinct: dict[tuple[Any, ...], str] = {}
    for form, found in whole.items():
        meant = tuple(one.date() for one in found if one) if as_days else found
        distinct.setdefault(meant, form)
    forms = tuple(distinct.values())
    deciding: tuple[str, ...] = ()
    if len(forms) > 1:
        pairs = zip(others, *distinct, strict=True)
        deciding = tuple(one for one, *read_as in pairs if len(set(read_as)) > 1)
    has_time = any(_has_time(form) for form in forms)
    has_offset = any("%z" in form for form in forms)
    if as_days and has_offset and any(_is_another_day(one) for one in whole[forms[0]]):
        return DateForms(())
    is_mixed = len(others) < len(values)
    return DateForms(forms, has_time, has_offset, is_mixed, deciding, ends)


def _of_iso(values: Sequence[str], ends: bool) -> DateForms:
    read = [found for one in values if (found := _read(one, None)) is not None]
    has_time = any(":" in one for one in values)
    has_offset = all(one.tzinfo is not None for one in read)
    is_mixed = not has_offset and any(one.tzinfo is not None for one in read)
    return DateForms((None,), has_time, has_offset, is_mixed, (), ends)


def find_times_of_day(texts: Iterable[str]) -> tuple[str, ...]:
    """The forms of times of day that read every value; none where a value is no such time."""
    values = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    day = "2026-11-20"
    return tuple(
        form
        for form in _TIMES
        if values and all(_read(f"{day} {one}", f"%Y-%m-%d {form}") is not None for one in values)
    )


def _forms_for(value: str) -> list[str]:
    """The forms that read that value; the others read not all of them."""
    shape = _shape_of(value)
    days = [form for form in _DAYS if _form_shape(form) == shape and _read(value, form)]
    if days:
        return days
    forms = (f"{day}{between}{time}" for day in _DAYS for between in _BETWEEN for time in _TIMES)
    return [
        form for form in forms if _may_have_shape(form, shape) and _read(value, form) is not None
    ]


def _shape_of(text: str) -> str:
    """Runs of digits as 9, of letters as a: to build every form's own pattern takes a second."""
    return re.sub("[A-Za-z]+", "a", re.sub("[0-9]+", "9", text))


def _may_have_shape(form: str, shape: str) -> bool:
    own = _form_shape(form)
    return shape.startswith(own.removesuffix("%z")) if own.endswith("%z") else shape == own


@lru_cache(maxsize=8192)
def _form_shape(form: str) -> str:
    plain, zone, _ = form.partition("%z")
    marked = re.sub("%[bBaAp]", "a", re.sub("%[dmYyHMSIf]", "9", plain))
    return re.sub("9+", "9", re.sub("[A-Za-z]+", "a", marked)) + zone


@lru_cache(maxsize=8192)
def _glued(form: str) -> tuple[tuple[int, int], ...]:
    """Of each run of numbers of the form, how many fields it has and how many digits they take."""
    runs = re.findall("(?:%[dmYyHMSI])+", form)
    return tuple((len(run) // 2, len(run) + 2 * run.count("%Y")) for run in runs)


def _fits_digits(text: str, form: str) -> bool:
    """Whether numbers without a sign between them have all their digits.

    Python reads 08 of 2026112008 as eight minutes past midnight.
    """
    runs = re.findall("[0-9]+", text)
    glued = _glued(form)
    return len(runs) < len(glued) or all(
        fields == 1 or len(run) == digits
        for run, (fields, digits) in zip(runs, glued, strict=False)
    )


def _is_another_day(moment: datetime | None) -> bool:
    """Whether the day that is written is not the one in London: which is meant is not told."""
    return moment is not None and london_date(moment) != moment.date()


def _is_excel(text: str) -> bool:
    """Whether it is a spreadsheet's count of days in years that figures are of."""
    counted = read_excel_days(text)
    return counted is not None and counted.year in _EXCEL_YEARS


def _has_hours(text: str) -> bool:
    return re.search(r"[T ](?!00:00(:00(\.0+)?)?$)", text) is not None


def _has_time(form: str) -> bool:
    return "%H" in form or "%I" in form or form in EPOCHS


def _read(text: str, form: str | None) -> datetime | None:
    """As the pipeline reads it: seconds of 00 may stand there or not, 24:00 is a midnight."""
    if not text.isascii():
        return None
    if form is not None and form in EPOCHS:
        instant = read_epoch(text, form)
        return instant if instant and instant.year in _YEARS else None
    found = _plain(text, form)
    if found is None and form and (plain := without_seconds(text)) != text:
        found = _plain(plain, form)
    return found or read_midnight(text, lambda plain: _plain(plain, form))


def _plain(text: str, form: str | None) -> datetime | None:
    if form and not _fits_digits(text, form):
        return None
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None
