"""The dashboard exposed: a real OpenID provider, roles, and what a trust never sees."""

import base64
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import httpx
import pytest
from itsdangerous import TimestampSigner
from starlette.testclient import TestClient

from dashboard.access.exposure import Access
from dashboard.access.narrowed import NarrowedSwitch
from dashboard.server import make_app
from dashboard.site import Site, Switch, current_of
from pipelines.base.settings import settings
from tests.support.exposed import (
    CLIENT_SECRET,
    client_of,
    come_back,
    exposed,
    go_to_provider,
    leave_provider,
    signed_in,
)
from tests.support.figures_of_now import NOW, make_home
from tests.support.served import free_socket

PEOPLE = {"rosa": ["room"], "matt": ["others", "manchester"], "nora": ["others"]}
OTHERS = re.compile(r"\b(RJ1|RX1|RWE|RQF|RTD|RRU|RYA|RX9|RYC)|Guy's|Nottingham|Leicester")


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    settings.cache_clear()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("exposed")
    made = make_home(folder)
    told = {"HOME": str(made), "FEEDS_DIR": str(folder / "feeds"), "NOW": NOW}
    told["DASHBOARD_CHECK"] = "true"
    for name, value in told.items():
        patch.setenv(f"SITREP_{name}", value)
    settings.cache_clear()
    return made


@pytest.fixture(scope="module")
def switch(home: Path) -> Switch:
    switch = Switch(current_of(home), signs_in=True)
    switch.look()
    assert switch.fault is None
    return switch


@pytest.fixture(scope="module")
def site(switch: Switch) -> Site:
    assert switch.site is not None
    return switch.site


@pytest.fixture(scope="module")
def access(home: Path, patch: pytest.MonkeyPatch) -> Iterator[Access]:
    with exposed(home, patch, PEOPLE) as access:
        yield access


@pytest.fixture(scope="module")
def rosa(access: Access) -> httpx.Client:
    """Of the control room."""
    return signed_in(access, "rosa")


@pytest.fixture(scope="module")
def matt(access: Access) -> httpx.Client:
    """Of the trust R0A."""
    return signed_in(access, "matt")


def submission_of(site: Site, feed: str) -> str:
    rows = site.pages.picture.submissions
    return next(f"/submission/{one['submission_id']}" for one in rows if one["feed_id"] == feed)


@pytest.fixture(scope="module")
def asked_for(site: Site) -> list[str]:
    """Every address that there is: made ahead, made when asked for, tables; and some more."""
    picture = site.pages.picture
    return [
        *site.made,
        *(f"/data/{name}.parquet" for name in site.pages.tables()),
        *(f"/submission/{one['submission_id']}" for one in picture.submissions),
        *(f"/api/series/{one['collection']}/{one['measure']}" for one in picture.england),
        "/search?q=r", "/search?q=trust", "/search?q=feed", "/search?q=a",
        "/day/2026-11-24", "/day?day=2026-11-24", "/openapi.json", "/healthz",
        "/trust/RTD", "/feed/acute_realtime.nobody", "/nothing", "/data/watch.parquet",
        "/trust%2fRX1",
    ]  # fmt: skip


def rows_told(answer: httpx.Response, tmp_path: Path) -> str:
    """What a response tells, without who is missing from a national or regional figure."""
    kind = answer.headers.get("content-type", "")
    if "parquet" in kind:
        file = tmp_path / "table.parquet"
        file.write_bytes(answer.content)
        names = [one[0] for one in duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()]
        told = ", ".join(f'"{name}"' for name in names if name != "missing")
        return str(duckdb.sql(f"SELECT {told} FROM '{file}'").fetchall())
    if "json" in kind:
        told = answer.json()
        for row in told.get("rows", []):
            row.pop("missing", None)
        return json.dumps(told)
    text = re.sub(r"<details><summary>\d+ missing.*?</details>", "", answer.text, flags=re.DOTALL)
    return re.sub(r'<span class="missing">.*?</span>', "", text).replace("&#39;", "'")


def test_a_trust_is_told_no_row_of_another_at_any_address(
    matt: httpx.Client, rosa: httpx.Client, asked_for: list[str], tmp_path: Path
) -> None:
    opened = {}
    for address in asked_for:
        answer = matt.get(address)
        assert answer.status_code in (200, 303, 403, 404), address
        if answer.status_code == 200:
            found = OTHERS.search(rows_told(answer, tmp_path))
            assert found is None, f"{address} tells of {found}"
            opened[address] = answer
    assert len(opened) > 150
    for address in ("/collection/acute_realtime", "/feeds", "/api/trusts", "/search?q=trust"):
        assert OTHERS.search(rows_told(rosa.get(address), tmp_path)), "what is looked for is there"


