"""Makes the pages of one publication: every address and what stands there, ready to be sent."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import msgspec

from dashboard.alert_pages import alert_pages
from dashboard.area_pages import area_pages
from dashboard.asked import day_words
from dashboard.contract_pages import contract_pages
from dashboard.desk import Desk, Maker, Page
from dashboard.feed_pages import feed_pages
from dashboard.measure_pages import JSON, measure_pages
from dashboard.month_pages import month_pages
from dashboard.opel_pages import opel_pages
from dashboard.picture import Picture, Row
from dashboard.provider_pages import provider_pages
from dashboard.quality_pages import quality_pages
from dashboard.since import since_words
from dashboard.words import instant
from pipelines.registry.registry import Registry
from warehouse.store.stored_time import as_stored

_CHANGES_SHOWN = 500
_MOST_FOUND = 100


class Pages:
    """The pages of a picture, made ahead or when they are asked for."""

    def __init__(self, picture: Picture, registry: Registry, *, signs_in: bool = False) -> None:
        self.picture = picture
        self.registry = registry
        self.signs_in = signs_in
        self._desk = Desk(picture, registry, signs_in=signs_in)

    def all(self) -> Iterator[Page]:
        """Each page and each file of data that is made ahead."""
        return (make() for make in self.makers.values())

    @cached_property
    def makers(self) -> dict[str, Callable[[], Page]]:
        """Address → what makes the page or the file of data that stands there."""
        desk = self._desk
        made = dict(area_pages(desk))
        made |= measure_pages(desk)
        made |= feed_pages(desk)
        made |= provider_pages(desk)
        made |= alert_pages(desk)
        made |= opel_pages(desk)
        made |= quality_pages(desk)
        made |= month_pages(desk)
        made |= contract_pages(desk, self.registry)
        made["/changes"] = self._changes
        made["/about"] = partial(desk.page, "/about", "about", tables=self.tables())
        made |= self._data()
        return made

    def _changes(self) -> Page:
        changes = self.picture.changes[:_CHANGES_SHOWN]
        trusts = self._desk.trusts
        return self._desk.page("/changes", "changes", changes=changes, trusts=trusts)

    def render(self, template: str, here: str, **words: Any) -> bytes:
        """A page that is not made ahead, of the same publication and look."""
        return self._desk.page(here, template, **words)[2]

    def of_day(self, file: Path, day: date) -> bytes:
        """The page of a past day, read from the publication in that file."""
        return self.render("day", "/day", **day_words(self._desk, file, day))

    def since(self, later: Path, made_at: datetime, moment: datetime) -> bytes:
        """The page of what has changed since these pages were seen, told from a later publication.

        `made_at` is when that was made.
        """
        words = since_words(self._desk, later, moment)
        return self.render("since", "/since", moment=as_stored(moment), later=made_at, **words)

    def search(self, asked: str) -> bytes:
        """The page of all places whose words have what is asked for."""
        words = asked.casefold().split()
        found = [
            (address, told)
            for address, told in self.places()
            if words and all(word in f"{told} {address}".casefold() for word in words)
        ]
        return self.render("search", "/search", asked=asked, found=found[:_MOST_FOUND])

    def tables(self) -> list[str]:
        """The tables that can be taken away."""
        return [
            *self._desk.collections, "now_england", "now_region", "now_trust", "now_site",
            "expected", "change", "national_daily", "national_monthly", "national_slot",
            "feed_status", "slot_status", "feed_day_status", "finding_day", "organisation",
            "submission", "coverage_day", "stage_change", "scorecard",
        ]  # fmt: skip

    def places(self) -> list[tuple[str, str]]:
        """Address and words of all that can be looked for."""
        told = [
            (f"/trust/{code}", f"{rows[0]['org_name'] or code} ({code})")
            for code, rows in self._desk.trusts.items()
        ]
        told += [
            (f"/region/{code}", f"{rows[0]['region_name']} ({code})")
            for code, rows in self._desk.regions.items()
        ]
        told += [
            (
                f"/measure/{name}/{measure}",
                f"{self._desk.board.label(measure)}, {self._desk.board.title(name)}",
            )
            for name in self._desk.shown
            for measure in self._desk.measures(name)
        ]
        told += [
            (f"/collections/{name}", f"What to send: {contract.title}")
            for name, contract in self.registry.collections.items()
        ]
        return told + [(f"/feed/{one['feed_id']}", one["title"]) for one in self.picture.feeds]

    def _data(self) -> Iterator[Maker]:
        for name, rows in (
            ("england", self.picture.england),
            ("regions", self.picture.regions),
            ("trusts", self.picture.trusts),
            ("expected", self.picture.expected),
            ("feeds", self.picture.feeds),
            ("changes", self.picture.changes),
            ("alerts", self.picture.alerts),
            ("quality", self.picture.quality),
            ("findings", self.picture.finding_days),
            ("months", self.picture.months),
        ):
            yield f"/api/{name}", partial(self._rows, f"/api/{name}", rows)

    def _rows(self, address: str, rows: Sequence[Row]) -> Page:
        told = {"publication": self.picture.name, "made_at": instant(self.picture.made_at)}
        content = msgspec.json.encode({**told, "rows": [_plain(row) for row in rows]})
        return address, JSON, content


def _plain(row: Row) -> Row:
    """The row as JSON tells it; stored instants say that they are UTC."""
    return {
        name: instant(value)
        if hasattr(value, "hour") and not name.endswith("_london")
        else value.isoformat()
        if hasattr(value, "isoformat")
        else value
        for name, value in row.items()
    }
