"""Figures, times and units as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_LONDON = ZoneInfo("Europe/London")


def number(value: float | None) -> str:
    """Thousands with commas, and at most one decimal: 1,234 or 87.4."""
    if value is None:
        return "no value"
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def figure(value: float | None, unit: str) -> str:
    """The value with its unit, where that is short; long durations as hours and minutes."""
    if value is None:
        return "no value"
    if unit == "%":
        return f"{value:.1f}%"
    if unit == "seconds":
        return duration(value)
    if unit == "minutes":
        return duration(value * 60)
    return number(value)


def signed(value: float, unit: str) -> str:
    """A difference with its sign: +1,234 or −2 min 3 s."""
    told = figure(abs(value), unit)
    sign = "+" if value > 0 else "\u2212"
    return told if told == figure(0, unit) else f"{sign}{told}"


def unit_told(unit: str) -> str:
    """The unit that stands beside the figure; empty where the figure says it."""
    return "" if unit in ("%", "seconds", "minutes") else unit


def duration(seconds: float) -> str:
    """Hours and minutes, minutes and seconds, or seconds."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole} s"


def london(moment: datetime) -> datetime:
    """A stored instant as clocks in London show it."""
    return moment.replace(tzinfo=UTC).astimezone(_LONDON)


def clock(moment: datetime | None) -> str:
    """A stored instant as day and time in London: Thu 26 Nov 08:15."""
    return "" if moment is None else f"{london(moment):%a %-d %b %H:%M}"


def slot_told(moment: datetime, *, is_day: bool) -> str:
    """A slot's start in London, or the London day that it is: Thu 26 Nov."""
    return f"{moment:%a %-d %b}" if is_day else clock(moment)


def slot_named(moment: datetime, *, is_day: bool) -> str:
    """The slot as machines read it: a UTC instant, or the London day."""
    return moment.date().isoformat() if is_day else instant(moment)


def instant(moment: datetime | None) -> str:
    """A stored instant as machines read it."""
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
