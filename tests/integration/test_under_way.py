"""A publisher that an arrival has woken waits until what came is in the ledger, and no longer."""

import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines import steps, under_way
from pipelines.base.clock import now
from pipelines.base.settings import settings
from pipelines.landing.landing import Landing
from pipelines.registry.registry import load_registry
from pipelines.under_way import MOST_SECONDS, await_settled
from tests.support.small_slots import ENDPOINT, FIRST_FILE, write_slots
from warehouse.publish.publications import read_description

COLLECTION = "acute_realtime"


class Waits:
    """Time that passes only where somebody waits; at each wait the next thing happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.happens: list[Callable[[], object]] = []
        self.seconds = 0.0
        monkeypatch.setattr(under_way, "time", self)

    def monotonic(self) -> float:
        return self.seconds

    def time(self) -> float:
        return time.time() + self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.happens:
            self.happens.pop(0)()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    return Waits(monkeypatch)


@pytest.fixture
def folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "0")
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    settings.cache_clear()
    folder = home / ENDPOINT
    folder.mkdir(parents=True)
    return folder


def test_where_nothing_is_under_way_nobody_waits(home: Path, folder: Path, waits: Waits) -> None:
    assert await_settled(home, load_registry())
    assert not waits.seconds


def test_what_arrives_is_in_the_publication_that_its_arrival_woke(
    home: Path, folder: Path, waits: Waits
) -> None:
    write_slots(folder / FIRST_FILE)
    waits.happens = [lambda: steps.collect(ENDPOINT), steps.drain]
    steps.publish(awaits_arrivals=True)
    assert not waits.happens, "the publisher went on before all was settled"
    assert waits.seconds < MOST_SECONDS
    description = read_description(home)
    assert description is not None
    assert description["data_as_of"][COLLECTION] == "2019-03-08T11:30:00Z"


def test_what_takes_long_has_the_next_publication(home: Path, folder: Path, waits: Waits) -> None:
    write_slots(folder / FIRST_FILE)
    assert not await_settled(home, load_registry())
    assert MOST_SECONDS <= waits.seconds < MOST_SECONDS + 1


def test_a_file_that_no_run_takes_holds_no_publication_up(
    home: Path, folder: Path, waits: Waits
) -> None:
    """Its collection is paused, or is not due: it came a while ago."""
    write_slots(folder / FIRST_FILE)
    waits.seconds = 11.0
    assert await_settled(home, load_registry())
    assert waits.seconds == 11.0


@pytest.mark.parametrize("age", [timedelta(seconds=30), timedelta(minutes=2)], ids=str)
def test_a_delivery_that_is_held_up_holds_no_publication_up(
    home: Path, folder: Path, waits: Waits, age: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.land_files([write_slots(home / FIRST_FILE)])
    monkeypatch.setenv("SITREP_NOW", f"{now() + age:%Y-%m-%dT%H:%M:%SZ}")
    is_fresh = age < timedelta(minutes=1)
    assert await_settled(home, load_registry()) is not is_fresh
    assert Landing(home).waiting(), "it still waits"


def test_a_file_that_is_held_at_its_source_holds_no_publication_up(
    home: Path, folder: Path, waits: Waits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    feeds = tmp_path / "feeds"
    shutil.copytree(settings().feeds_dir, feeds)
    (feeds / COLLECTION / "rr8.yaml").write_text("title: [", encoding="utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    write_slots(folder / FIRST_FILE)
    steps.bring_in(COLLECTION)
    assert list((folder / "held").rglob(FIRST_FILE)), "while a feed's file is broken it is held"
    assert await_settled(home, load_registry())
    assert not waits.seconds


def test_a_link_and_a_file_that_is_written_are_not_waited_for(
    home: Path, folder: Path, waits: Waits
) -> None:
    (folder / FIRST_FILE).symlink_to("/etc/hostname")
    (folder / f"{FIRST_FILE}.part").write_text("org_code", encoding="utf-8")
    assert await_settled(home, load_registry())
