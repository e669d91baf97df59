"""The light road says of every file what the whole road says."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from pipelines.simulate.events import PlannedDelivery
from pipelines.simulate.faults import Fault, share_rate
from pipelines.simulate.plan import Plan, Window, simulated_feeds
from tests.attack.fuzz.make_case import make_cases
from tests.attack.fuzz.originals import _DAY, MOMENT, originals
from tests.support.both_roads import Compared

_MOST_BYTES = 3_000_000


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SITREP_NOW", MOMENT)
    settings.cache_clear()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def with_faults(seed: int, each: int) -> Compared:
    """Files of simulated providers: so many of each collection and fault, and without any."""
    registry, compared = load_registry(), Compared()
    plan = Plan(registry, simulated_feeds(registry), seed, share_rate(0.9))
    seen: Counter[tuple[str, Fault | None]] = Counter()
    for event in plan.events(Window(_DAY, _DAY + timedelta(days=1))):
        if not isinstance(event, PlannedDelivery):
            continue
        seen[event.collection, event.fault] += 1
        if seen[event.collection, event.fault] <= each:
            compared.add(registry, event.feed_id, event.file_name, event.content)
    return compared


def damaged(seed: int, numbers: range) -> Compared:
    """Files as the attacks damage them."""
    registry, compared = load_registry(), Compared()
    for case in make_cases(seed, numbers):
        if len(case.content) < _MOST_BYTES:
            compared.add(registry, case.feed_id, case.name, case.content)
    return compared


def test_valid_files_are_told_alike() -> None:
    registry, compared = load_registry(), Compared()
    for one in originals()[::4]:
        compared.add(registry, one.feed_id, one.name, one.content)
    assert compared.differing == []


def test_files_with_faults_are_told_alike() -> None:
    compared = with_faults(12, 2)
    assert compared.differing == []
    assert compared.findings > 20


def test_damaged_files_are_told_alike() -> None:
    compared = damaged(12, range(60))
    assert compared.differing == []
    assert compared.findings > 50


@pytest.mark.long
def test_many_files_are_told_alike() -> None:
    assert with_faults(13, 60).differing == []
    assert damaged(13, range(1500)).differing == []
