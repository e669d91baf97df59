"""England's headline figures as the brief says them: of whom, against what, how old."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.desk import ENGLAND, Desk
from dashboard.picture import Row, Series
from dashboard.words import clock, figure, london, unit_told

_NAMED = 12
"""Missing organisations up to which the brief gives their names; of more it gives the codes."""
_WEEKS = 4


@dataclass(frozen=True)
class BriefFigure:
    """A figure in words."""

    label: str
    value: str
    unit: str
    verdict: str
    """'Meets' or 'Misses' before the standard; empty where it has no value or no standard."""
    standard: str
    usual: str
    of_whom: str
    is_partial: bool
    measured: str
    received: str


@dataclass(frozen=True)
class MissingFrom:
    """Who is missing from which figures."""

    figures: str
    who: str


@dataclass(frozen=True)
class BriefSection:
    """A collection's figures, who is missing from them, and the texts that set their standards."""

    collection: str
    title: str
    figures: Sequence[BriefFigure]
    missing: Sequence[MissingFrom]
    sources: Sequence[str]


def brief_sections(desk: Desk) -> list[BriefSection]:
    """The collections that have headline figures now, in the order of the board."""
    return [
        _section(desk, name, rows) for name in desk.shown if (rows := headline_rows(desk, name))
    ]


def headline_rows(desk: Desk, collection: str) -> list[Row]:
    """The rows of England that the collection shows first."""
    rows: list[Row] = desk.section(collection, desk.england, ENGLAND)["headline"]
    return rows


def is_partial(row: Row) -> bool:
    """Whether somebody who is expected did not give it."""
    return bool(row["expected"]) and row["reporting"] < row["expected"]


def of_whom_told(row: Row) -> str:
    """n of m in the unit that people name."""
    if row["expected"] is None:
        return f"{row['reporting']} {row['organisations']}, of how many is not known"
    return f"{row['reporting']} of {row['expected']} {row['organisations']}"


def measured_told(slot_start: datetime | None, slot_end: datetime | None, is_daily: bool) -> str:
    """When a figure was measured: the moment, or the day that it is of."""
    if slot_start is None or slot_end is None:
        return "nothing was given lately"
    return f"all of {london(slot_start):%a %-d %b}" if is_daily else clock(slot_end)


def who_is_missing(missing: str) -> str:
    """The missing organisations: names where they are few, codes where they are many."""
    each = missing.split("; ")
    if len(each) <= _NAMED:
        return "; ".join(each)
    return f"{len(each)}, by their codes: " + ", ".join(one.split(" ")[0] for one in each)


def _section(desk: Desk, name: str, rows: Sequence[Row]) -> BriefSection:
    is_daily = desk.collections[name].cadence.is_daily
    sources = [f"{row['label']}: {row['standard'].source}." for row in rows if row["standard"]]
    return BriefSection(
        name,
        desk.board.title(name),
        [_figure(desk, row, is_daily) for row in rows],
        _missing(rows),
        sources,
    )


def _figure(desk: Desk, row: Row, is_daily: bool) -> BriefFigure:
    verdict, standard = _standard(row)
    series = desk.picture.series_of(ENGLAND, row["collection"], row["measure"])
    return BriefFigure(
        label=row["label"],
        value=figure(row["value"], row["unit"]),
        unit="" if row["value"] is None else unit_told(row["unit"]),
        verdict=verdict,
        standard=standard,
        usual=_usual_day(row, series) if is_daily else _usual(row),
        of_whom=of_whom_told(row),
        is_partial=is_partial(row),
        measured=measured_told(row["slot_start"], row["slot_end"], is_daily),
        received=clock(row["received_at"]),
    )


def _standard(row: Row) -> tuple[str, str]:
    standard, value = row["standard"], row["value"]
    if standard is None:
        return "", ""
    level = standard.at_least if standard.at_least is not None else standard.at_most
    side = "at least" if standard.at_least is not None else "at most"
    told = f"{side} {figure(level, row['unit'])}"
    if value is None:
        return "", told
    return ("Meets" if standard.is_met(value) else "Misses"), told


def usual_of_days(series: Series | None, slot_start: datetime | None) -> tuple[float, float] | None:
    """Lowest and highest of the same weekday in the four weeks before, None where none is held."""
    if series is None or slot_start is None:
        return None
    known = dict(zip(series.times, series.values, strict=True))
    day = london(slot_start).replace(hour=0, minute=0, tzinfo=None)
    weeks = [known.get(day - timedelta(weeks=week)) for week in range(1, _WEEKS + 1)]
    held = [value for value in weeks if value is not None]
    return (min(held), max(held)) if held else None


def _usual(row: Row) -> str:
    """What was usual of those who gave the figure now and then."""
    compared = row["compared"]
    if compared is None:
        return "not compared: too few of the same gave it then" if row["has_usual"] else "not known"
    told = f"{compared.told} {_span(compared.lowest, compared.highest, row['unit'])}"
    if compared.organisations < row["reporting"]:
        now = figure(compared.value, row["unit"])
        who = f"{compared.organisations} {row['organisations']}"
        return f"{told}, of the {who} that gave it then and now: {now} now"
    same = f", of the same {compared.organisations} {row['organisations']}"
    return f"{told}{same if is_partial(row) else ''}"


def _span(low: float, high: float, unit: str) -> str:
    told = [figure(one, unit) for one in (low, high)]
    return " to ".join(dict.fromkeys(told))


def _usual_day(row: Row, series: Series | None) -> str:
    usual = usual_of_days(series, row["slot_start"])
    if usual is None:
        return "not known"
    span, value = _span(*usual, row["unit"]), row["value"]
    if value is None:
        return span
    if is_partial(row):
        return f"{span}; not compared"
    where = "Above" if value > usual[1] else "Below" if value < usual[0] else "Within"
    return f"{where} {span}"


def _missing(rows: Iterable[Row]) -> list[MissingFrom]:
    """Each set of missing organisations once, with the figures that lack them."""
    rows = list(rows)
    lacking: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["missing"]:
            lacking[row["missing"]].append(row["label"])
    return [
        MissingFrom(
            "all figures" if len(labels) == len(rows) > 1 else ", ".join(labels),
            who_is_missing(missing),
        )
        for missing, labels in lacking.items()
    ]
