"""Who may see the dashboard: settings that hold together, roles, addresses, limits."""

from pathlib import Path
from typing import Any

import pytest

from dashboard.access.access_settings import AccessSettings, SignIn, way_of
from dashboard.access.allowed_addresses import may_open
from dashboard.access.exposure import read_access
from dashboard.access.open_id import own_address, sign_in_for
from dashboard.access.rates import Cost, Rates, cost_of
from dashboard.access.trusted_proxy import NotTheProxy, client_address, visitor_of
from dashboard.access.visitor import RoleMap, read_roles
from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from pipelines.serving.callers import line_of_address

PUBLIC = "https://control-room.example/"
OPEN_ID: dict[str, Any] = {
    "oidc_issuer": "https://login.example",
    "oidc_client_id": "uec",
    "oidc_client_secret": "x",
    "roles_file": Path("roles.yaml"),
}
PROXY: dict[str, Any] = {
    "proxy_user_header": "X-Forwarded-User",
    "proxy_addresses": "10.0.0.5, 10.1.0.0/16",
    "roles_file": Path("roles.yaml"),
}


def told(**words: Any) -> AccessSettings:
    return AccessSettings(**words)


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ({}, SignIn.NOBODY),
        ({"host": "::1"}, SignIn.NOBODY),
        ({"host": "localhost"}, SignIn.NOBODY),
        (OPEN_ID, SignIn.OPEN_ID),
        ({**OPEN_ID, "host": "0.0.0.0"}, SignIn.OPEN_ID),
        ({**PROXY, "host": "10.0.0.9"}, SignIn.PROXY),
    ],
)
def test_settings_that_hold_together(words: dict[str, Any], way: SignIn) -> None:
    assert way_of(told(**words), PUBLIC) is way


@pytest.mark.parametrize(
    ("words", "public", "wrong"),
    [
        ({"host": "0.0.0.0"}, PUBLIC, "nobody signs in. Set either SITREP_DASHBOARD_OIDC_ISSUER"),
        ({"host": "::"}, PUBLIC, "nobody signs in"),
        ({"host": "control-room"}, PUBLIC, "SITREP_DASHBOARD_HOST: write an address"),
        ({**OPEN_ID, **PROXY}, PUBLIC, "both set"),
        ({**OPEN_ID, "oidc_client_id": None}, PUBLIC, "set too: SITREP_DASHBOARD_OIDC_CLIENT_ID"),
        ({**OPEN_ID, "oidc_client_secret_file": Path("x")}, PUBLIC, "unset one of them"),
        ({**OPEN_ID, "oidc_issuer": "http://login.example"}, PUBLIC, "OIDC_ISSUER: .* https"),
        ({**OPEN_ID, "roles_file": None}, PUBLIC, "SITREP_DASHBOARD_ROLES_FILE is not set"),
        ({**PROXY, "proxy_addresses": ""}, PUBLIC, "PROXY_ADDRESSES is not set"),
        (PROXY, "http://control-room.example/", "SITREP_DASHBOARD_URL: .* https"),
        (PROXY, "https://example/dashboard", "without a path"),
        ({"tls_key": Path("x")}, PUBLIC, "go together"),
    ],
)
def test_what_does_not_hold_together_says_what_to_set(
    words: dict[str, Any], public: str, wrong: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"(?i){wrong}"):
        way_of(told(**words), public)


def test_a_secret_is_made_once_and_is_told_nowhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.parent / "roles.yaml").write_text("groups: {uec: control_room}\n", "utf-8")
    for name, value in {
        "URL": PUBLIC, "ROLES_FILE": str(home.parent / "roles.yaml"), "OIDC_CLIENT_ID": "uec",
        "OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_SECRET": "quite-secret",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"SITREP_DASHBOARD_{name}", value)
    settings.cache_clear()
    access = read_access(home)
    file = home / "dashboard" / "session-secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text()) >= 43
    assert read_access(home).session_secret == access.session_secret
    assert "quite-secret" not in repr(access) and file.read_text() not in repr(access)
    file.write_text("short")
    with pytest.raises(ConfigurationError, match="less than 32 characters") as error:
        read_access(home)
    assert "short" not in str(error.value).replace("session-secret", "")


def test_a_setting_that_cannot_be_used_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_DASHBOARD_LIMIT_PAGES", "plenty")
    with pytest.raises(ConfigurationError, match="SITREP_DASHBOARD_LIMIT_PAGES"):
        read_access(home)


