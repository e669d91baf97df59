"""Reads a publication once for all its pages: figures now, who is missing, and their history."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.board import board
from dashboard.compared import ComparedFigure, read_comparisons
from dashboard.month_figures import read_months
from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.reader import read_publication
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_SQL = Path(__file__).parent / "sql"
HOURS_SHOWN = 48
DAYS_SHOWN = 42
SUBMISSIONS_OF_A_FEED = 50
_HOURS_AT_ONCE = 12
_TRUST_HOURS = 24
_OVER_LATELY = timedelta(days=1)
"""How long a finding is told that is over."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """One measure over time; gaps are gaps, and what is not whole yet says so."""

    times: Sequence[datetime]
    values: Sequence[float | None]
    is_whole: Sequence[bool]
    """Whether all who were expected had given it."""
    lowest: Sequence[float | None] = ()
    median: Sequence[float | None] = ()
    highest: Sequence[float | None] = ()
    step: timedelta = timedelta(minutes=15)

    @property
    def is_daily(self) -> bool:
        """Whether its times are London days, and no instants."""
        return self.step >= timedelta(days=1)

    def divided_by(self, number: float) -> "Series":
        """The same in a larger unit."""

        def divide(values: Sequence[float | None]) -> list[float | None]:
            return [None if value is None else value / number for value in values]

        return replace(
            self,
            values=divide(self.values),
            lowest=divide(self.lowest),
            median=divide(self.median),
            highest=divide(self.highest),
        )


Area = tuple[str, str | None]
"""'england', 'region' or 'trust', and its code."""


@dataclass(frozen=True)
class Picture:
    """Everything of one publication that pages show."""

    name: str
    made_at: datetime
    england: Sequence[Row]
    regions: Sequence[Row]
    trusts: Sequence[Row]
    sites: Sequence[Row]
    expected: Sequence[Row]
    feeds: Sequence[Row]
    changes: Sequence[Row]
    submissions: Sequence[Row]
    findings: Sequence[Row]
    """What the watch had found that was open, and what was over lately."""
    levels: Sequence[Row]
    """Levels that sites and trusts declare, such as OPEL."""
    quality: Sequence[Row]
    """What came of each feed, by day."""
    finding_days: Sequence[Row]
    """Findings in the files of each feed, by day and kind."""
    scorecards: Sequence[Row]
    """The criteria of each feed in testing, and how they stand."""
    coverage_days: Sequence[Row]
    """How much of the nation each collection held, by day."""
    stage_changes: Sequence[Row]
    """Changes of the stages of feeds, the newest first."""
    series: dict[tuple[Area, str, str], Series] = field(repr=False)
    """Area, collection, measure → how it came to be."""
    compared: dict[tuple[Area, str, str], ComparedFigure] = field(repr=False)
    """The same → how it stands beside the same organisations' past."""
    national_months: Sequence[Row] = ()
    """England's figures of the newest months."""
    months: Sequence[Row] = ()
    """Months beside the days that they are made of, of England and of each organisation."""
    refused: Sequence[Row] = ()
    """Files that were refused lately and that no good one has replaced."""
    missing_runs: Sequence[Row] = ()
    """Slots that are missing one after the other, by feed."""

    @property
    def alerts(self) -> list[Row]:
        """The findings that are open."""
        return [one for one in self.findings if one["ended_at"] is None]

    def series_of(self, area: Area, collection: str, measure: str) -> Series | None:
        """How the measure came to be, None where nothing of it is held."""
        return self.series.get((area, collection, measure))


def read_picture(path: Path, collections: Sequence[Collection]) -> Picture:
    """The picture of the publication in that file, which has these collections."""
    daily = [one.collection for one in collections if one.cadence.is_daily]
    with read_publication(path, threads=1) as reader, closing(reader.cursor()) as asked:
        made_at = asked.execute("SELECT made_at FROM publication").fetchall()[0][0]
        national_months, months = read_months(asked, collections)
        return Picture(
            name=path.stem,
            made_at=made_at,
            england=rows_of(asked, "FROM now_england"),
            regions=rows_of(asked, "FROM now_region"),
            trusts=rows_of(asked, "FROM now_trust"),
            sites=rows_of(asked, "FROM now_site"),
            expected=rows_of(asked, "FROM expected"),
            feeds=rows_of(asked, "FROM feed_status ORDER BY collection, feed_id"),
            changes=rows_of(asked, "FROM change ORDER BY changed_at DESC LIMIT 2000"),
            submissions=rows_of(asked, render(_SQL, "submissions", most=SUBMISSIONS_OF_A_FEED)),
            findings=rows_of(
                asked,
                "FROM watch WHERE ended_at IS NULL OR ended_at >= "
                f"{literals.timestamp(made_at - _OVER_LATELY)}",
            ),
            levels=rows_of(asked, render(_SQL, "levels")),
            quality=rows_of(asked, render(_SQL, "quality")),
            finding_days=rows_of(asked, "FROM finding_day"),
            scorecards=_rows_if_there(asked, "scorecard"),
            coverage_days=_rows_if_there(asked, "coverage_day"),
            stage_changes=_rows_if_there(asked, "stage_change")[::-1],
            series=dict(_series(asked, made_at, daily, _charted(collections))),
            compared=dict(read_comparisons(asked, collections)),
            national_months=national_months,
            months=months,
            refused=rows_of(asked, render(_SQL, "refused_open")),
            missing_runs=rows_of(asked, render(_SQL, "missing_runs")),
        )


