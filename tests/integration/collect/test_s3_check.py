"""Mistakes in a connection to S3: the trial names each, with the setting to change."""

import json
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.collect.checks import SourceCheck, Step
from pipelines.local_servers.s3_server import LocalS3, running_s3
from tests.support.fault_proxy import fault_proxy, http_answer
from tests.support.s3_place import NEEDS_SERVER, S3Place, connect, s3_place

pytestmark = [NEEDS_SERVER, pytest.mark.xdist_group("s3")]
NAME = "R0A_20261126T111500.csv"
WRONG_SECRET = "a-wrong-secret-key-of-forty-characters-x"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    with running_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def place(server: LocalS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Place]:
    with s3_place(server, tmp_path, monkeypatch) as made:
        made.put(NAME)
        yield made


@contextmanager
def keys_are_checked(server: LocalS3) -> Iterator[None]:
    """The server takes only keys that it knows, with their permissions."""
    set_checked_after(server, "0")
    try:
        yield
    finally:
        set_checked_after(server, "inf")


def set_checked_after(server: LocalS3, calls: str) -> None:
    address = f"{server.endpoint_url}/moto-api/reset-auth"
    request = urllib.request.Request(address, calls.encode(), {"Content-Type": "text/plain"})
    urllib.request.urlopen(request).close()


def a_key(server: LocalS3, bucket: str, *actions: str) -> dict[str, Any]:
    """A connection whose key may do these things."""
    iam = server.client("iam")
    user = f"trust-of-{bucket}"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(policy))
    own = {"login": key["AccessKeyId"], "password": key["SecretAccessKey"]}
    return {**server.connection, **own}


def last(place: S3Place, **changes: Any) -> SourceCheck:
    """The step at which the trial stops."""
    return list(place.source(**changes).check(place.home.home))[-1]


def assert_stops(check: SourceCheck, step: Step, *words: str) -> None:
    assert (check.step, check.is_fine) == (step, False), check
    for word in words:
        assert word in check.told


ALL = ("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")


def test_a_key_with_its_permissions_is_let_in(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, a_key(place.server, place.bucket, *ALL))
    with keys_are_checked(place.server):
        checks = list(place.source(after_landing="delete", answers="a").check(place.home.home))
        assert [one.told for one in checks if not one.is_fine] == []
        assert place.collect() == 1


@pytest.mark.parametrize(
    ("changes", "step", "word"),
    [
        (
            {"login": "AKIAIOSFODNN7EXAMPLE"},
            Step.SIGN_IN,
            "no such access key. Check the login",
        ),
        ({"password": WRONG_SECRET}, Step.SIGN_IN, "Check the password"),
    ],
)
def test_a_wrong_key_is_told(
    place: S3Place,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    changes: Mapping[str, str],
    step: Step,
    word: str,
) -> None:
    connection = {**a_key(place.server, place.bucket, *ALL), **changes}
    connect(monkeypatch, connection)
    with keys_are_checked(place.server):
        assert_stops(last(place), step, word, "AIRFLOW_CONN_S3_NORTH")
        with pytest.raises(SourceUnavailable, match=word) as raised:
            place.collect()
    for told in (str(raised.value), repr(raised.value.__context__), caplog.text):
        assert connection["password"] not in told


@pytest.mark.parametrize(
    ("lacking", "step"),
    [
        ("s3:ListBucket", Step.LIST),
        ("s3:GetObject", Step.READ),
        ("s3:DeleteObject", Step.PUT_AWAY),
        ("s3:PutObject", Step.ANSWER),
    ],
)
def test_a_permission_that_is_lacking_is_named(
    place: S3Place, monkeypatch: pytest.MonkeyPatch, lacking: str, step: Step
) -> None:
    given = [action for action in ALL if action != lacking]
    connect(monkeypatch, a_key(place.server, place.bucket, *given))
    with keys_are_checked(place.server):
        assert_stops(last(place, after_landing="delete", answers="a"), step, lacking)