@pytest.mark.parametrize(
    "address",
    [
        "/trust/RX1", "/trust/RTD", "/feed/acute_realtime.rx1", "/feed/ambulance_sitrep.rru",
        "/feed/acute_realtime.none", "/submission/none", "/nothing", "/trust/RX1.json",
        "/data/acute_realtime.parquet", "/data/now_trust.parquet", "/data/now_site.parquet",
        "/data/submission.parquet", "/data/feed_status.parquet", "/data/slot_status.parquet",
        "/data/expected.parquet", "/data/change.parquet", "/data/organisation.parquet",
        "/api/sites", "/trust%2fRX1", "/feed/acute_realtime.r0a/x",
        "/providers/RX1", "/providers/none", "/providers/R0A/x",
    ],
)  # fmt: skip
def test_what_is_of_others_is_refused_to_a_trust(matt: httpx.Client, address: str) -> None:
    answer = matt.get(address)
    assert answer.status_code == 403
    assert "This is not for your role" in answer.text
    assert "control room" in answer.text and 'href="/trust/R0A"' in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_trust_sees_its_own(
    matt: httpx.Client, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    assert "1 of 2 sites, missing R0A07" in matt.get("/trust/R0A").text
    feeds = matt.get("/feeds").text
    assert '<a href="/feed/acute_realtime.r0a">' in feeds and feeds.count('href="/feed/') == 1
    assert matt.get("/feed/acute_realtime.r0a").status_code == 200
    assert matt.get("/providers/R0A").status_code == 200
    assert matt.get("/providers").text.count('href="/providers/') == 1, "its own only"
    assert "R0A_1.csv" in matt.get(submission_of(site, "acute_realtime.r0a")).text
    page = matt.get("/measure/acute_realtime/ambulances_waiting").text
    assert '<p class="value">10 ' in page, "England's figure is whole"
    assert {row["org_code"] for row in matt.get("/api/trusts").json()["rows"]} == {"R0A"}
    assert matt.get("/api/england").json() == json.loads(site.made["/api/england"].body)
    found = matt.get("/search", params={"q": "trust"}).text
    assert 'href="/trust/R0A"' in found
    with caplog.at_level(logging.WARNING):
        assert matt.get(submission_of(site, "acute_realtime.rx1")).status_code == 403
    (line,) = [one.getMessage() for one in caplog.records if one.name == "dashboard.access.gate"]
    assert re.fullmatch(r"refused /submission/\S+ to matt: not of their role", line)


def test_the_control_room_sees_all(rosa: httpx.Client, asked_for: list[str]) -> None:
    for address in asked_for[::7]:
        assert rosa.get(address).status_code in (200, 303, 404), address
    assert rosa.get("/trust/RX1").status_code == 200
    assert rosa.get("/data/now_trust.parquet").status_code == 200


def test_who_has_no_role_sees_nothing(access: Access) -> None:
    nora = signed_in(access, "nora")
    for address in ("/", "/wall", "/api/england", "/trust/R0A", "/data/now_england.parquet"):
        answer = nora.get(address)
        assert answer.status_code == 403
        assert "You have no role here" in answer.text and "nora" in answer.text


def test_who_has_not_signed_in_sees_nothing(access: Access, asked_for: list[str]) -> None:
    stranger = client_of(access)
    for address in asked_for:
        answer = stranger.get(address)
        if urlsplit(address).path == "/healthz":
            assert answer.json() == {"signed_in": False}
            continue
        assert answer.status_code == 401, address
        assert "You are not signed in" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert 'href="/sign-in?to=/trust/R0A"' in stranger.get("/trust/R0A").text
    assert stranger.get("/assets/board.css").status_code == 200
    assert stranger.post("/").status_code == 401


def test_sign_in_uses_what_protects_it_and_leads_back(access: Access) -> None:
    client = client_of(access)
    asked = parse_qs(urlsplit(go_to_provider(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["code_challenge"] and asked["state"] and asked["nonce"]
    assert asked["redirect_uri"] == [f"{access.public}/signed-in"]
    back = come_back(client, "matt", "/trust/R0A")
    assert (back.status_code, back.headers["location"]) == (303, "/trust/R0A")
    cookie = back.headers["set-cookie"]
    assert "httponly; samesite=lax" in cookie.lower() and "max-age=28800" in cookie.lower()
    held = TimestampSigner(access.session_secret.get_secret_value()).unsign(
        client.cookies["sitrep"]
    )
    assert json.loads(base64.b64decode(held)).keys() == {"user", "roles", "until"}
    answer = client.get("/trust/R0A")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "cookie" in answer.headers["vary"]


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_sign_in_leads_to_no_other_host(access: Access, wanted: str) -> None:
    back = come_back(client_of(access), "matt", wanted)
    assert back.headers["location"] == "/"


def test_a_sign_in_that_this_browser_did_not_begin_is_refused(access: Access) -> None:
    address = go_to_provider(client_of(access))
    back = leave_provider(address, sub="rosa")
    another = client_of(access)
    go_to_provider(another)
    for client in (client_of(access), another):
        answer = client.get(back)
        assert answer.status_code == 400
        assert "You could not be signed in" in answer.text
        assert client.get("/").status_code == 401


def test_another_nonce_and_a_denial_are_refused(access: Access) -> None:
    client = client_of(access)
    address = go_to_provider(client)
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    stolen = leave_provider(address.replace(nonce, "another"), sub="rosa")
    assert client.get(stolen).status_code == 400
    assert client.get("/").status_code == 401
    answer = client.get(leave_provider(go_to_provider(client), action="deny"))
    assert answer.status_code == 403
    assert "did not let you in" in answer.text


def test_a_session_that_is_over_or_tampered_with_is_none(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(access, "rosa")
    assert client.get("/").status_code == 200
    monkeypatch.setenv("SITREP_NOW", "2026-11-25T19:59:00Z")
    assert client.get("/").status_code == 200
    monkeypatch.setenv("SITREP_NOW", "2026-11-25T20:00:00Z")
    assert client.get("/").status_code == 401
    monkeypatch.setenv("SITREP_NOW", NOW)
    cookie = client.cookies["sitrep"]
    body, rest = cookie.split(".", 1)
    changed = ("A" if body[5] != "A" else "B").join([body[:5], body[6:]])
    for wrong in (f"{changed}.{rest}", cookie[:-1], "null", "x.y.z"):
        assert client_of(access, sitrep=wrong).get("/").status_code == 401


def test_sign_out_ends_the_session_when_a_page_of_ours_asks(access: Access) -> None:
    client = signed_in(access, "matt")
    assert '<a href="/sign-out">Sign out</a>' in client.get("/").text
    assert "You are signed in as matt, with trust:R0A." in client.get("/sign-out").text
    for headers in (
        {}, {"origin": "https://evil.example"}, {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": access.public},
    ):  # fmt: skip
        assert client.post("/sign-out", headers=headers).status_code == 403
    assert client.get("/").status_code == 200
    assert client.post("/sign-out", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert client.get("/").status_code == 401


def test_a_provider_that_is_away_is_told_without_secrets(
    access: Access, switch: Switch, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listening, nobody = free_socket()
    listening.close()
    told = access.told.model_copy(update={"oidc_issuer": nobody})
    away = Access(
        access.way, told, access.public, access.roles, access.session_secret, access.client_secret
    )
    client = TestClient(make_app(switch, home, away), base_url=access.public)
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/sign-in")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text
    assert CLIENT_SECRET not in answer.text + caplog.text and nobody not in answer.text


def test_a_narrowed_dashboard_follows_the_whole_one(
    switch: Switch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrowed = NarrowedSwitch(switch, {"R0A"})
    narrowed.look()
    first = narrowed.site
    narrowed.look()
    assert first is not None and narrowed.site is first
    assert first.made["/wall"] is site.made["/wall"], "equal pages are kept once"
    monkeypatch.setattr(switch, "site", replace(site))
    monkeypatch.setattr(switch, "fault", "The newest is broken.")
    narrowed.look()
    assert narrowed.site is not None and narrowed.site is not first
    assert b"These figures are not the newest." in narrowed.body_of(narrowed.site.made["/feeds"])
    assert "/trust/RX1" not in {one for one in narrowed.site.made if narrowed.site.made.get(one)}


def test_a_trust_is_offered_checks_of_its_own_feeds(rosa: httpx.Client, matt: httpx.Client) -> None:
    assert OTHERS.search(rosa.get("/check").text)
    own = matt.get("/check")
    assert own.status_code == 200 and ".r0a" in own.text and not OTHERS.search(own.text)
    other = re.search(r'value="([a-z_0-9]+\.rj1)"', rosa.get("/check").text)
    assert other is not None
    told = matt.post("/check", data={"feed": other[1]}, files={"file": ("a.csv", b"b")})
    assert told.status_code == 400