def rows_of(asked: "duckdb.DuckDBPyConnection", sql: str) -> list[Row]:
    """The rows of a query, each by the names of its columns."""
    found = asked.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _rows_if_there(asked: "duckdb.DuckDBPyConnection", table: str) -> list[Row]:
    """The rows of a table that publications of earlier versions lack; none without it."""
    found = asked.execute(
        f"SELECT 1 FROM duckdb_tables() WHERE table_name = {literals.text(table)} "
        "AND schema_name = 'main'"
    ).fetchall()
    return rows_of(asked, f"FROM {table}") if found else []


def _charted(collections: Sequence[Collection]) -> list[str]:
    """The measures that regions and organisations have charts of: those that are shown first."""
    told: set[str] = set()
    for one in collections:
        every = [ratio.name for ratio in one.ratios] + [measure.name for measure in one.measures]
        told.update(board().headline(one.collection) or every)
    return sorted(told)


def _series(
    asked: "duckdb.DuckDBPyConnection",
    made_at: datetime,
    daily: Sequence[str],
    charted: Sequence[str],
) -> Iterator[tuple[tuple[Area, str, str], Series]]:
    first = made_at - timedelta(hours=HOURS_SHOWN)
    weeks = [
        {
            "first": literals.timestamp(first - timedelta(days=7 * week, hours=1)),
            "last": literals.timestamp(made_at - timedelta(days=7 * week) + timedelta(hours=1)),
        }
        for week in range(1, 5)
    ]
    for name, code in (("england", "NULL::VARCHAR"), ("region", "region_code")):
        area = {"name": name, "code": code, "has_many": True}
        measures = None if name == "england" else charted
        asked.execute(render(_SQL, "told_empty"))
        for hours in range(0, HOURS_SHOWN, _HOURS_AT_ONCE):
            start = first + timedelta(hours=hours)
            part = {"first": start, "last": start + timedelta(hours=_HOURS_AT_ONCE)}
            told = {key: literals.timestamp(moment) for key, moment in part.items()}
            asked.execute(render(_SQL, "told", area=area, measures=measures, **told))
        sql = render(_SQL, "series", area=area, weeks=weeks, measures=measures)
        yield from _told(asked, name, sql)
    since = literals.timestamp(made_at - timedelta(hours=_TRUST_HOURS))
    yield from _told(asked, "trust", render(_SQL, "trust_series", first=since, measures=charted))
    days = literals.text((made_at - timedelta(days=DAYS_SHOWN)).date().isoformat())
    for name, code in (
        ("england", "NULL::VARCHAR"),
        ("region", "region_code"),
        ("trust", "org_code"),
    ):
        sql = render(
            _SQL, "days", area=name, code=code, has_many=name != "trust", daily=daily, first=days,
            measures=None if name == "england" else charted,
        )  # fmt: skip
        yield from _told(asked, name, sql, timedelta(days=1))


def _told(
    asked: "duckdb.DuckDBPyConnection",
    area: str,
    sql: str,
    step: timedelta = timedelta(minutes=15),
) -> Iterator[tuple[tuple[Area, str, str], Series]]:
    for collection, code, measure, times, values, whole, *usual in asked.execute(sql).fetchall():
        lowest, median, highest = usual or ((), (), ())
        series = Series(
            [_as_moment(one) for one in times], values, whole, lowest, median, highest, step
        )
        yield ((area, code), collection, measure), series


def _as_moment(told: datetime | date) -> datetime:
    return told if isinstance(told, datetime) else datetime(told.year, told.month, told.day)
