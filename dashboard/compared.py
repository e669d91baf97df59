"""Compares a figure of several organisations with the same organisations' past.

A sum of twelve trusts is below any sum of twenty, whatever the twelve are doing. So England's and
the regions' figures stand beside the four weeks before as far as the same trusts gave both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_SQL = Path(__file__).parent / "sql"
_WEEKS = 4
_LEAST_PART = 0.8
"""A week in which fewer of today's organisations gave the measure would leave few to compare."""
_CLOCKS = timedelta(hours=1)
"""The same time in London is an hour off in UTC where the clocks changed since."""

_Key = tuple[tuple[str, str | None], str, str]
"""An area with its code, a collection, a measure."""


@dataclass(frozen=True)
class ComparedFigure:
    """A figure of those who gave it now and in the weeks before, and what was usual of them."""

    value: float
    lowest: float
    highest: float
    organisations: int
    """How many gave it now and in each of the weeks."""
    weeks: int
    """How many of the four weeks count."""

    @property
    def told(self) -> str:
        """Where the figure lies: Above the, Below the, Within the."""
        if self.value > self.highest:
            return "Above"
        return "Below" if self.value < self.lowest else "Within"


def read_comparisons(
    asked: "duckdb.DuckDBPyConnection", collections: Iterable[Collection]
) -> Iterator[tuple[_Key, ComparedFigure]]:
    """What is compared, with its comparison, where there is something to compare."""
    known = list(collections)
    daily = [one.collection for one in known if one.cadence.is_daily]
    now = asked.execute(
        "SELECT DISTINCT slot_start FROM now_england "
        f"WHERE value IS NOT NULL AND collection NOT IN {literals.texts(daily)} ORDER BY 1"
    ).fetchall()
    slots = [(slot, slot) for (slot,) in now]
    slots += [
        (slot - timedelta(days=7 * week) - _CLOCKS, slot - timedelta(days=7 * week) + _CLOCKS)
        for (slot,) in now
        for week in range(1, _WEEKS + 1)
    ]
    sql = render(
        _SQL,
        "compared",
        daily=daily,
        slots=[
            {"first": literals.timestamp(first), "last": literals.timestamp(last)}
            for first, last in slots
        ],
        least_part=_LEAST_PART,
        largest=_named(known, "max"),
        counted=_named(known, "count_reporting"),
    )
    for area, code, collection, measure, *figures in asked.execute(sql).fetchall():
        yield ((area, code), collection, measure), ComparedFigure(*figures)


def _named(collections: Iterable[Collection], national: str) -> list[str]:
    """The measures whose England figure is of that kind, each behind its collection's name."""
    return [
        f"{one.collection}.{measure.name}"
        for one in collections
        for measure in one.measures
        if measure.national == national
    ]
