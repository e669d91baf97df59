"""What the daily brief shows beside the headline figures, from `brief.yaml`."""

from functools import cache
from pathlib import Path

from pydantic import Field

from pipelines.base.yamlfile import Strict, Words, read_model

_FILE = Path(__file__).with_name("brief.yaml")


class WorstPlan(Strict):
    """The ratio that organisations are put in order by, how many are shown, and over which time."""

    measure: Words
    organisations: int = Field(gt=0)
    hours: int = Field(gt=0)


class BriefPlan(Strict):
    """The file; a measure is named `<collection>.<measure>`."""

    charts: tuple[Words, ...] = ()
    regions: tuple[Words, ...] = ()
    worst: WorstPlan | None = None


def parted(name: str) -> tuple[str, str]:
    """The collection and the measure of `<collection>.<measure>`."""
    collection, _, measure = name.partition(".")
    return collection, measure


@cache
def brief_plan() -> BriefPlan:
    """The plan; raises `ConfigurationError` with file and line."""
    return read_model(_FILE, BriefPlan)
