"""Sets the figures of months beside those of their days, as `month_and_days.yaml` says."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import model_validator

from pipelines.base.errors import ConfigurationError
from pipelines.base.yamlfile import Strict, Words, read_model
from pipelines.registry.contract import Collection
from warehouse.store.sql import render

MONTH_AND_DAYS = "month_and_days"
"""The view of a publication that has them."""
_FOLDER = Path(__file__).parent
_FILE = _FOLDER / "month_and_days.yaml"


class MonthMeetsDays(Strict):
    """One figure of a monthly collection, and the daily one that it should agree with."""

    collection: str
    measure: str
    parts: tuple[str, ...] = ()
    days: str
    days_measure: str
    weight: str | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> "MonthMeetsDays":
        if self.parts and self.weight is not None:
            raise ValueError("a mean has no parts: give either parts or weight")
        return self

    @property
    def months_columns(self) -> tuple[str, ...]:
        """The columns of the monthly collection whose sum it is."""
        return self.parts or (self.measure,)

    @property
    def days_columns(self) -> tuple[str, ...]:
        """The columns of the daily collection that it needs."""
        return (self.days_measure, *((self.weight,) if self.weight else ()))


class _MonthsAndDays(Strict):
    comparisons: tuple[MonthMeetsDays, ...]


@cache
def read_months_and_days() -> tuple[MonthMeetsDays, ...]:
    """What meets what; raises `ConfigurationError` where the file is not as it should be."""
    return read_model(_FILE, _MonthsAndDays).comparisons


def month_and_days_sql(collections: Iterable[Collection]) -> str | None:
    """The query over the published tables of these collections; None where nothing can meet.

    Raises `ConfigurationError` where a comparison names no measure of them.
    """
    known = {one.collection: one for one in collections}
    told = [
        _words(one, known[one.collection], known[one.days])
        for one in read_months_and_days()
        if one.collection in known and one.days in known
    ]
    return render(_FOLDER, MONTH_AND_DAYS, comparisons=told) if told else None


def _words(one: MonthMeetsDays, months: Collection, days: Collection) -> Mapping[str, object]:
    """What the template needs to know of a comparison."""
    for collection, columns, is_right in (
        (months, one.months_columns, months.cadence.is_monthly),
        (days, one.days_columns, not days.cadence.is_monthly),
    ):
        numbers = {column.name for column in collection.measures if column.is_number}
        if unknown := [name for name in columns if name not in numbers]:
            raise ConfigurationError(
                f"{_FILE.name}: {collection.collection} has no measure {', '.join(unknown)} that "
                f"is a number; it is compared as {one.measure}. Correct the name there."
            )
        if not is_right:
            raise ConfigurationError(
                f"{_FILE.name}: {one.measure} compares months with days, and "
                f"{collection.collection} has other slots. Name another collection there."
            )
    return {
        "name": one.measure,
        "parts": one.months_columns,
        "months": months.collection,
        "months_by": months.organisation_column,
        "unit": months.column(one.months_columns[0]).unit,
        "days": days.collection,
        "days_by": days.organisation_column,
        "days_measure": one.days_measure,
        "days_time": days.time_column,
        "slot_minutes": None if days.cadence.is_daily else days.cadence.slot_minutes,
        "weight": one.weight,
        "note": one.note,
    }
