"""The brief's other tables: regions, worst organisations, last winter, feeds, revisions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dashboard.brief.brief_figures import (
    headline_rows,
    is_partial,
    of_whom_told,
    who_is_missing,
)
from dashboard.brief.brief_plan import parted
from dashboard.brief.brief_reading import BriefReading, WorstAsked
from dashboard.desk import Desk
from dashboard.feed_pages import is_in_testing
from dashboard.picture import Row
from dashboard.words import clock, figure, london, slot_told

_REVISED_SHOWN = 10
_NOTHING_YET = "nothing yet"
_FEEDS_SHOWN: Mapping[str, int] = {"silent": 12, _NOTHING_YET: 8, "late": 6, "gaps": 6}
"""Healths that the brief tells, the worst first, and how many feeds of each it names."""

_WAYS = (
    ("raised", "up"), ("lowered", "down"), ("added", "where nothing was"),
    ("taken_back", "taken back"),
)  # fmt: skip


@dataclass(frozen=True)
class RegionTable:
    """Measures by region; a cell is a value and of whom, or None where the region has no row."""

    measures: Sequence[str]
    rows: Sequence[tuple[str, Sequence["RegionCell | None"]]]


@dataclass(frozen=True)
class RegionCell:
    """A figure of a region."""

    value: str
    of_whom: str
    is_partial: bool


@dataclass(frozen=True)
class WorstRow:
    """An organisation and its ratio."""

    name: str
    region: str
    value: str
    denominator: float
    slots: int
    is_whole: bool
    """Whether it gave the ratio in every slot."""


@dataclass(frozen=True)
class WorstTable:
    """Organisations by a ratio over some hours, the worst first; how many there are of how many."""

    label: str
    until: str
    hours: int
    slots: int
    organisations: str
    reporting: int
    expected: int
    missing: str
    """Who is expected and gave nothing in these hours; empty without any."""
    england: str
    rows: Sequence[WorstRow]

    @property
    def is_partial(self) -> bool:
        """Whether somebody who is expected is not among them."""
        return self.reporting < self.expected


@dataclass(frozen=True)
class WinterRow:
    """A figure of a day beside that of the same weekday 52 weeks before."""

    label: str
    day: str
    value: str
    of_whom: str
    is_partial: bool
    day_before: str
    value_before: str
    of_whom_before: str
    is_of_as_many: bool


@dataclass(frozen=True)
class FeedGroup:
    """Feeds of one health: how many, and those that are named."""

    told: str
    count: int
    named: Sequence[str]


@dataclass(frozen=True)
class RevisedTable:
    """What revisions changed, by measure."""

    total: int
    rows: Sequence[Row] = field(default=())

    @property
    def others(self) -> int:
        """Values that were revised beside those of the rows."""
        return self.total - sum(int(row["revised"]) for row in self.rows)


def region_table(desk: Desk, names: Sequence[str]) -> RegionTable:
    """These measures (`<collection>.<measure>`) of each region."""
    wanted = [parted(name) for name in names]

    def cells(rows: Sequence[Row]) -> list[RegionCell | None]:
        own = {(row["collection"], row["measure"]): row for row in rows}
        return [_cell(own.get(key)) for key in wanted]

    told = [(rows[0]["region_name"] or code, cells(rows)) for code, rows in desk.regions.items()]
    return RegionTable(
        [desk.board.label(measure) for _, measure in wanted],
        [(name, row) for name, row in told if any(row)],
    )


def _cell(row: Row | None) -> RegionCell | None:
    if row is None:
        return None
    return RegionCell(figure(row["value"], row["unit"]), of_whom_told(row), is_partial(row))


def worst_table(desk: Desk, asked: WorstAsked, found: Sequence[Row]) -> WorstTable | None:
    """The worst organisations of the ratio; None where nobody gave it."""
    plan = asked.plan
    collection, measure = parted(plan.measure)
    contract = desk.collections[collection]
    unit = next(one.unit for one in contract.ratios if one.name == measure)
    here = [row for row in desk.of(collection) if row["measure"] == measure]
    names = {row["org_code"]: row["org_name"] or "" for row in here}
    regions = {row["org_code"]: row["region_name"] for row in here}
    with_value = [row for row in found if row["org_code"] and row["value"] is not None]
    if not with_value:
        return None
    slots = plan.hours * 60 // contract.cadence.slot_minutes
    rows = [
        WorstRow(
            f"{row['org_name'] or row['org_code']} ({row['org_code']})",
            regions.get(row["org_code"]) or "of no region",
            figure(row["value"], unit),
            row["denominator"],
            row["slots"],
            row["slots"] >= slots,
        )
        for row in with_value[: plan.organisations]
    ]
    england = next(row for row in found if row["org_code"] is None)
    given = {row["org_code"] for row in with_value}
    missing = [f"{code} {names[code]}".strip() for code in sorted(names.keys() - given)]
    return WorstTable(
        label=desk.board.label(measure),
        until=clock(asked.until),
        hours=plan.hours,
        slots=slots,
        organisations=contract.organisations,
        reporting=len(given),
        expected=len(names.keys() | given),
        missing=who_is_missing("; ".join(missing)) if missing else "",
        england=figure(england["value"], unit),
        rows=rows,
    )


def winter_days(desk: Desk, day: date) -> dict[str, date]:
    """Collection → the London day that is held against last winter: the newest whole one."""
    found = {}
    for name in desk.shown:
        if desk.collections[name].cadence.is_daily:
            starts = [row["slot_start"] for row in headline_rows(desk, name) if row["slot_start"]]
            if starts:
                found[name] = london(max(starts)).date()
        else:
            found[name] = day - timedelta(days=1)
    return found


def winter_rows(desk: Desk, days: Mapping[str, date], found: Sequence[Row]) -> list[WinterRow]:
    """The headline figures of those days beside 52 weeks before, where that day is held."""
    told = {(row["collection"], row["measure"], row["report_date"]): row for row in found}
    return [
        _winter(desk, row)
        for name, day in days.items()
        for measure in desk.board.headline(name)
        if (row := told.get((name, measure, day)))
    ]


def _winter(desk: Desk, row: Row) -> WinterRow:
    organisations = desk.collections[row["collection"]].organisations
    return WinterRow(
        label=f"{desk.board.label(row['measure'])}",
        day=f"{row['report_date']:%a %-d %b %Y}",
        value=figure(row["value"], row["unit"]),
        of_whom=of_whom_told({**row, "organisations": organisations}),
        is_partial=is_partial(row),
        day_before=f"{row['report_date_before']:%a %-d %b %Y}",
        value_before=figure(row["value_before"], row["unit"]),
        of_whom_before=f"{row['reporting_before']} {organisations}",
        is_of_as_many=row["reporting"] == row["reporting_before"],
    )


def feed_groups(desk: Desk) -> list[FeedGroup]:
    """Feeds that are silent, never came, are late or have gaps."""
    groups = []
    for health, most in _FEEDS_SHOWN.items():
        # What is missing of a feed in testing is missing in no figure.
        feeds = [
            one
            for one in desk.picture.feeds
            if one["health"] == health and (health == _NOTHING_YET or not is_in_testing(one))
        ]
        feeds.sort(key=lambda one: (-_badness(one), one["feed_id"]))
        if feeds:
            named = [_feed(one) for one in feeds[:most]]
            groups.append(FeedGroup(desk.board.health_told(health), len(feeds), named))
    return groups


def _badness(feed: Row) -> int:
    column = "slots_late" if feed["health"] == "late" else "slots_missing"
    return int(feed[column] or 0)


def _feed(feed: Row) -> str:
    stage = "" if feed["stage"] == "live" else f", {feed['stage']}"
    if feed["health"] == _NOTHING_YET:
        return f"{feed['title']}{stage}"
    which = "late" if feed["health"] == "late" else "missing"
    slots = f"{_badness(feed)} of {feed['slots_expected']} slots {which}"
    last = f", last file {clock(feed['last_received_at'])}" if feed["health"] == "silent" else ""
    return f"{feed['title']}{stage} ({slots}{last})"


def revised_table(desk: Desk, reading: BriefReading) -> RevisedTable:
    """What revisions changed, the measures with the most revised values first."""
    total = sum(row["revised"] for row in reading.revised)
    return RevisedTable(total, [*_revised(desk, reading.revised[:_REVISED_SHOWN])])


def _revised(desk: Desk, rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        contract = desk.collections.get(row["collection"])
        is_daily = contract is not None and contract.cadence.is_daily
        units = {one.name: one.unit for one in contract.columns} if contract else {}
        unit = units.get(row["measure"]) or ""
        ends = [_slot(row[name], is_daily=is_daily) for name in ("first_slot", "last_slot")]
        largest = row["largest"]
        yield {
            **row,
            "label": desk.board.label(row["measure"]),
            "title": desk.board.title(row["collection"]),
            "who": contract.organisations if contract else "organisations",
            "how": ", ".join(f"{row[name]:,} {told}" for name, told in _WAYS if row[name]),
            "slots": " to ".join(dict.fromkeys(ends)),
            "largest": largest and _largest(largest, unit, is_daily=is_daily),
        }


def _largest(one: Row, unit: str, *, is_daily: bool) -> str:
    who = " ".join(filter(None, (one["org_name"] or one["org_code"], one["site_code"])))
    slot = _slot(one["slot_start"], is_daily=is_daily)
    before, after = (figure(one[name], unit) for name in ("value_before", "value_after"))
    return f"{who}, {slot}: {before} became {after}"


def _slot(moment: datetime, *, is_daily: bool) -> str:
    return slot_told(london(moment) if is_daily else moment, is_day=is_daily)
