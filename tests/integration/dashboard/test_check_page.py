"""The page on which a file is checked: who may, what is refused, and that nothing is kept."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dashboard import check_routes
from dashboard.check_routes import CheckDesk
from dashboard.server import make_app
from dashboard.site import Switch
from pipelines.base.settings import settings
from pipelines.check.check_process import CheckEnded, report_in_child
from tests.support.small_slots import FEED, FIRST_FILE, write_slots


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files stand while the test runs; a dashboard has folders of its own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def client(home: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("SITREP_DASHBOARD_CHECK", "true")
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:40:00Z")
    settings.cache_clear()
    return TestClient(make_app(Switch(lambda: None), home), base_url="http://127.0.0.1")


def test_it_is_off_unless_a_setting_says_otherwise(home: Path) -> None:
    client = TestClient(make_app(Switch(lambda: None), home), base_url="http://127.0.0.1")
    assert client.post("/check").status_code in (404, 405)


def test_a_file_is_checked_and_nothing_of_it_is_kept(
    home: Path, tmp_path: Path, scratch: Path, client: TestClient
) -> None:
    assert FEED in client.get("/check").text
    file = write_slots(tmp_path / FIRST_FILE)
    answer = client.post(
        "/check", data={"feed": FEED}, files={"file": (FIRST_FILE, file.open("rb"))}
    )
    assert answer.status_code == 200 and "Would be accepted. Every row" in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert not list(scratch.glob("sitrep-check-*")) and not home.exists()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({"data": {"feed": "no.feed"}, "files": {"file": ("a", b"b")}}, 400, id="feed"),
        pytest.param({"data": {"feed": FEED}, "files": {"other": ("a", b"b")}}, 400, id="no file"),
        pytest.param({"data": {"feed": FEED}}, 415, id="no form"),
        pytest.param(
            {"data": {"feed": FEED}, "files": {"file": ("a", b"x" * 200_000)}}, 413, id="too large"
        ),
        pytest.param(
            {"data": {"feed": FEED}, "files": [("file", ("a", b"b"))] * 11}, 400, id="too many"
        ),
        pytest.param({"headers": {"sec-fetch-site": "cross-site"}}, 403, id="another site"),
    ],
)
def test_what_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, form: dict[str, Any], status: int
) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "100000")
    settings.cache_clear()
    assert client.post("/check", **form).status_code == status


def test_one_check_is_made_at_a_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CheckDesk, "take", lambda _desk: False)
    answer = client.post("/check", data={"feed": FEED}, files={"file": ("a", b"b")})
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert "Another file is being checked" in answer.text


def test_a_check_that_ends_badly_is_told_and_the_next_one_is_made(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_told: object) -> str:
        raise CheckEnded("The check was ended: it takes too much.")

    monkeypatch.setattr(check_routes, "report_in_child", end)
    for _ in range(2):
        answer = client.post("/check", data={"feed": FEED}, files={"file": ("a", b"b")})
        assert answer.status_code == 422 and "The check was ended" in answer.text


def test_a_check_out_of_time_is_killed_and_its_folder_is_gone(home: Path, scratch: Path) -> None:
    with pytest.raises(CheckEnded, match="takes more than 0 seconds"):
        report_in_child(FEED, [("a.csv", b"x")], None, None, "/check", seconds=0)
    assert not list(scratch.glob("sitrep-check-*"))


def test_a_trust_checks_files_of_its_own_feeds_only(client: TestClient, home: Path) -> None:
    own = Switch(lambda: None)
    own.organisations = frozenset({"R0A"})
    app = make_app(own, home)
    trust = TestClient(app, base_url="http://127.0.0.1")
    page = trust.get("/check").text
    assert FEED in page and "acute_realtime.r1h" not in page and "winter" not in page
    other = trust.post(
        "/check", data={"feed": "acute_realtime.r1h"}, files={"file": ("a.csv", b"b")}
    )
    assert other.status_code == 400
