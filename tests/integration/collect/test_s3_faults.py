"""A service that is down, slow or breaks off: nothing half lands, and the next run catches up."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.collect.s3 import s3_client
from pipelines.landing.landing import Landing
from pipelines.local_servers.s3_server import LocalS3, running_s3
from tests.support.children import kill, run
from tests.support.each_time import others_are_long
from tests.support.fault_proxy import FaultProxy, fault_proxy, http_answer
from tests.support.s3_place import COLLECTION, NEEDS_SERVER, S3Place, connect, s3_place

pytestmark = [NEEDS_SERVER, pytest.mark.xdist_group("s3")]
NAMES = [f"R0A_20261126T1{number:02}500.csv" for number in range(24)]
CONTENT = b"0123456789" * 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    with running_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def place(server: LocalS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Place]:
    with s3_place(server, tmp_path, monkeypatch) as made:
        for name in NAMES:
            made.put(name, CONTENT + name.encode())
        yield made


@pytest.fixture
def proxy(place: S3Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The source is reached through it."""
    with fault_proxy(int(place.server.endpoint_url.rpartition(":")[2])) as running:
        address = f"http://127.0.0.1:{running.port}"
        connect(monkeypatch, place.server.connection, endpoint_url=address)
        yield running


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Sets the seconds after which a call is given up."""

    def set_seconds(seconds: float) -> None:
        monkeypatch.setattr(s3_client, "CALL_SECONDS", seconds)

    set_seconds(3)
    yield set_seconds


def is_listing(begin: bytes) -> bool:
    return b"list-type=2" in begin.split(b"\r\n")[0]


def is_object(begin: bytes) -> bool:
    return begin.startswith(b"GET ") and b".csv" in begin.split(b"\r\n")[0]


def assert_all_landed_once(place: S3Place) -> None:
    waiting = Landing(place.home.home).waiting()
    assert sorted(one.file_name for one in waiting) == NAMES
    for one in waiting:
        assert Landing(place.home.home).content(one) == CONTENT + one.file_name.encode()
    assert place.collect() == 0


def files_of_ledger(place: S3Place) -> list[tuple[str]]:
    return place.home.ask("SELECT file_name FROM ops.submission")


def heal(proxy: FaultProxy) -> None:
    proxy.faults.is_down = False
    proxy.faults.answers.clear()
    proxy.faults.cut_after = None
    proxy.faults.drip_seconds = proxy.faults.delay_seconds = 0


def test_a_service_that_is_down_costs_its_source_alone(
    place: S3Place, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, place.server.connection, "S3_SOUTH")
    place.feed("RR8", connection="s3_south", prefix="rr8/")
    place.put("RR8_20261126T111500.csv", prefix="rr8/")
    proxy.faults.is_down = True
    with pytest.raises(SourceUnavailable, match="it breaks off"):
        place.collect()
    brought = steps.bring_in(COLLECTION)
    assert list(brought.unreachable) == [place.endpoint]
    assert "AIRFLOW_CONN_S3_NORTH" in str(brought.unreachable[place.endpoint])
    assert "RR8_20261126T111500.csv" in {name for (name,) in files_of_ledger(place)}
    heal(proxy)
    assert place.collect() == len(NAMES)


def test_some_faults_are_tried_again_within_the_run(place: S3Place, proxy: FaultProxy) -> None:
    proxy.faults.answers += [http_answer(503), http_answer(500)]
    assert len(place.source().list_all(place.home.home)) == len(NAMES)
    proxy.faults.answers += [http_answer(500)] * 2
    proxy.faults.only = is_object
    assert place.collect() == len(NAMES)
    assert_all_landed_once(place)


def test_a_service_that_only_answers_500_to_reads_is_given_up_soon(
    place: S3Place, proxy: FaultProxy
) -> None:
    proxy.faults.only = is_object
    proxy.faults.answers += [http_answer(500)] * 999
    with pytest.raises(SourceUnavailable, match="a fault of its own"):
        place.collect()
    asked: list[bytes] = []
    proxy.faults.on_begin = asked.append
    listed = place.source().list_all(place.home.home)
    with pytest.raises(SourceUnavailable, match="a fault of its own"):
        list(place.source().read(place.home.home, [*listed] * 8))
    assert len(asked) < 8 * len(NAMES), "not even each once"
    assert place.landed() == []
    heal(proxy)
    assert place.collect() == len(NAMES)
    assert_all_landed_once(place)


def test_a_listing_that_is_cut_is_no_listing(place: S3Place, proxy: FaultProxy) -> None:
    proxy.faults.only = is_listing
    proxy.faults.cut_after = 1500
    with pytest.raises(SourceUnavailable):
        place.collect()
    assert place.landed() == []
    heal(proxy)
    assert place.collect() == len(NAMES)
    assert_all_landed_once(place)


def test_an_object_that_is_cut_does_not_land_and_the_others_do(
    place: S3Place, proxy: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    last = NAMES[-1].encode()
    proxy.faults.only = lambda begin: is_object(begin) and last in begin.split(b"\r\n")[0]
    proxy.faults.cut_after = 900
    assert place.collect() == len(NAMES) - 1
    assert "cannot be read: its answers end too early" in caplog.text
    assert place.landed() == NAMES[:-1]
    heal(proxy)
    assert place.collect() == 1
    assert_all_landed_once(place)


def test_objects_that_are_cut_once_are_asked_for_again(place: S3Place, proxy: FaultProxy) -> None:
    proxy.faults.only = is_object
    proxy.faults.cut_after, proxy.faults.cuts_left = 900, 5
    assert place.collect() == len(NAMES)
    assert_all_landed_once(place)


def test_a_body_that_comes_by_drops_is_given_up(
    place: S3Place,
    proxy: FaultProxy,
    patience: Callable[[float], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = NAMES[0].encode()
    proxy.faults.only = lambda begin: is_object(begin) and first in begin.split(b"\r\n")[0]
    proxy.faults.drip_seconds, proxy.faults.drip_after = 0.2, 400
    assert place.collect() == len(NAMES) - 1
    assert "it gives no whole answer in time" in caplog.text
    heal(proxy)
    patience(45)
    assert place.collect() == 1
    assert_all_landed_once(place)


def test_a_listing_that_comes_by_drops_is_given_up(
    place: S3Place, proxy: FaultProxy, patience: Callable[[float], None]
) -> None:
    proxy.faults.only = is_listing
    proxy.faults.drip_seconds = 0.2
    with pytest.raises(SourceUnavailable, match="no whole answer in time"):
        place.collect()
    heal(proxy)
    patience(45)
    assert place.collect() == len(NAMES)


def test_a_listing_that_goes_round_in_circles_ends(place: S3Place, proxy: FaultProxy) -> None:
    body = (
        b"<ListBucketResult><Name>x</Name><IsTruncated>true</IsTruncated>"
        b"<NextContinuationToken>again</NextContinuationToken></ListBucketResult>"
    )
    proxy.faults.answers += [http_answer(200, body)] * 99
    with pytest.raises(SourceUnavailable, match="does not come to an end"):
        place.collect()


def test_a_gateway_that_heeds_no_condition_gives_no_other_object(
    place: S3Place, proxy: FaultProxy
) -> None:
    listed = place.source().list_all(place.home.home)
    proxy.faults.only = is_object
    proxy.faults.answers += [http_answer(200, CONTENT)] * 3
    read = list(place.source().read(place.home.home, listed[:3]))
    assert read == [], "its length is not the listed one"


def test_a_body_that_says_no_length_and_ends_early_is_not_taken(
    place: S3Place, proxy: FaultProxy
) -> None:
    listed = place.source().list_all(place.home.home)
    proxy.faults.only = is_object
    proxy.faults.answers += [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CONTENT[:10]] * 3
    with pytest.raises(SourceUnavailable, match="end too early"):
        list(place.source().read(place.home.home, listed[:1]))


def test_what_is_too_slow_once_lands_once(
    place: S3Place, proxy: FaultProxy, patience: Callable[[float], None]
) -> None:
    proxy.faults.only = is_object
    proxy.faults.delay_seconds = 5
    with pytest.raises(SourceUnavailable, match="in time"):
        place.collect()
    heal(proxy)
    patience(45)
    assert place.collect() == len(NAMES)
    assert_all_landed_once(place)


@pytest.mark.parametrize("after_landing", others_are_long(["leave", "move", "delete"], "delete"))
def test_runs_that_are_killed_land_each_object_once_in_the_end(
    place: S3Place, after_landing: str
) -> None:
    place.feed(after_landing=after_landing)

    def journey() -> int:
        return min(place.collect(), 0)

    for step in ("collect: landed", "collect: marked"):
        kill(place.home.home, journey, step)
        place.put(NAMES[0], CONTENT + NAMES[0].encode())
        place.put(f"after {step}.csv", step.encode())
    assert run(place.home.home, journey) == 0
    landing = Landing(place.home.home)
    contents = sorted(landing.content(one) for one in landing.waiting())
    extra = [b"collect: landed", b"collect: marked"]
    assert contents == sorted([*(CONTENT + name.encode() for name in NAMES), *extra])
    assert place.collect() == 0
    left = {"leave": ["r0a/"], "move": ["r0a/collected/"], "delete": []}[after_landing]
    names = [*NAMES, "after collect: landed.csv", "after collect: marked.csv"]
    assert place.all_keys() == sorted(place_ + name for place_ in left for name in names)