def test_groups_give_roles(tmp_path: Path) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text("groups:\n  room: control_room\n  north: ['trust:R0A', 'trust:RM3']\n")
    roles = read_roles(file)
    north = roles.visitor("jane", ["north", "others"])
    assert not north.sees_all
    assert north.organisations == {"R0A", "RM3"}
    assert roles.visitor("john", ["room"]).sees_all
    assert roles.visitor("joan", ["others"]).roles == frozenset()
    file.write_text("groups:\n  north: 'trust:'\n")
    with pytest.raises(ConfigurationError, match=r"roles.yaml:2: .*is no role"):
        read_roles(file)


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        ("/trust/R0A?x=1", "/trust/R0A?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        ("", "/"),
        ("/sign-out", "/"),
    ],
)
def test_sign_in_leads_to_pages_of_our_own_only(wanted: str, address: str) -> None:
    assert own_address(wanted) == address


def test_sign_in_leads_back_to_what_was_asked_for() -> None:
    assert sign_in_for("/search", "q=a&b=c") == "/sign-in?to=/search%3Fq%3Da%26b%3Dc"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "6.6.6.6, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("::ffff:10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "what", "10.0.0.5"),
    ],
)
def test_an_address_is_taken_from_trusted_proxies_only(
    peer: str, forwarded: str, address: str
) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert client_address(scope, told(**PROXY)) == address


def test_a_header_of_the_proxy_stands_there_once() -> None:
    roles = RoleMap.model_validate({"groups": {"room": "control_room"}})
    user, room = (b"x-forwarded-user", b"jane"), (b"x-forwarded-groups", b"others, room")
    scope: dict[str, Any] = {"type": "http", "client": ("10.1.7.7", 1), "headers": [user, room]}
    visitor = visitor_of(scope, told(**PROXY), roles)
    assert visitor is not None and visitor.sees_all
    assert visitor_of({**scope, "headers": [room]}, told(**PROXY), roles) is None
    for headers in ([user, room, room], [user, (b"X-Forwarded-User".lower(), b"root"), room]):
        with pytest.raises(NotTheProxy, match="twice"):
            visitor_of({**scope, "headers": headers}, told(**PROXY), roles)
    for peer in (("10.2.0.1", 1), None):
        with pytest.raises(NotTheProxy, match="PROXY_ADDRESSES"):
            visitor_of({**scope, "client": peer}, told(**PROXY), roles)


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/", Cost.PAGE),
        ("/measure/a/b", Cost.PAGE),
        ("/data/measure/a/b.csv", Cost.PAGE),
        ("/search", Cost.ASKED),
        ("/day/2026-11-24", Cost.ASKED),
        ("/submission/a@1", Cost.ASKED),
        ("/seen/2026-11-25T12:00Z/trust/R0A", Cost.ASKED),
        ("/data/now_trust.parquet", Cost.ASKED),
        ("/signed-in", Cost.SIGN_IN),
    ],
)
def test_what_is_made_when_asked_counts_apart(path: str, cost: Cost) -> None:
    assert cost_of(path) is cost


def test_one_who_asks_too_much_waits_and_others_do_not() -> None:
    rates = Rates(told(limit_pages="2/day"), SignIn.NOBODY)
    assert [rates.seconds_to_wait("/", "a") for _ in range(2)] == [None, None]
    wait = rates.seconds_to_wait("/feeds", "a")
    assert wait is not None and 0 < wait <= 24 * 3600
    assert rates.seconds_to_wait("/", "b") is None
    assert rates.seconds_to_wait("/search", "a") is None, "not limited on loopback"


def test_limits_hold_by_themselves_where_people_sign_in() -> None:
    rates = Rates(told(limit_sign_in="1/day"), SignIn.OPEN_ID)
    assert rates.seconds_to_wait("/sign-in", "a") is None
    assert rates.seconds_to_wait("/signed-in", "a") is None
    assert rates.seconds_to_wait("/sign-in", "a") is not None
    waits = [rates.seconds_to_wait("/search", "a") for _ in range(61)]
    assert waits[:60] == [None] * 60 and waits[60] is not None
    assert line_of_address("2001:db8::1") == line_of_address("2001:db8::2") == "2001:db8::/64"


@pytest.mark.parametrize(
    "path",
    [
        "//trust/R0A", "/trust/R0A/", "/trust/../trust/RX1", "/trust/R0A/../RX1", "/trust/R0A\n",
        "/trust/r0a", "/data/now_trust.parquet", "/data/x/now_england.parquet", "/api/submissions",
        "/measure/a/b/c", "/anything-that-comes-later", "",
    ],
)  # fmt: skip
def test_what_is_not_listed_is_not_opened(path: str) -> None:
    nothing: Any = None
    assert not may_open(path, {"R0A"}, nothing)
    assert may_open("/trust/R0A", {"R0A"}, nothing)
