"""The brief of one publication as a page, for a screen, for paper and for the PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.brief.brief_figures import brief_sections, is_partial
from dashboard.brief.brief_plan import BriefPlan, brief_plan, parted
from dashboard.brief.brief_reading import BriefReading, WorstAsked, read_brief
from dashboard.brief.brief_tables import (
    FeedGroup,
    feed_groups,
    region_table,
    revised_table,
    winter_days,
    winter_rows,
    worst_table,
)
from dashboard.desk import ENGLAND, Desk
from dashboard.picture import read_picture
from dashboard.words import clock, duration, london
from pipelines.registry.registry import Registry

FINDINGS_SHOWN = 10
_CHART_SIZE = (420, 190)
"""Two stand beside each other on A4, with text that can be read."""
_OLD = timedelta(minutes=30)
"""Publications come every quarter of an hour; one that is older than two is told as old."""
_CHANGES_REACH = timedelta(days=7)
"""How far back a publication tells what changed."""


@dataclass(frozen=True)
class Occasion:
    """The day of a brief, when it is written, and what the brief before was made of."""

    day: date
    written_at: datetime
    """A stored instant."""
    before_made_at: datetime | None = None
    """When the publication of the brief before was made, a stored instant."""

    def since(self, made_at: datetime) -> datetime:
        """From when on revisions count: since the brief before, else the 24 hours before."""
        before = self.before_made_at
        if before is not None and made_at - _CHANGES_REACH <= before < made_at:
            return before
        return made_at - timedelta(hours=24)


def write_brief(file: Path, registry: Registry, occasion: Occasion) -> bytes:
    """The brief of the publication in that file, as HTML."""
    picture = read_picture(file, list(registry.collections.values()))
    desk, plan = Desk(picture, registry), brief_plan()
    days = winter_days(desk, occasion.day)
    worst = _worst_asked(desk, plan)
    since = occasion.since(picture.made_at)
    reading = read_brief(file, registry, since, sorted({*days.values()}), worst)
    return render_brief(desk, plan, occasion, reading, days, worst)


def render_brief(
    desk: Desk,
    plan: BriefPlan,
    occasion: Occasion,
    reading: BriefReading,
    days: Mapping[str, date],
    worst: WorstAsked | None,
) -> bytes:
    """The page of what was read."""
    made_at = desk.picture.made_at
    sections = brief_sections(desk)
    told = {one.collection for one in sections}
    worst_told = worst_table(desk, worst, reading.worst) if worst else None
    winter = winter_rows(desk, days, reading.winter)
    feeds = feed_groups(desk)
    words: dict[str, Any] = {
        "day": occasion.day,
        "written_at": occasion.written_at,
        "old": old_told(made_at, occasion),
        "lead": _lead(desk, feeds, len(reading.findings)),
        "sections": sections,
        "without": [desk.board.title(name) for name in desk.shown if name not in told],
        "charts": _charts(desk, plan),
        "regions": region_table(desk, plan.regions),
        "worst": worst_told,
        "winter": winter,
        "winter_days": sorted(set(days.values())),
        "feeds": feeds,
        "feed_count": len(desk.picture.feeds),
        "findings": reading.findings[:FINDINGS_SHOWN],
        "finding_count": len(reading.findings),
        "revised": revised_table(desk, reading),
        "since": occasion.since(made_at),
    }
    return desk.page("/briefs", "brief", **words)[2]


def old_told(made_at: datetime, occasion: Occasion) -> str:
    """That the figures are not of the hour of the brief, where they are not; else empty."""
    written_at = occasion.written_at
    if _london_day(made_at) < occasion.day:
        return f"Of this day nothing was published; they are of {clock(made_at)}."
    if _london_day(written_at) == occasion.day and written_at - made_at > _OLD:
        age = duration((written_at - made_at).total_seconds())
        return f"Nothing was published for {age} before this was written."
    return ""


def _london_day(moment: datetime) -> date:
    return london(moment).date()


def _worst_asked(desk: Desk, plan: BriefPlan) -> WorstAsked | None:
    """The plan's ratio, up to the slot that England's figure is of."""
    if plan.worst is None:
        return None
    key = parted(plan.worst.measure)
    if key[0] not in desk.collections:
        return None
    row = desk.england.get(key)
    until = row["slot_end"] if row else None
    return WorstAsked(plan.worst, until or desk.picture.made_at)


def _lead(desk: Desk, feeds: list[FeedGroup], findings: int) -> list[str]:
    """What to know first, in sentences."""
    rows = [
        row
        for name in desk.shown
        for measure in desk.board.headline(name)
        if (row := desk.england.get((name, measure)))
    ]
    known = [row for row in rows if row["value"] is not None]
    held = [row for row in known if row["standard"]]
    missed = [row["label"] for row in held if not row["standard"].is_met(row["value"])]
    partly = sum(map(is_partial, rows))
    told = [f"{partly} of {len(rows)} headline figures are partial."]
    if len(known) < len(rows):
        told.append(f"{len(rows) - len(known)} have no value.")
    if held:
        names = f": {', '.join(missed)}" if missed else ""
        told.append(f"{len(missed)} of {len(held)} figures miss their standard{names}.")
    off = sum(group.count for group in feeds)
    told.append(f"{off} of {len(desk.picture.feeds)} feeds are silent, late or have gaps.")
    told.append(f"The watch has {findings} open finding{'' if findings == 1 else 's'}.")
    return told


def _charts(desk: Desk, plan: BriefPlan) -> list[dict[str, Any]]:
    charts = []
    for name in plan.charts:
        row = desk.england.get(parted(name))
        if row and (svg := desk.chart(ENGLAND, row, _CHART_SIZE)):
            charts.append({"title": f"{row['label']}, England, 48 hours", "svg": svg})
    return charts
