"""The event trigger: one look for all collections, an event for each arrival of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.collect.arrivals import ArrivalWatch

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]

NAMES = ["nhs111", "acute_sitrep", "nhs111"]


async def told(names: list[str]) -> AsyncIterator[str]:
    for name in names:
        yield name


async def first(stream: AsyncIterator[str], count: int) -> list[str]:
    return [await anext(stream) for _ in range(count)]


def trigger(name: str) -> Any:
    from dags.arrival_trigger import ArrivalTrigger

    return ArrivalTrigger(name)


def test_each_has_the_arrivals_of_its_collection() -> None:
    async def events(name: str) -> list[object]:
        stream = trigger(name).filter_shared_stream(told(NAMES))
        return [event.payload async for event in stream]

    assert asyncio.run(events("nhs111")) == [{"collection": "nhs111"}] * 2
    assert asyncio.run(events("acute_realtime")) == []


def test_all_collections_share_one_look() -> None:
    assert len({trigger(name).shared_stream_key() for name in NAMES}) == 1


def test_it_is_made_again_from_what_it_says_of_itself() -> None:
    path, words = trigger("nhs111").serialize()
    assert path == "dags.arrival_trigger.ArrivalTrigger"
    assert trigger(words["collection"]).collection == "nhs111"


def test_a_look_that_fails_is_followed_by_another(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags import arrival_trigger

    fails = iter([True, False])

    def look(self: ArrivalWatch) -> set[str]:
        if next(fails):
            raise OSError("gone")
        return {"nhs111", "acute_sitrep"}

    monkeypatch.setattr(ArrivalWatch, "look", look)
    monkeypatch.setattr(arrival_trigger, "_AFTER_A_FAULT_SECONDS", 0)
    found = asyncio.run(first(arrival_trigger.ArrivalTrigger.open_shared_stream({}), 2))
    assert found == ["acute_sitrep", "nhs111"]