def test_what_may_not_be_deleted_has_landed_once_and_is_told(
    place: S3Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.feed(after_landing="delete")
    connect(monkeypatch, a_key(place.server, place.bucket, "s3:ListBucket", "s3:GetObject"))
    with keys_are_checked(place.server):
        assert place.collect() == 1
        assert "s3:DeleteObject" in caplog.text
        assert place.collect() == 0
    assert place.collect() == 0
    assert place.all_keys() == [], "it is tried again"


def test_a_bucket_that_is_not_there_is_told(place: S3Place) -> None:
    assert_stops(last(place, bucket="nobody-has-it"), Step.LIST, "no such bucket", "endpoint_url")


def test_a_host_without_an_address_is_told(place: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, place.server.connection, endpoint_url="https://s3.nowhere.invalid")
    assert_stops(last(place), Step.NAME, "s3.nowhere.invalid", "endpoint_url")
    with pytest.raises(SourceUnavailable, match="nothing answers there"):
        place.collect()


def test_a_port_where_nothing_listens_is_told(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        connect(monkeypatch, place.server.connection, endpoint_url=address)
        assert_stops(last(place), Step.CONNECT, address.rpartition(":")[2], "firewall")


@pytest.mark.parametrize(
    ("connection", "word"),
    [
        ({"extra": {"endpoint_url": "http://s3.example.nhs.uk"}}, "https://host"),
        ({"extra": {"endpoint_url": "s3.example.nhs.uk"}}, "https://host"),
        ({"extra": {"endpoint_url": "https://user:word@s3.example.nhs.uk"}}, "https://host"),
        ({"host": "s3.example.nhs.uk"}, "endpoint_url"),
        ({"login": "key"}, "no password"),
        ({"password": "a-secret-key"}, "no login"),
        ({"extra": {"addressing_style": "dotted"}}, "addressing_style"),
        ({"extra": {"ca_file": "/nowhere.pem", "endpoint_url": "https://localhost:1"}}, ""),
    ],
)
def test_a_connection_that_is_none_is_told(
    place: S3Place, monkeypatch: pytest.MonkeyPatch, connection: Mapping[str, Any], word: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_S3_NORTH", json.dumps(connection))
    check = last(place)
    if word:
        assert_stops(check, Step.CONNECTION, word, "AIRFLOW_CONN_S3_NORTH")
        with pytest.raises(ConfigurationError, match=word):
            place.collect()
    assert not check.is_fine


def test_a_connection_that_nobody_made_is_told(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_S3_NORTH")
    assert_stops(last(place), Step.CONNECTION, "AIRFLOW_CONN_S3_NORTH")


@pytest.mark.parametrize(
    ("answer", "step", "word"),
    [
        ((403, "RequestTimeTooSkewed"), Step.SIGN_IN, "clock"),
        ((400, "ExpiredToken"), Step.SIGN_IN, "session token is over"),
        ((400, "AuthorizationHeaderMalformed"), Step.SIGN_IN, "region_name"),
        ((405, "MethodNotAllowed"), Step.LIST, "Is it an S3 service?"),
    ],
)
def test_what_the_service_answers_is_told_in_words(
    place: S3Place,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, str],
    step: Step,
    word: str,
) -> None:
    status, code = answer
    body = f"<Error><Code>{code}</Code><Message>{WRONG_SECRET}</Message></Error>".encode()
    with fault_proxy(int(place.server.endpoint_url.rpartition(":")[2])) as proxy:
        proxy.faults.answers += [http_answer(status, body)] * 9
        proxy.faults.only = lambda begin: begin != b""
        connect(monkeypatch, place.server.connection, endpoint_url=f"http://127.0.0.1:{proxy.port}")
        check = last(place)
    assert_stops(check, step, word)
    assert WRONG_SECRET not in check.told


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def a_web_page(context: ssl.SSLContext | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_service_that_is_no_s3_is_told(place: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_web_page() as port:
        connect(monkeypatch, place.server.connection, endpoint_url=f"http://127.0.0.1:{port}")
        assert_stops(last(place), Step.LIST, "Is it an S3 service?", "endpoint_url")
        with pytest.raises(SourceUnavailable, match="Is it an S3 service"):
            place.collect()


@pytest.mark.parametrize("is_trusted", [False, True])
def test_a_certificate_is_checked(
    place: S3Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_trusted: bool
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    extra: dict[str, str] = {"ca_file": str(trusted)} if is_trusted else {}
    with a_web_page(context) as port:
        address = f"https://localhost:{port}"
        connect(monkeypatch, place.server.connection, endpoint_url=address, **extra)
        if is_trusted:
            assert_stops(last(place), Step.LIST, "S3")
        else:
            assert_stops(last(place), Step.CONNECT, "certificate", "ca_file")


@pytest.mark.long
def test_without_a_key_calls_are_not_signed(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    place.client.put_object_acl(Bucket=place.bucket, Key=f"r0a/{NAME}", ACL="public-read")
    with fault_proxy(int(place.server.endpoint_url.rpartition(":")[2])) as proxy:
        proxy.faults.on_begin = seen.append
        address = f"http://127.0.0.1:{proxy.port}"
        nobody: dict[str, dict[str, Any]] = {
            "extra": {"endpoint_url": address, "region_name": "eu-west-2"}
        }
        monkeypatch.setenv("AIRFLOW_CONN_S3_NORTH", json.dumps(nobody))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-this-machine")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-this-machine")
        assert place.collect() == 1
        assert not any(b"uthorization:" in begin for begin in seen)
        nobody["extra"] |= {"use_role": True}
        monkeypatch.setenv("AIRFLOW_CONN_S3_NORTH", json.dumps(nobody))
        place.source().list_all(place.home.home)
        assert b"Credential=of-this-machine" in seen[-1]
