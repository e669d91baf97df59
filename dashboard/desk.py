"""What the makers of pages share: the picture in order, its words, and how a page is rendered."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.board import board
from dashboard.charts import SIZE, line_chart, spark_line
from dashboard.picture import Area, Picture, Row, Series
from dashboard.run_chart import RunChart, run_chart_of
from dashboard.words import clock, figure, instant, london, number, signed, unit_told
from pipelines.registry.registry import Registry
from pipelines.watch.watch_finding import WatchKind

HTML = "text/html; charset=utf-8"
_LONG = 300
"""Seconds beyond which a chart counts in minutes."""
ENGLAND: Area = ("england", None)
DAYS_TOLD = 35
"""London days, today among them, of which a publication tells what came of each feed."""
Page = tuple[str, str, bytes]
"""An address, a media type, and what stands there."""
Maker = tuple[str, Callable[[], Page]]
"""An address, and what makes its page."""


@cache
def templates() -> Environment:
    """The templates of all pages; what they are given is escaped."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        figure=figure,
        signed=signed,
        unit_told=unit_told,
        number=number,
        clock=clock,
        instant=instant,
        words=lambda told: (told or "").replace("_", " "),
    )
    return made


class Desk:
    """A picture with its words, and the template of all pages."""

    def __init__(self, picture: Picture, registry: Registry, *, signs_in: bool = False) -> None:
        self.picture = picture
        self._signs_in = signs_in
        self.board = board()
        self.collections = registry.collections
        self.configured = registry.feeds
        self.england = self.by_measure(picture.england, ENGLAND)
        regions = grouped(picture.regions, "region_code")
        # Organisations of no region count for England, and have no page of a region.
        self.regions = {code: regions[code] for code in sorted(regions.keys() - {None})}
        trusts = grouped(picture.trusts, "org_code")
        self.trusts = {code: trusts[code] for code in sorted(trusts)}
        self.sites = grouped(picture.sites, "org_code")
        self.expected = grouped(picture.expected, "org_code")
        listed = [name for name in self.board.collections if name in self.collections]
        listed += [name for name in self.collections if name not in listed]
        months = {name for name, one in self.collections.items() if one.cadence.is_monthly}
        self.shown = [name for name in listed if name not in months]
        self.monthly = [name for name in listed if name in months]
        """Collections of months: they tell nothing of now, and have pages of their own."""

    @cached_property
    def refused(self) -> dict[str, list[Row]]:
        """Feed → files that were refused and not replaced, the newest first."""
        return grouped(self.picture.refused, "feed_id")

    @cached_property
    def missing_runs(self) -> dict[str, list[Row]]:
        """Feed → slots that are missing one after the other, the newest first."""
        return grouped(self.picture.missing_runs, "feed_id")

    @cached_property
    def quality(self) -> dict[str, list[Row]]:
        """Feed → what came of it, by day."""
        return grouped(self.picture.quality, "feed_id")

    @cached_property
    def first_day(self) -> date:
        """The first London day that the publication tells all of."""
        return london(self.picture.made_at).date() - timedelta(days=DAYS_TOLD - 1)

    @cached_property
    def submissions(self) -> dict[str, list[Row]]:
        """Feed → its newest submissions, the newest first."""
        return grouped(self.picture.submissions, "feed_id")

    @cached_property
    def watch_kinds(self) -> Mapping[str, WatchKind]:
        """Code → kind of finding of the watch."""
        from pipelines.watch.known_monitors import find_monitors

        return find_monitors().kinds

    def findings_of(self, feed_id: str) -> list[Row]:
        """What was found in the files of the feed, by day and code."""
        return self._finding_days.get(feed_id, [])

    @cached_property
    def _finding_days(self) -> dict[str, list[Row]]:
        return grouped(self.picture.finding_days, "feed_id")

    def page(self, address: str, template: str, **words: Any) -> Page:
        """The page of that address, from a template and what it needs."""
        text = (
            templates()
            .get_template(f"{template}.html.j2")
            .render(
                picture=self.picture,
                board=self.board,
                links=self._links(),
                here=address,
                signs_in=self._signs_in,
                **words,
            )
        )
        return address, HTML, text.encode()

    def _links(self) -> list[tuple[str, str]]:
        told = [(f"/collection/{name}", self.board.title(name)) for name in self.shown[:3]]
        return [
            ("/", "England"),
            *told,
            ("/alerts", "Alerts"),
            ("/feeds", "Feeds"),
            ("/providers", "Providers"),
            ("/changes", "Changes"),
            *([("/months", "Months")] if self.picture.national_months else []),
            ("/collections", "What to send"),
        ]

    def section(
        self,
        collection: str,
        told: Mapping[tuple[str, str], Row],
        area: Area,
        address: str | None = None,
    ) -> dict[str, Any]:
        """A collection's figures of an area: what is shown first, and all others."""
        own = [row for (name, _), row in told.items() if name == collection]
        order = self.board.headline(collection) or [row["measure"] for row in own[:4]]
        first = [told[collection, name] for name in order if (collection, name) in told]
        return {
            "collection": collection,
            "title": self.board.title(collection),
            "address": address,
            "headline": [self.card(row, area) for row in first],
            "others": [row for row in own if row not in first],
            "charts": [],
            "sites": None,
        }

    def chart(self, area: Area, row: Row, size: tuple[int, int] = SIZE) -> Markup:
        """How the figure came to be; empty where nothing of it is held."""
        series = self.picture.series_of(area, row["collection"], row["measure"])
        if series is None:
            return Markup("")
        standard, unit = row["standard"], row["unit"]
        level = None
        if standard is not None:
            level = standard.at_least if standard.at_least is not None else standard.at_most
        if unit == "seconds" and max((one or 0 for one in series.values), default=0) > _LONG:
            series, unit = series.divided_by(60), "minutes"
            level = None if level is None else level / 60
        title = f"{row['label']}, {unit}"
        chart_id = f"c-{row['collection']}-{row['measure']}"
        return line_chart(series, title, unit, level, chart_id, run_of(series), size)

    def card(self, row: Row, area: Area) -> Row:
        """The row with the small line that stands on its card."""
        series = self.picture.series_of(area, row["collection"], row["measure"])
        return {**row, "spark": spark_line(series) if series else Markup("")}

    def by_measure(self, rows: Sequence[Row], area: Area) -> dict[tuple[str, str], Row]:
        """Collection and measure → the area's row, with what a page says beside it."""
        return {(row["collection"], row["measure"]): self.told(row, area) for row in rows}

    def told(self, row: Row, area: Area) -> Row:
        """The row with what a page says beside it."""
        collection, measure = row["collection"], row["measure"]
        series = self.picture.series_of(area, collection, measure)
        return {
            **row,
            "label": self.board.label(measure),
            "address": f"/measure/{collection}/{measure}",
            "standard": self.board.standard(collection, measure),
            "compared": self.picture.compared.get((area, collection, measure)),
            "has_usual": _has_usual(series, row.get("slot_start")),
        }

    def of(self, collection: str) -> list[Row]:
        """The collection's rows of trusts, services or contract areas."""
        return [row for row in self.picture.trusts if row["collection"] == collection]

    def organisations(self, collection: str, region: str | None = None) -> list[tuple[str, str]]:
        """Addresses and names of those who give the collection, in the region if one is named."""
        names = {
            row["org_code"]: row["org_name"] or row["org_code"]
            for row in self.of(collection)
            if region is None or row["region_code"] == region
        }
        return [(f"/trust/{code}", names[code]) for code in sorted(names)]

    def measures(self, collection: str) -> list[str]:
        """Its ratios and measures, as the contract has them."""
        contract = self.collections[collection]
        return [one.name for one in contract.ratios] + [one.name for one in contract.measures]


def _has_usual(series: Series | None, slot: Any) -> bool:
    """Whether anybody gave the measure on that weekday and time in the four weeks before."""
    if series is None or not series.lowest:
        return False
    told = zip(series.times, series.lowest, strict=True)
    return any(time == slot and low is not None for time, low in told)


def run_of(series: Series) -> RunChart | None:
    """The run chart of a series of days; a series of quarter-hours has what is usual instead."""
    return run_chart_of(series.times, series.values) if series.is_daily else None


def grouped(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """The rows by their value in a column, in their order."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return dict(found)
