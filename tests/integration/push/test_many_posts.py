import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pipelines.base.settings import PROJECT
from pipelines.landing.landing import Landing
from pipelines.tokens.token_file import make_token
from tests.support.pushed import (
    OFTEN,
    SUBMISSIONS,
    Endpoint,
    bearer,
    push_served,
    slot_file,
    use_push_feeds,
)
from tests.support.served import free_socket
from tests.support.small_slots import FEED

MANY = 200
AT_ONCE = 50


@pytest.fixture
def feeds(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_push_feeds(tmp_path / "feeds", monkeypatch)


@pytest.fixture
def endpoint(feeds: Path, home: Path) -> Iterator[Endpoint]:
    with push_served(home) as served:
        yield served


def named(number: int) -> str:
    return f"R0A_acute_realtime_20190308T{number:06}.csv"


def landed_once(home: Path) -> dict[str, bytes]:
    """Name → bytes of what is in landing; each is there once."""
    landing = Landing(home)
    waiting = landing.waiting()
    found = {one.file_name: landing.content(one) for one in waiting}
    assert len(found) == len(waiting)
    return found


def test_many_at_once_land_exactly_once(endpoint: Endpoint, home: Path) -> None:
    sent = {named(number): b"%d" % number for number in range(MANY)}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        posted = list(threads.map(lambda one: endpoint.post(*one), [*sent.items()] * 2))
    assert {one.status_code for one in posted} == {202}
    assert landed_once(home) == sent
    told = {one.json()["file_name"]: one.json()["delivery_id"] for one in posted}
    assert set(told.values()) == {one.delivery_id for one in Landing(home).waiting()}


def test_what_is_settled_meanwhile_is_not_taken_for_waiting(
    endpoint: Endpoint, home: Path, tmp_path: Path
) -> None:
    name, content = slot_file(tmp_path)
    first = endpoint.post(name, content).json()["delivery_id"]
    landing = Landing(home)
    landing.settle(landing.waiting())
    again = endpoint.post(name, content).json()["delivery_id"]
    assert again != first
    assert [one.delivery_id for one in Landing(home).waiting()] == [again]


@pytest.mark.parametrize(
    ("turns", "least"), [(2, 50), pytest.param(10, 100, marks=pytest.mark.long)]
)
def test_killed_in_between_what_was_acknowledged_is_there(
    feeds: Path, home: Path, turns: int, least: int
) -> None:
    _, token = make_token(home, [FEED])
    listening, address = free_socket()
    port = listening.getsockname()[1]
    listening.close()
    environment = {**os.environ, "SITREP_PUSH_LIMIT_TOKEN": OFTEN}
    acknowledged: dict[str, bytes] = {}

    def post(number: int) -> None:
        name, content = named(number), b"%d" % number
        try:
            posted = client.post(SUBMISSIONS, content=content, headers={"X-File-Name": name})
        except httpx.TransportError:
            return
        if posted.status_code == 202:
            acknowledged[name] = content

    for turn in range(turns):
        child = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "push-server", "--port", str(port)],
            cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            with httpx.Client(base_url=address, headers=bearer(token), timeout=30) as client:
                wait_for(client)
                before = len(acknowledged)
                with ThreadPoolExecutor(8) as threads:
                    for number in range(turn * 5000, turn * 5000 + 3000):
                        threads.submit(post, number)
                    deadline = time.monotonic() + 30
                    while len(acknowledged) < before + least and time.monotonic() < deadline:
                        time.sleep(0.005)
                    child.send_signal(signal.SIGKILL)
                    threads.shutdown(cancel_futures=True)
        finally:
            child.kill()
            _, told = child.communicate()
        assert len(acknowledged) >= before + least, told
        assert token.encode() not in told
    found = landed_once(home)
    assert acknowledged.items() <= found.items()
    assert all(content == b"%d" % int(name[-10:-4]) for name, content in found.items())


def wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            assert client.get("/healthz").status_code == 200
            return
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def test_the_token_stands_nowhere(
    endpoint: Endpoint, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name, content = slot_file(tmp_path)
    secret = endpoint.token.encode()
    answers = [
        endpoint.post(name, content),
        # As careless scripts do it.
        endpoint.post(f"R0A_acute_realtime_{endpoint.token}.csv", content),
        endpoint.post(endpoint.token, content),
        endpoint.client.post(SUBMISSIONS, params={"feed": endpoint.token}, content=content),
        endpoint.client.get(f"{SUBMISSIONS}/{endpoint.token}"),
        endpoint.client.get(SUBMISSIONS, params={"limit": endpoint.token}),
        endpoint.client.get(f"/{endpoint.token}"),
        endpoint.client.get("/openapi.json"),
    ]
    assert [one.status_code for one in answers] == [202, 202, 422, 403, 404, 400, 404, 200]
    assert all(secret not in one.content for one in answers)
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert [path for path in kept if secret in path.read_bytes()] == []
    assert [path for path in home.rglob("*") if endpoint.token in path.name] == []
    assert endpoint.token not in caplog.text and "other_feed" in caplog.text
