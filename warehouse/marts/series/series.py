"""The views of a publication that tell figures over time, for England, its regions and trusts.

They cost nothing until they are asked: each follows from the published tables of the collections,
and a filter on the time, the collection or the measure reaches those.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.registry.contract import Collection
from warehouse.store.sql import render

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Area:
    """For whom figures are told: England, each region, or each organisation."""

    name: str
    told: str
    columns: tuple[tuple[str, str], ...] = ()
    """Name of a column, and what it is taken from."""
    keys: tuple[str, ...] = ()
    """Columns of the collections' tables that tell areas apart."""
    code: str | None = None
    has_many: bool = True
    """Whether a figure is of several organisations, so that n of m is told."""

    @property
    def words(self) -> dict[str, object]:
        """What the templates need to know of it."""
        names = [name for name, _ in self.columns]
        return {
            "name": self.name,
            "told": self.told,
            "title": self.told[0].upper() + self.told[1:],
            "columns": [{"name": name, "source": source} for name, source in self.columns],
            "grouped": "".join(f"{key}, " for key in self.keys).strip(),
            "names": "".join(f"{name}, " for name in names).strip(),
            "names_of_s": "".join(f"s.{name}, " for name in names).strip(),
            "names_of_d": "".join(f"d.{name}, " for name in names).strip(),
            "code": self.code,
            "has_many": self.has_many,
            "has_regions": any(source.startswith("r.") for _, source in self.columns),
        }


AREAS = (
    Area("england", "England"),
    Area(
        "region",
        "each region",
        (("region_code", "f.region_code"), ("region_name", "r.region_name")),
        ("region_code",),
        "region_code",
    ),
    Area(
        "trust",
        "each trust, service or contract area",
        (
            ("org_code", "f.org_code"),
            ("org_name", "f.org_name"),
            ("region_code", "f.region_code"),
        ),
        ("org_code", "org_name", "region_code"),
        "org_code",
        has_many=False,
    ),
)
GRAINS = ("slot", "hour", "day", "usual", "year_before")
"""The kinds of views of each area, in the order in which one is made of another."""


def series_views(collections: Iterable[Collection]) -> dict[str, str]:
    """View → its query over the tables of these collections, in the order to make them in."""
    # A month has no hour and no day; its figures stand in `national_monthly`.
    told = [one for one in collections if not one.cadence.is_monthly]
    slots = [one for one in told if not one.cadence.is_daily]
    days = [one for one in told if one.cadence.is_daily]
    views: dict[str, str] = {}
    for area in AREAS:
        words: dict[str, object] = {
            "area": area.words,
            "slots": slots and _valued(area, slots, is_daily=False),
            "days": days and _valued(area, days, is_daily=True),
            "over_slots": render(_FOLDER, "over_slots", area=area.words),
        }
        for grain in GRAINS:
            if slots or (days and grain in ("day", "year_before")):
                views[f"{area.name}_{grain}"] = render(_FOLDER, grain, **words)
    return views


def _valued(area: Area, collections: Iterable[Collection], *, is_daily: bool) -> str:
    told = [
        {
            "name": one.collection,
            "organisation": one.organisation_column,
            "time": one.time_column,
            "has_sites": "true" if one.site_column else "false",
            "slot_minutes": one.cadence.slot_minutes,
            "measures": [name for name, _, kind, _, _ in _measures(one, area) if kind != "ratio"],
            "ratios": one.ratios,
            "told": [
                dict(zip(("name", "unit", "kind", "factor", "is_flow"), measure, strict=True))
                for measure in _measures(one, area)
            ],
        }
        for one in collections
    ]
    return render(_FOLDER, "valued", area=area.words, collections=told, is_daily=is_daily)


def _measures(collection: Collection, area: Area) -> Iterator[tuple[str, str, str, int, str]]:
    """Name, unit, kind, factor, and whether slots are added up, of what the area has figures of."""
    for one in collection.measures:
        is_one_value = not area.has_many and not collection.site_column
        if one.is_number and (one.national != "none" or is_one_value):
            yield one.name, one.unit, one.national, 1, "true" if one.daily == "sum" else "false"
    for ratio in collection.ratios:
        yield ratio.name, ratio.unit, "ratio", ratio.factor, "false"
