"""Killed for real anywhere, and asked over faults: what an address gives is landed exactly once."""

import gzip
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.collect.addresses import http_client
from pipelines.landing.landing import Landing
from tests.support.asked_source import AskedSource, Feeds, Reply, running_source
from tests.support.children import KILLED, end_at, killed_before_each_rename, run

PAGES = [b"1", b"2", b"3"]
KILLS = 10
STEPS = ("landing: object written", "landing: manifest written", "collect: landed")


@pytest.fixture
def source(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AskedSource]:
    monkeypatch.setattr(http_client, "sleep", lambda seconds: None)
    with running_source() as source:
        own = {"kind": "https", "file_name": "R0A_{received:%Y%m%dT%H%M%S%f}.csv"}
        paging = {"parameter": "from", "until": "404"}
        address = {"address": f"{source.host}/r0a", "paging": paging}
        Feeds(tmp_path / "feeds", monkeypatch).add("r0a", "", source={**own, **address})
        yield source


def landed(home: Path) -> Counter[bytes]:
    landing = Landing(home)
    return Counter(map(landing.content, landing.waiting()))


@pytest.mark.long
def test_killed_before_each_rename_all_pages_land_once(home: Path, source: AskedSource) -> None:
    for number, content in enumerate(PAGES, start=1):
        source.replies[("/r0a", f"{number}")] = Reply(200, content)

    def collect() -> int:
        return 0 if steps.collect(source.host) >= 0 else 1

    home.mkdir()
    tried = 0
    for killed in killed_before_each_rename(home, collect):
        assert sum(landed(killed).values()) in (0, len(PAGES)), "all of them or none"
        assert [run(killed, collect) for _ in range(2)] == [0, 0]
        assert landed(killed) == Counter(PAGES)
        tried += 1
    assert tried >= 5


@pytest.mark.parametrize("versions", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_over_faults_and_kills_each_version_lands_once(
    home: Path, source: AskedSource, versions: int
) -> None:
    draw = random.Random(11)
    killed_at = set(draw.sample(range(versions), KILLS))
    page = ("/r0a", "1")
    for number in range(versions):
        body = f"version {number}\n".encode() * draw.randrange(1, 400)
        headers = {"ETag": f'"{number}"'} if draw.random() < 0.5 else {}
        sound = Reply(200, body, headers)
        source.replies[page] = [fault_of(draw, body) for _ in range(draw.randrange(6))] + [sound]
        if number in killed_at:
            source.replies[page] = sound
            step = draw.choice(STEPS)
            assert end_at(home, lambda: steps.collect(source.host), step) == KILLED
        collect_till_it_works(source)
        collect_till_it_works(source)
    found = landed(home)
    assert (len(found), set(found.values())) == (versions, {1})


def collect_till_it_works(source: AskedSource) -> None:
    for _ in range(10):
        try:
            steps.collect(source.host)
        except SourceUnavailable:
            continue
        return
    pytest.fail("it never worked")


def fault_of(draw: random.Random, body: bytes) -> Reply:
    packed = gzip.compress(body)
    return draw.choice(
        [
            Reply(500),
            Reply(429, headers={"Retry-After": "1"}),
            Reply(200, body[:-1], {"Content-Length": str(len(body))}, says_length=False),
            Reply(200, packed[:-3], {"Content-Encoding": "gzip"}),
            Reply(200, packed, {"Content-Encoding": "gzip, gzip"}),
            Reply(410),
        ]
    )
