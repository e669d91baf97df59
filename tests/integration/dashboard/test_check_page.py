"""The page on which a file is checked: nothing is kept, no file keeps the pages from others."""

import asyncio
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard import check_routes
from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines.base.settings import settings
from tests.support.figures_of_now import make_home
from tests.support.small_slots import FEED, FIRST_FILE, SLOTS, write_slots

BASE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("checked"))


@pytest.fixture
def client(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("SITREP_HOME", str(prepared))
    settings.cache_clear()
    switch = Switch(current_of(prepared))
    switch.look()
    return TestClient(make_app(switch, prepared), base_url=BASE)


def post(client: TestClient, file: Path, feed: str = FEED, **headers: str) -> tuple[int, str]:
    sent = {"file": (file.name, file.read_bytes(), "text/csv")}
    answer = client.post("/check", data={"feed": feed}, files=sent, headers=headers)
    return answer.status_code, answer.text


def test_a_file_is_answered_in_the_page_and_nothing_is_kept(
    client: TestClient, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    assert "Choose a feed" in client.get("/check").text
    before = sorted(prepared.rglob("*"))
    path = write_slots(tmp_path / FIRST_FILE, {("R0A02", SLOTS[0]): {"arrivals": "<b>x</b>"}})
    status, told = post(client, path, origin=BASE)
    assert status == 200
    assert "CELL-001" in told and "&lt;b&gt;x" in told and "<b>x" not in told
    assert "Would be accepted, but what is listed would be kept out." in told
    assert sorted(prepared.rglob("*")) == before
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("feed", "content", "headers", "status", "told"),
    [
        ("no.feed", b"a", {}, 400, "There is no feed"),
        (FEED, b"a", {"origin": "https://elsewhere.example"}, 403, "from another site"),
        (FEED, b"a" * 200_000, {}, 400, "larger than"),
        (FEED, b"", {}, 200, "Would be rejected"),
        (FEED, b"\x00\xff" * 50, {}, 200, "Would be rejected"),
    ],
    ids=["feed", "origin", "large", "empty", "bytes"],
)
def test_what_cannot_be_checked_is_said(
    client: TestClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    feed: str,
    content: bytes,
    headers: dict[str, str],
    status: int,
    told: str,
) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "100000")
    settings.cache_clear()
    (tmp_path / FIRST_FILE).write_bytes(content)
    found, page = post(client, tmp_path / FIRST_FILE, feed, **headers)
    assert found == status
    assert told in page


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/plain", b"x"), ("multipart/form-data; boundary=x", b"--y\r\n\r\nz"), ("", b"")],
    ids=["no form", "broken form", "nothing"],
)
def test_what_is_no_form_is_said(client: TestClient, kind: str, body: bytes) -> None:
    answer = client.post("/check", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert re.search("No form|could not be read|There is no feed", answer.text)


def test_a_check_that_does_not_end_is_ended(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_routes, "_SECONDS", 0)
    status, told = post(client, write_slots(tmp_path / FIRST_FILE))
    assert status == 422
    assert "could not be checked" in told


def test_one_is_checked_at_a_time(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio.Lock, "locked", lambda self: True)
    status, told = post(client, write_slots(tmp_path / FIRST_FILE))
    assert status == 503
    assert "Another file is being checked" in told
