"""From which level on a published figure is alerted, and at which it is over: `alert_levels.yaml`.

Start and stop differ, so that a figure that wavers about one number is one alert and not twenty.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from pipelines.base.yamlfile import Document, Strict, Words, wrong_at
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry

LevelArea = Literal["england", "region", "trust"]
"""England, each region, or each trust, service and contract area."""
_ADDS_UP = ("sum", "max", "count_reporting")


class AlertLevel(Strict):
    """One level of one measure, in the measure's unit."""

    collection: str
    measure: str = Field(description="A measure or a ratio of the collection's contract.")
    area: LevelArea
    at_least: float | None = Field(
        default=None, allow_inf_nan=False, description="An alert begins at this value or above."
    )
    at_most: float | None = Field(
        default=None, allow_inf_nan=False, description="An alert begins at this value or below."
    )
    stop: float = Field(allow_inf_nan=False, description="It is over here, on the calm side.")
    least_reporting: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Share of those expected that a figure must be of to begin or to end an alert.",
    )
    means: Words
    do: Words
    source: Words

    @model_validator(mode="after")
    def _has_a_start_beyond_its_stop(self) -> "AlertLevel":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("needs either at_least or at_most, the level at which an alert begins")
        if self.at_least is not None and self.stop >= self.at_least:
            told = f"must be below at_least ({self.at_least:g}), and is {self.stop:g}"
            raise wrong_at(("stop",), f"{told}; write the level at which the alert is over")
        if self.at_most is not None and self.stop <= self.at_most:
            told = f"must be above at_most ({self.at_most:g}), and is {self.stop:g}"
            raise wrong_at(("stop",), f"{told}; write the level at which the alert is over")
        return self

    @property
    def start(self) -> float:
        """The level at which an alert begins."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0

    def is_beyond(self, value: float) -> bool:
        """Whether an alert begins at the value."""
        return value >= self.start if self.at_least is not None else value <= self.start

    def is_calm(self, value: float) -> bool:
        """Whether an alert is over at the value."""
        return value <= self.stop if self.at_least is not None else value >= self.stop

    def subject(self, code: str) -> str:
        """What an alert is about: the measure, the area's code, and the level."""
        return f"{self.measure} in {code} at {self.start:g}"


class AlertLevels(Strict):
    """The file."""

    version: date
    levels: tuple[AlertLevel, ...]

    @model_validator(mode="after")
    def _tells_each_once(self) -> "AlertLevels":
        seen = set()
        for number, one in enumerate(self.levels):
            about = (one.collection, one.area, one.subject(""))
            if about in seen:
                told = "stands twice: the same collection, measure, area and start; remove one"
                raise wrong_at(("levels", number), told)
            seen.add(about)
        return self

    def of(self, collection: str) -> list[AlertLevel]:
        """The levels of the collection's measures."""
        return [one for one in self.levels if one.collection == collection]


def read_alert_levels(registry: Registry) -> AlertLevels:
    """The levels in force, each of a figure that is published.

    Raises `ConfigurationError` that names file and line. Those of a collection whose contract
    cannot be used now are taken as they are.
    """
    path = settings().alert_levels_file or Path(__file__).with_name("alert_levels.yaml")
    document = Document(path)
    levels = document.as_model(AlertLevels)
    mistakes = [
        f"{path}:{document.line_of(('levels', number, key))}: levels.{number}.{key}: {told}"
        for number, level in enumerate(levels.levels)
        for key, told in _mistakes(level, registry)
    ]
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    return levels


def adds_up(collection: Collection, measure: str) -> bool:
    """Whether more organisations can only make the figure larger: a sum or the largest of counts.

    A contract's counts are never negative.
    """
    return _national_of(collection).get(measure) in _ADDS_UP


def _mistakes(level: AlertLevel, registry: Registry) -> Iterable[tuple[str, str]]:
    """The keys of the level that name nothing that is published, and what to write."""
    name = level.collection
    if not registry.knows(name):
        if not registry.problems_of(name):
            known = ", ".join(registry.collections) or "none"
            yield "collection", f"there is no collection '{name}'; write one of: {known}"
        return
    collection = registry.collections[name]
    national = _national_of(collection)
    if level.measure not in national:
        yield (
            "measure",
            (
                f"'{level.measure}' is no measure of '{name}'; write one of its contract, "
                f"{settings().expectations_dir / name}.yaml"
            ),
        )
    elif national[level.measure] == "none" and (level.area != "trust" or collection.site_column):
        yield (
            "area",
            (
                f"'{level.measure}' has no figure of several organisations or sites; write another "
                "measure" + ("" if collection.site_column else ", or area: trust")
            ),
        )


def _national_of(collection: Collection) -> dict[str, str]:
    """How the figure of several organisations follows, by measure."""
    measures = {one.name: str(one.national) for one in collection.measures if one.is_number}
    return measures | {one.name: "ratio" for one in collection.ratios}
