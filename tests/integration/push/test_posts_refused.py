import gzip
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.base.clock import now
from pipelines.landing.landing import Landing
from pipelines.tokens.refusals import Why, read_refusals
from pipelines.tokens.token_file import make_token, revoke_token, rotate_token, tokens_path
from tests.support.pushed import (
    SUBMISSIONS,
    Endpoint,
    push_served,
    slot_file,
    use_push_feeds,
)
from tests.support.small_slots import FEED, FIRST_FILE

LIMIT = 200_000


@pytest.fixture
def endpoint(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", str(LIMIT))
    use_push_feeds(tmp_path / "feeds", monkeypatch)
    with push_served(home, request_seconds=1.0, head_seconds=0.4) as served:
        yield served


def waiting(home: Path) -> list[str]:
    return [one.file_name for one in Landing(home).waiting()]


def test_only_a_usable_token_opens_anything(
    endpoint: Endpoint, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, revoked_token = make_token(home, [FEED])
    revoke_token(home, revoked.token_id)
    _, ending_token = make_token(home, [FEED], now() + timedelta(hours=1))
    wrong = f"{endpoint.token[:-1]}{'A' if endpoint.token[-1] != 'A' else 'B'}"
    assert endpoint.client.get(SUBMISSIONS).status_code == 200
    with endpoint.with_token(ending_token) as client:
        assert client.get(SUBMISSIONS).status_code == 200
    monkeypatch.setenv("SITREP_NOW", (now() + timedelta(hours=2)).isoformat())
    tried = {
        f"Bearer {wrong}": "unknown_token",
        f"Bearer {revoked_token}": "token_not_usable",
        f"Bearer {ending_token}": "token_not_usable",
        f"Basic {endpoint.token}": "no_token",
        "Bearer": "no_token",
        "Bearer ключ".encode().decode("latin-1"): "unknown_token",
    }
    for header, error in tried.items():
        shown = {"Authorization": header.encode("latin-1")}
        for address in (SUBMISSIONS, f"{SUBMISSIONS}/x"):
            refused = httpx.get(endpoint.address + address, headers=shown)  # type: ignore[arg-type]
            assert (refused.status_code, refused.json()["error"]) == (401, error)
            assert refused.headers["www-authenticate"].startswith("Bearer")
    assert httpx.post(f"{endpoint.address}{SUBMISSIONS}", content=b"x").status_code == 401


def test_a_rotated_token_goes_on_for_the_overlap(
    endpoint: Endpoint, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, token = make_token(home, [FEED])
    _, new = rotate_token(home, old.token_id, timedelta(days=7))
    for moment, old_status in ((now(), 200), (now() + timedelta(days=8), 401)):
        monkeypatch.setenv("SITREP_NOW", moment.isoformat())
        for one, status in ((token, old_status), (new, 200)):
            with endpoint.with_token(one) as client:
                assert client.get(SUBMISSIONS).status_code == status


def test_damaged_tokens_open_nothing_and_are_set_aside(endpoint: Endpoint, home: Path) -> None:
    tokens_path(home).write_bytes(b'[{"token_id": 1}]')
    assert endpoint.client.get(SUBMISSIONS).status_code == 401
    assert [one.name.startswith("push__tokens.json") for one in (home / "damaged").iterdir()] == [
        True
    ]
    _, token = make_token(home, [FEED])
    with endpoint.with_token(token) as client:
        assert client.get(SUBMISSIONS).status_code == 200


def test_a_fault_of_ours_is_no_wrong_token(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    for place in ("push_gate.read_tokens", "submission_states.list_states"):
        with monkeypatch.context() as patch:
            patch.setattr(f"pipelines.push.{place}", (lambda _: ()) if "tokens" in place else fail)
            refused = endpoint.client.get(SUBMISSIONS)
        assert (refused.status_code, refused.json()["error"]) == (503, "our_fault")
        assert "retry-after" in refused.headers and "a fault of ours" not in refused.text
        assert endpoint.client.get(SUBMISSIONS).status_code == 200


HOSTILE = {
    "../R0A_acute_realtime_1.csv": (400, Why.HOSTILE_NAME),
    "/etc/R0A_acute_realtime_1.csv": (400, Why.HOSTILE_NAME),
    "R0A_acute_realtime_\x1b[2J.csv": (400, Why.HOSTILE_NAME),
    "R0A_acute_realtime_\u202e.csv": (400, Why.HOSTILE_NAME),
    f"R0A_acute_realtime_{'x' * 4000}.csv": (400, Why.HOSTILE_NAME),
    "..": (400, Why.HOSTILE_NAME),
    "notes.txt": (422, Why.WRONG_NAME),
    "R0\u0410_acute_realtime_1.csv": (422, Why.WRONG_NAME),
    "": (400, None),
}
"""The last but one has a Cyrillic letter."""


def test_hostile_names_are_refused_and_recorded(endpoint: Endpoint, home: Path) -> None:
    before = now()
    for name, (status, _) in HOSTILE.items():
        refused = endpoint.client.post(SUBMISSIONS, params={"name": name}, content=b"x")
        assert refused.status_code == status, refused.text
    recorded = [one.why for one in read_refusals(home, before)]
    assert recorded == [why for _, why in HOSTILE.values() if why]
    assert waiting(home) == []


def test_names_come_in_each_way_and_not_only_in_ascii(endpoint: Endpoint, home: Path) -> None:
    name = "R0A_acute_realtime_é.csv"
    star = "attachment; filename*=UTF-8''R0A_acute_realtime_%C3%A9.csv"
    plain = f'attachment; filename="{name}"'.encode()
    for number, headers in enumerate(
        (
            [(b"X-File-Name", name.encode())],
            [(b"Content-Disposition", plain)],
            [(b"Content-Disposition", star.encode())],
        )
    ):
        posted = endpoint.client.post(SUBMISSIONS, content=b"%d" % number, headers=headers)
        assert posted.json()["file_name"] == name
    assert waiting(home) == [name] * 3
    bad = [(b"X-File-Name", b"R0A_acute_realtime_\xff.csv")]
    assert endpoint.client.post(SUBMISSIONS, content=b"x", headers=bad).status_code == 400


def test_a_file_has_no_more_bytes_than_the_limit(endpoint: Endpoint, home: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield from [b"x" * 50_000] * (LIMIT // 50_000) + [b"x"]

    assert endpoint.post(FIRST_FILE, b"x" * (LIMIT + 1)).status_code == 413
    chunked = endpoint.client.post(
        SUBMISSIONS, content=parts(), headers={"X-File-Name": FIRST_FILE}
    )
    assert chunked.status_code == 413
    assert waiting(home) == []
    assert endpoint.post(FIRST_FILE, b"x" * LIMIT).status_code == 202


def test_gzip_is_unpacked_strictly(endpoint: Endpoint, home: Path, tmp_path: Path) -> None:
    name, content = slot_file(tmp_path)
    packed = gzip.compress(content)
    headers = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < LIMIT
    for body, status in (
        (packed[:-9], 400),
        (packed + b"rest", 400),
        (content, 400),
        (bomb, 413),
    ):
        assert endpoint.post(name, body, **headers).status_code == status
    for encoding in ("br", "deflate", "gzip, gzip", "zstd"):
        odd = endpoint.post(name, packed, **{"Content-Encoding": encoding})
        assert odd.status_code == 415
    assert waiting(home) == []
    two = gzip.compress(content[:100]) + gzip.compress(content[100:])
    assert endpoint.post(name, two, **headers).status_code == 202
    (manifest,) = Landing(home).waiting()
    assert Landing(home).content(manifest) == content


def test_a_cut_body_leaves_nothing(endpoint: Endpoint, home: Path) -> None:
    heads = (
        f"POST {SUBMISSIONS}?name={FIRST_FILE} HTTP/1.1\r\nContent-Length: 1000",
        f"POST {SUBMISSIONS}?name={FIRST_FILE} HTTP/1.1\r\nTransfer-Encoding: chunked",
    )
    for head, body in zip(heads, (b"half", b"4\r\nhalf\r\n"), strict=True):
        endpoint.raw(head, body).close()
    assert endpoint.post("R0A_acute_realtime_2.csv", b"whole").status_code == 202
    assert waiting(home) == ["R0A_acute_realtime_2.csv"]


def test_slow_senders_are_ended_and_hold_up_nobody(endpoint: Endpoint, home: Path) -> None:
    head = f"POST {SUBMISSIONS}?name={FIRST_FILE} HTTP/1.1\r\nContent-Length: 1000"
    slow = [endpoint.raw(head, b"x") for _ in range(50)]
    heads = [endpoint.raw("GET /healthz HTTP/1.1\r\nX-Slow: 1", b"") for _ in range(2)]
    unfinished = endpoint.raw("GET")
    assert endpoint.post("R0A_acute_realtime_2.csv", b"whole").status_code == 202
    answers = [_all_of(one) for one in slow]
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
    assert all(b"connection: close" in answer for answer in answers)
    assert {_all_of(one)[:15] for one in heads} == {b"HTTP/1.1 200 OK"}
    # A head that never ends has no answer: the connection is closed.
    assert not _all_of(unfinished).startswith(b"HTTP/1.1 2")
    assert waiting(home) == ["R0A_acute_realtime_2.csv"]


def test_a_head_that_never_ends_is_closed(endpoint: Endpoint) -> None:
    for start in (b"", b"GET /healthz HTTP/1.1\r\nX-Slow: ", b"GET /healthz HTTP/1.1\r\nX: "):
        with socket.create_connection(endpoint.place, timeout=20) as connection:
            connection.sendall(start)
            assert _all_of(connection) == b""
    with socket.create_connection(endpoint.place, timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 70_000)
        assert not _all_of(connection).startswith(b"HTTP/1.1 2")


def _all_of(connection: socket.socket) -> bytes:
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def test_rates_are_limited_by_token_and_by_address(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_push_feeds(tmp_path / "feeds", monkeypatch)
    with push_served(home, limit_token="5/minute", limit_address="3/minute") as endpoint:
        statuses = [endpoint.client.get(SUBMISSIONS).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        with endpoint.with_token("uec_wrong") as wrong:
            refused = [wrong.get(SUBMISSIONS) for _ in range(4)]
        assert [one.status_code for one in refused] == [401, 401, 401, 429]
        assert 0 < int(refused[-1].headers["retry-after"]) <= 60
        _, token = make_token(home, [FEED])
        with endpoint.with_token(token) as fine:
            assert fine.get(SUBMISSIONS).status_code == 200, "a good token is let in all the same"
        lost = [httpx.get(f"{endpoint.address}/nothing").status_code for _ in range(4)]
        assert lost == [404] * 3 + [429]


def test_behind_a_proxy_each_caller_is_counted(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_push_feeds(tmp_path / "feeds", monkeypatch)
    callers = ("198.51.100.1", "198.51.100.2", "198.51.100.1")
    for proxies, expected in (("127.0.0.1", [401, 401, 429]), ("10.0.0.5", [401, 429, 429])):
        told: dict[str, Any] = {"limit_address": "1/minute", "proxy_addresses": proxies}
        with push_served(home, **told) as endpoint, endpoint.with_token("uec_wrong") as wrong:
            statuses = [
                wrong.get(SUBMISSIONS, headers={"X-Forwarded-For": address}).status_code
                for address in callers
            ]
        assert statuses == expected


def test_names_of_hosts_are_checked(endpoint: Endpoint) -> None:
    refused = endpoint.client.get("/healthz", headers={"Host": "evil.example"})
    assert refused.status_code == 400


def test_it_is_served_with_a_certificate(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trustme

    use_push_feeds(tmp_path / "feeds", monkeypatch)
    authority = trustme.CA()
    own = authority.issue_cert("localhost")
    own.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "own.key")
    known = ssl.create_default_context()
    authority.configure_trust(known)
    files = {"tls_certificate": tmp_path / "own.pem", "tls_key": tmp_path / "own.key"}
    with push_served(home, verify=known, **files) as endpoint:
        assert endpoint.address.startswith("https://")
        assert endpoint.post(FIRST_FILE, b"x").status_code == 202
    assert waiting(home) == [FIRST_FILE]


def test_a_server_for_others_has_a_certificate_or_a_proxy(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.base.errors import ConfigurationError
    from pipelines.push.push_settings import read_push_settings

    assert read_push_settings().host == "127.0.0.1"
    with pytest.raises(ConfigurationError, match="SITREP_PUSH_TLS_CERTIFICATE"):
        read_push_settings("0.0.0.0")
    monkeypatch.setenv("SITREP_PUSH_PROXY_ADDRESSES", "10.0.0.5")
    with pytest.raises(ConfigurationError, match="SITREP_PUSH_HOSTS"):
        read_push_settings("0.0.0.0")
    monkeypatch.setenv("SITREP_PUSH_HOSTS", "feeds.example.nhs.uk")
    told = read_push_settings("0.0.0.0")
    with push_served(home, **told.model_dump()) as endpoint:
        stranger = endpoint.client.get("/healthz")
        assert (stranger.status_code, stranger.json()["error"]) == (403, "not_the_proxy")
