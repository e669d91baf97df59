"""Reads from a publication what the brief says beside the picture of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from dashboard.brief.brief_plan import WorstPlan, parted
from dashboard.picture import Row, rows_of
from pipelines.registry.registry import Registry
from warehouse.store.reader import read_publication
from warehouse.store.sql import render

_SQL = Path(__file__).parent


@dataclass(frozen=True)
class BriefReading:
    """Rows of a publication that only the brief shows."""

    findings: Sequence[Row]
    """Open findings of the watch, the newest first."""
    revised: Sequence[Row]
    winter: Sequence[Row]
    """England on some days beside the same weekday 52 weeks before."""
    worst: Sequence[Row]
    """Organisations by the ratio of the plan, the worst first; England has no code."""


@dataclass(frozen=True)
class WorstAsked:
    """The plan's ratio with the end of its time, which is that of England's figure."""

    plan: WorstPlan
    until: datetime

    @property
    def since(self) -> datetime:
        """Where its time begins."""
        return self.until - timedelta(hours=self.plan.hours)


def read_brief(
    path: Path,
    registry: Registry,
    since: datetime,
    days: Sequence[date],
    worst: WorstAsked | None,
) -> BriefReading:
    """What the publication in that file says: revisions `since`, and these days a year before."""
    with read_publication(path) as reader:
        told_days = [day.isoformat() for day in days]
        return BriefReading(
            findings=rows_of(reader, "FROM watch WHERE ended_at IS NULL ORDER BY since DESC, code"),
            revised=rows_of(reader, render(_SQL, "revised", since=since)),
            winter=rows_of(reader, render(_SQL, "last_winter", days=told_days)) if days else [],
            worst=rows_of(reader, _worst_sql(registry, worst)) if worst else [],
        )


def _worst_sql(registry: Registry, worst: WorstAsked) -> str:
    collection, measure = parted(worst.plan.measure)
    ratio = next(one for one in registry.collections[collection].ratios if one.name == measure)
    return render(
        _SQL, "worst", collection=collection, measure=measure, factor=ratio.factor,
        better=ratio.better, first=worst.since, last=worst.until,
    )  # fmt: skip
