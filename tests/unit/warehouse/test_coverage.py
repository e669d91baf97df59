"""The coverage of a collection: who counts, and who does not."""

from dataclasses import replace
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from pipelines.registry.cohort import Coverage
from pipelines.registry.feed import Feed, Provider, Stage
from pipelines.registry.registry import Registry, load_registry
from warehouse.marts.feed_health import coverage_sql

NAME = "ambulance_sitrep"


def coverage_of(*feeds: Feed, cohort: tuple[str, ...], of: int | None = None) -> tuple[Any, ...]:
    """The line of the collection, with these feeds and that cohort."""
    registry = load_registry()
    stated = Coverage(cohort=cohort, of=of, what="services")
    contract = registry.collections[NAME].model_copy(update={"coverage": stated})
    own: Registry = replace(
        registry, collections={NAME: contract}, feeds={one.feed_id: one for one in feeds}
    )
    ((_, *line),) = duckdb.sql(coverage_sql(own)).fetchall()
    return tuple(line)


def feed(code: str, stage: Stage = Stage.LIVE, number: int = 1, **update: Any) -> Feed:
    model = load_registry().feeds[f"{NAME}.rx9"]
    changed = {
        "feed_id": f"{NAME}.{code}{number}",
        "provider": Provider(code=code, name=code),
        "stage": stage,
    }
    return model.model_copy(update={**changed, **update})


def test_each_member_counts_once_and_others_are_counted_apart() -> None:
    feeds = (
        feed("RX9"),
        feed("RX9", number=2),
        feed("RYA", Stage.TESTING),
        feed("RX8"),
        feed("RX8", Stage.TESTING, 2),
        feed("RYC", Stage.RETIRED),
        feed("ZZ1"),
        feed("ZZ2", Stage.TESTING),
    )
    cohort = ("RX9", "RYA", "RX8", "RYC", "R1F")
    assert coverage_of(*feeds, cohort=cohort) == (2, 1, 5, "2 of 5 services live", 1)


def test_a_feed_that_reports_for_several_covers_each_of_them() -> None:
    both = feed("X24", reports_for=("RX9", "RYA"))
    assert coverage_of(both, cohort=("RX9", "RYA")) == (2, 0, 2, "2 of 2 services live", 0)


def test_members_that_are_not_named_yet_are_among_those_to_come() -> None:
    assert coverage_of(feed("RX9"), cohort=("RX9",), of=11)[2:4] == (11, "1 of 11 services live")


@pytest.mark.parametrize(
    "stated", [{"cohort": ("RX9", "RX9")}, {"cohort": ("RX9", "RYA"), "of": 1}, {"cohort": ()}]
)
def test_a_cohort_that_cannot_be_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Coverage(what="services", **stated)


def test_every_feed_of_the_project_with_a_cohort_is_of_a_member() -> None:
    registry = load_registry()
    for one in registry.collections.values():
        if one.coverage is not None:
            sent = {code for feed in registry.feeds_of(one.collection) for code in feed.covers}
            assert sent <= set(one.coverage.cohort)
