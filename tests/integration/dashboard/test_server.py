"""What the server sends: headers, compressed bodies, and the last good pages in need."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines import steps
from pipelines.base.settings import settings
from tests.support.figures_of_now import make_home
from warehouse.publish.publications import current_path

BASE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("served"))


@pytest.fixture
def home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of one's own with a publication."""
    folder = shutil.copytree(prepared.parent, tmp_path / "own", symlinks=True)
    monkeypatch.setenv("SITREP_HOME", str(folder / "home"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
    monkeypatch.setenv("SITREP_NOW", "2026-11-25T12:15:00Z")
    settings.cache_clear()
    yield folder / "home"
    settings.cache_clear()


@pytest.fixture
def switch(home: Path) -> Switch:
    switch = Switch(current_of(home))
    switch.look()
    return switch


@pytest.fixture
def client(switch: Switch, home: Path) -> TestClient:
    return TestClient(make_app(switch, home), base_url=BASE)


def test_every_answer_is_under_a_strict_policy(client: TestClient) -> None:
    for address in ("/", "/nothing", "/api/england", "/assets/board.css", "/search?q=x"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), address
        assert "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1", "localhost.evil.example"])
def test_another_name_of_this_machine_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


def test_a_page_that_is_known_already_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/")
    assert first.headers["content-encoding"] == "gzip"
    again = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert plain.text == first.text
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("name", ["board.css", "ages.js", "icon.svg"])
def test_what_a_page_needs_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 200
    assert client.get("/assets/../server.py").status_code == 404
    assert client.get("/assets/server.py").status_code == 404


def test_nothing_can_be_written(client: TestClient) -> None:
    for address in ("/", "/api/england", "/search"):
        assert client.post(address).status_code == 405


@pytest.mark.long
def test_a_newer_publication_is_shown_without_a_restart(
    client: TestClient, switch: Switch, home: Path
) -> None:
    before = client.get("/healthz").json()["publication"]
    first = client.get("/")
    steps.publish()
    assert client.get("/").text == first.text, "until all its pages are made"
    switch.look()
    after = client.get("/healthz").json()["publication"]
    assert after != before
    assert f'data-publication="{after}"' in client.get("/").text
    known = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert known.status_code == 200


def test_a_publication_that_is_broken_leaves_the_pages_of_before(
    client: TestClient, switch: Switch, home: Path
) -> None:
    good = client.get("/").text
    steps.publish()
    newest = current_path(home)
    assert newest is not None
    sound = newest.read_bytes()
    newest.write_bytes(sound[: len(sound) // 2])
    for _ in range(2):
        switch.look()
        page = client.get("/")
        assert page.status_code == 200
        assert "These figures are not the newest." in page.text
        assert page.headers["cache-control"] == "no-store"
        assert good.split("<main")[1] == page.text.split("<main")[1]
        assert client.get("/healthz").status_code == 503
    assert client.get("/search?q=guy").text.count("These figures are not the newest.") == 1
    newest.write_bytes(sound)
    switch.look()
    assert "not the newest" not in client.get("/").text
    assert client.get("/healthz").json() == {"publication": newest.stem, "fault": None}


def test_what_is_read_when_asked_says_that_it_cannot(client: TestClient, switch: Switch) -> None:
    assert switch.site is not None
    assert client.get("/day/2026-11-24").status_code == 200
    switch.site.file.write_bytes(b"no database")
    for address in ("/day/2026-11-24", "/submission/acute_realtime.r0a@1"):
        done = client.get(address)
        assert (done.status_code, "This cannot be read now" in done.text) == (503, True)
    assert client.get("/").status_code == 200


def test_without_the_folder_of_publications_the_pages_stay(
    client: TestClient, switch: Switch, home: Path
) -> None:
    shutil.rmtree(home / "publications")
    switch.look()
    page = client.get("/")
    assert page.status_code == 200
    assert "There is no publication." in page.text


def test_before_the_first_publication_it_says_so(tmp_path: Path) -> None:
    switch = Switch(current_of(tmp_path))
    switch.look()
    client = TestClient(make_app(switch), base_url=BASE)
    for address in ("/", "/search", "/feed/x", "/submission/x"):
        done = client.get(address)
        assert done.status_code == 503, address
        assert "sitrep publish" in done.text


@pytest.mark.long
def test_the_background_finds_a_newer_one_by_itself(
    switch: Switch, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.publish()
    newest = current_path(home)
    switched = threading.Event()
    really = Switch.look

    def look(self: Switch) -> None:
        really(self)
        if threading.current_thread() is not threading.main_thread():
            switched.set()

    monkeypatch.setattr(Switch, "look", look)
    monkeypatch.setattr("dashboard.site._LOOKED_EVERY_SECONDS", 0.01)
    switch.start()
    try:
        assert switched.wait(timeout=120)
        assert switch.site is not None and newest is not None
        assert switch.site.file == newest.resolve()
    finally:
        switch.stop()
