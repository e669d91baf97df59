"""The dashboard behind a proxy that signs people in, and its bounds: requests and questions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dashboard.access.exposure import read_access
from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from tests.support.exposed import ROLES
from tests.support.figures_of_now import NOW, make_home
from warehouse.store.reader import read_publication

PUBLIC = "https://control-room.example"
ROSA = {"x-forwarded-user": "rosa", "x-forwarded-groups": "others,room"}
MATT = {"x-forwarded-user": "matt", "x-forwarded-groups": "manchester"}
Open = Callable[..., TestClient]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proxied")
    (folder / "roles.yaml").write_text(ROLES, "utf-8")
    return make_home(folder)


@pytest.fixture
def home(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    told = {
        "HOME": str(prepared),
        "FEEDS_DIR": str(prepared.parent / "feeds"),
        "NOW": NOW,
        "DASHBOARD_URL": f"{PUBLIC}/",
        "DASHBOARD_ROLES_FILE": str(prepared.parent / "roles.yaml"),
        "DASHBOARD_PROXY_USER_HEADER": "X-Forwarded-User",
        "DASHBOARD_PROXY_ADDRESSES": "10.0.0.5",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"SITREP_{name}", value)
    settings.cache_clear()
    yield prepared
    settings.cache_clear()


@pytest.fixture
def opened(home: Path) -> Open:
    """A client from an address, of a dashboard with the settings of now."""
    switch = Switch(current_of(home), signs_in=True)
    switch.look()
    app = make_app(switch, home, read_access(home))

    def client(peer: str = "10.0.0.5", base_url: str = PUBLIC, **headers: str) -> TestClient:
        return TestClient(
            app, base_url=base_url, headers=headers, client=(peer, 50000),
            raise_server_exceptions=False,
        )  # fmt: skip

    return client


def test_a_proxy_says_who_it_is_and_nobody_else(opened: Open) -> None:
    assert opened().get("/trust/RX1", headers=ROSA).status_code == 200
    assert opened().get("/trust/R0A", headers=MATT).status_code == 200
    assert opened().get("/trust/RX1", headers=MATT).status_code == 403
    assert opened().get("/", headers={"x-forwarded-user": "nora"}).status_code == 403
    assert opened().get("/", headers={"x-forwarded-groups": "room"}).status_code == 401
    for headers in (ROSA, MATT, {}):
        refused = opened(peer="203.0.113.9").get("/", headers=headers)
        assert refused.status_code == 403
        assert "reached through its proxy only" in refused.text
    assert opened(peer="203.0.113.9").get("/healthz", headers=ROSA).json() == {"signed_in": False}
    twice = [*ROSA.items(), ("x-forwarded-groups", "room")]
    assert opened().get("/", headers=twice).status_code == 403
    assert "sign out there" in opened().get("/sign-out", headers=ROSA).text


def test_pages_are_for_one_reader_and_over_https_only(opened: Open) -> None:
    page = opened().get("/", headers=ROSA)
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert page.headers["cache-control"] == "private, no-cache"
    assert page.headers["etag"]
    feeds = opened().get("/feeds", headers=ROSA)
    other = opened().get("/feeds", headers={**MATT, "if-none-match": feeds.headers["etag"]})
    assert other.status_code == 200, "another role's page is another page"
    assert opened(base_url="https://evil.example").get("/", headers=ROSA).status_code == 400


def test_limits_count_users_apart_and_leave_what_all_need(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_DASHBOARD_LIMIT_PAGES", "3/day")
    monkeypatch.setenv("SITREP_DASHBOARD_LIMIT_ASKED", "1/day")
    switch = Switch(current_of(home))
    switch.look()
    client = TestClient(
        make_app(switch, home, read_access(home)), base_url=PUBLIC, client=("10.0.0.5", 1)
    )
    assert [client.get("/wall", headers=ROSA).status_code for _ in range(4)] == [200] * 3 + [429]
    refused = client.get("/", headers=ROSA)
    assert "Too many requests" in refused.text
    assert 0 < int(refused.headers["retry-after"]) <= 24 * 3600
    assert client.get("/search?q=x", headers=ROSA).status_code == 200
    assert client.get("/data/now_england.parquet", headers=ROSA).status_code == 429
    for address in ("/healthz", "/assets/board.css"):
        assert [client.get(address, headers=ROSA).status_code for _ in range(5)] == [200] * 5
    assert client.get("/wall", headers=MATT).status_code == 200


def test_a_question_that_takes_too_long_is_ended_and_says_so(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = opened(**ROSA)
    assert client.get("/day/2026-11-24").status_code == 200
    monkeypatch.setenv("SITREP_DASHBOARD_QUERY_SECONDS", "0.2")
    settings.cache_clear()
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    monkeypatch.setattr("dashboard.asked.render", lambda *_, **__: endless)
    answer = client.get("/day/2026-11-24")
    assert answer.status_code == 504
    assert "This took too long" in answer.text
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM submission",
        "SET enable_external_access = true",
        "SET memory_limit = '9GB'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH '/tmp/other.duckdb'",
        "COPY submission TO '/tmp/x.csv'",
    ],
)
def test_a_connection_of_a_page_reads_one_file_and_nothing_else(home: Path, statement: str) -> None:
    import duckdb

    file = current_of(home)()
    assert file is not None
    with read_publication(file) as reader, pytest.raises(duckdb.Error):
        reader.execute(statement)


def test_it_listens_for_others_only_where_somebody_signs_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda _app, **told: served.update(told))
    monkeypatch.delenv("SITREP_DASHBOARD_PROXY_USER_HEADER")
    assert _run(["dashboard", "--host", "0.0.0.0"]) == 2
    assert "nobody signs in. Set either SITREP_DASHBOARD_OIDC_ISSUER" in capsys.readouterr().err
    assert not served
    assert _run(["dashboard"]) == 0
    assert served["host"] == "127.0.0.1"
    monkeypatch.setenv("SITREP_DASHBOARD_PROXY_USER_HEADER", "X-Forwarded-User")
    assert _run(["dashboard", "--host", "0.0.0.0"]) == 0
    assert (served["host"], served["proxy_headers"]) == ("0.0.0.0", False)
    assert f"Dashboard: {PUBLIC}/" in capsys.readouterr().out
