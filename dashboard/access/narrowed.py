"""A publication narrowed to some organisations: England, regions, and of the others nothing.

Its pages come from the same templates over a smaller picture, and so can tell no more than it.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from dashboard.access.allowed_addresses import NATIONAL_TABLES
from dashboard.pages import Pages
from dashboard.picture import Picture
from dashboard.site import Made, Site, Switch, made_of

_MOST_KEPT = 64
"""Narrowed dashboards that are kept; of one, some 170 pages of 25 kB, once all were asked for."""

App = TypeVar("App")


class NarrowedPages(Pages):
    """Pages that offer the tables without rows of organisations only."""

    def tables(self) -> list[str]:
        """The tables that can be taken away."""
        return [name for name in super().tables() if name in NATIONAL_TABLES]


def narrowed_picture(whole: Picture, codes: Collection[str]) -> Picture:
    """The picture with the rows of these organisations and of the feeds that they send."""
    feeds = [feed for feed in whole.feeds if feed["provider_code"] in codes]
    own = {feed["feed_id"] for feed in feeds}
    # Each field is named: one that is added to a picture later is not let through by itself.
    return Picture(
        name=whole.name,
        made_at=whole.made_at,
        england=whole.england,
        regions=whole.regions,
        trusts=[row for row in whole.trusts if row["org_code"] in codes],
        sites=[row for row in whole.sites if row["org_code"] in codes],
        expected=[row for row in whole.expected if row["org_code"] in codes],
        feeds=feeds,
        changes=[row for row in whole.changes if row["org_code"] in codes],
        submissions=[row for row in whole.submissions if row["feed_id"] in own],
        findings=[row for row in whole.findings if row["feed_id"] in own],
        quality=[row for row in whole.quality if row["feed_id"] in own],
        finding_days=[row for row in whole.finding_days if row["feed_id"] in own],
        scorecards=[row for row in whole.scorecards if row["feed_id"] in own],
        coverage_days=[{**row, "missing": None} for row in whole.coverage_days],
        stage_changes=[row for row in whole.stage_changes if row["feed_id"] in own],
        levels=[row for row in whole.levels if row["org_code"] in codes],
        series={
            key: series
            for key, series in whole.series.items()
            if key[0][0] != "trust" or key[0][1] in codes
        },
        compared={key: one for key, one in whole.compared.items() if key[0][0] != "trust"},
        national_months=whole.national_months,
        months=[row for row in whole.months if row["org_code"] in {*codes, None}],
        refused=[row for row in whole.refused if row["feed_id"] in own],
        missing_runs=[row for row in whole.missing_runs if row["feed_id"] in own],
    )


class MadeWhenAsked(Mapping[str, Made]):
    """The pages of a site in their order, each made no sooner than it or a later one is asked for.

    Most of a trust's pages are never opened before the next publication.
    """

    def __init__(self, pages: Pages, whole: Mapping[str, Made]) -> None:
        """`whole` are the pages of all; those that are equal are shared."""
        self._whole = whole
        self._makers = pages.makers
        self._made: dict[str, Made] = {}
        self._lock = threading.Lock()

    def __getitem__(self, address: str) -> Made:
        with self._lock:
            if address not in self._made:
                self._keep(*self._makers[address]())
            return self._made[address]

    def _keep(self, address: str, media_type: str, body: bytes) -> None:
        same = self._whole.get(address)
        is_shared = same is not None and same.body == body
        self._made[address] = same if same and is_shared else made_of(media_type, body)

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class NarrowedSwitch(Switch):
    """Holds the site of some organisations, and follows the switch of all."""

    def __init__(self, whole: Switch, codes: Collection[str]) -> None:
        super().__init__(lambda: None, signs_in=whole.signs_in)
        self._whole = whole
        self._codes = codes
        self.organisations = frozenset(codes)
        self._of: Site | None = None
        self._turning = threading.Lock()

    def look(self) -> None:
        """The site is that of the whole switch, narrowed, and so is what is wrong."""
        with self._turning:
            whole = self._whole.site
            if whole is not None and whole is not self._of:
                picture = narrowed_picture(whole.pages.picture, self._codes)
                pages = NarrowedPages(picture, whole.pages.registry, signs_in=self.signs_in)
                self.site = Site(whole.file, pages, MadeWhenAsked(pages, whole.made))
                self._of = whole
            self.fault = self._whole.fault


class NewestKept(OrderedDict[frozenset[str], App]):
    """Keeps what was used last, for so many sets of organisations."""

    def __setitem__(self, key: frozenset[str], value: App) -> None:
        super().__setitem__(key, value)
        if len(self) > _MOST_KEPT:
            self.popitem(last=False)

    def used(self, key: frozenset[str]) -> App | None:
        """What is kept for the key, which is now the newest; None without any."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]
