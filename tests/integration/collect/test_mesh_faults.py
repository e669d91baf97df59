"""What is wrong with a mailbox of MESH or its connection is told in words, and costs nothing."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme

from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.collect.addresses.asking import NoAccess
from pipelines.collect.checks import SourceCheck
from pipelines.collect.mesh import mesh_calls
from pipelines.collect.mesh.mesh_faults import CallBroken
from pipelines.local_servers.mesh_server import MeshServer, TlsFiles, is_installed, running_mesh
from tests.support.mesh_mailboxes import (
    AMBULANCE,
    CONNECTION,
    OURS,
    PASSWORDS,
    SHARED_KEY,
    MeshHome,
    mesh_server,
)

pytestmark = pytest.mark.xdist_group("mesh faults")
R0A = "acute_realtime.r0a"
SECRETS = ("password-of", SHARED_KEY, "another-secret")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshServer]:
    with mesh_server(tmp_path_factory.mktemp("mesh")) as running:
        yield running


@pytest.fixture
def mesh(home: Path, server: MeshServer, monkeypatch: pytest.MonkeyPatch) -> MeshHome:
    monkeypatch.setattr(mesh_calls, "sleep", lambda seconds: None)
    return MeshHome(home, server, monkeypatch)


def tried(mesh: MeshHome) -> list[SourceCheck]:
    """What a check says; the last is the one that counts."""
    checks = list(mesh.source().check(mesh.home))
    assert all(one.is_fine for one in checks[:-1])
    assert not any(secret in one.told for one in checks for secret in SECRETS)
    return checks


def test_a_check_of_a_sound_mailbox_goes_through_and_changes_nothing(mesh: MeshHome) -> None:
    mesh.send(R0A, "a.csv", b"12345")
    mesh.report("Message not collected")
    checks = tried(mesh)
    assert [one.step for one in checks] == [
        "connection", "name", "connect", "sign in", "list", "read one", "answer",
    ]  # fmt: skip
    assert checks[-1].is_fine
    assert "'a.csv': 5 bytes" in checks[-2].told
    assert len(mesh.waiting()) == 2
    assert mesh.collect() == 1, "it was no poll"
    assert "MESH has reported 1 messages that did not arrive" in tried(mesh)[4].told


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no password": ({"password": ""}, "connection", "No password, which is the mailbox's password"),
    "no shared key": ({"extra": {}}, "connection", "lacks 'shared_key' in its extra"),
    "http elsewhere": ({"host": "http://mesh.example"}, "connection", "http:// only for this"),
    "no certificate": (
        {"extra": {"shared_key": SHARED_KEY, "client_certificate": "/nowhere.pem"}},
        "connection",
        "'client_certificate' in the extra of the connection 'mesh_england'",
    ),
    "name": ({"host": "https://mesh.invalid"}, "name", "'mesh.invalid' has no address"),
    "password": ({"password": "another-secret"}, "sign in", "Most likely the password"),
    "shared key": ({"extra": {"shared_key": "another-secret"}}, "sign in", "it is `shared_key`"),
    "both alike": (
        {"password": SHARED_KEY}, "sign in", "The password and the shared key are the same text"
    ),
    "mailbox": ({"login": "X26HC999"}, "sign in", "There is no such mailbox there"),
    "small letters": ({"login": OURS.lower()}, "sign in", "Ids of mailboxes are in capitals"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_in_the_connection_is_named(mesh: MeshHome, what: str) -> None:
    changes, step, told = WRONG[what]
    mesh.connect(CONNECTION, **{**mesh.server.connections[OURS], **changes})
    last = tried(mesh)[-1]
    assert (last.step, last.is_fine) == (step, False)
    assert told in last.told
    with pytest.raises((SourceUnavailable, ConfigurationError)) as caught:
        mesh.collect()
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert "mesh_england" in str(caught.value)


def test_nothing_listens_there(mesh: MeshHome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    mesh.connect(
        CONNECTION, **{**mesh.server.connections[OURS], "host": f"http://127.0.0.1:{port}"}
    )
    last = tried(mesh)[-1]
    assert (last.step, last.is_fine) == ("connect", False)
    assert "nothing listens there" in last.told
    with pytest.raises(SourceUnavailable, match="nothing listens there"):
        mesh.collect()


def test_a_workflow_or_a_sender_that_no_feed_expects_is_named(mesh: MeshHome) -> None:
    mesh.send(R0A, "a.csv", b"a")
    mesh.add_feed(R0A, workflow_id="UEC_ACUTE_REALTIME")
    last = tried(mesh)[-1]
    assert (last.step, last.is_fine) == ("list", False)
    assert "No feed expects 1 of workflow id 'UEC_ACUTE_RT' from mailbox 'X26OT123'" in last.told


def test_the_way_back_tells_why_it_is_closed(mesh: MeshHome) -> None:
    mesh.connect(CONNECTION, **{**mesh.server.connections[OURS], "password": "another-secret"})
    with pytest.raises(NoAccess, match="Most likely the password"):
        mesh.source().put_answers(mesh.home, {"a.json": b"{}"})


class Stranger(BaseHTTPRequestHandler):
    """Another server, which answers all alike, and remembers the tokens that it was shown."""

    answer: ClassVar[tuple[int, bytes]] = (503, b"")
    tokens: ClassVar[list[str]] = []
    drips: ClassVar[threading.Event] = threading.Event()
    """Until then it sends a header, and the next a moment later, for ever."""

    def do_GET(self) -> None:
        status, body = self.answer
        self.tokens.append(self.headers["Authorization"])
        self.send_response(status)
        while not self.drips.wait(0.05):
            self.send_header("Drop", "1")
            self.flush_headers()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written to the tests' output."""


@pytest.fixture
def stranger(mesh: MeshHome) -> Iterator[type[Stranger]]:
    """The connection leads to it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    host = f"http://127.0.0.1:{server.server_address[1]}"
    mesh.connect(CONNECTION, **{**mesh.server.connections[OURS], "host": host})
    Stranger.tokens.clear()
    Stranger.drips.set()
    yield Stranger
    Stranger.drips.set()
    server.shutdown()
    server.server_close()


def test_every_try_has_a_token_of_its_own(mesh: MeshHome, stranger: type[Stranger]) -> None:
    stranger.answer = (503, b"")
    with pytest.raises(SourceUnavailable, match="answered 503"):
        mesh.collect()
    assert len(stranger.tokens) == 3
    assert len(set(stranger.tokens)) == 3


def test_a_server_that_drips_is_left_after_a_time(
    mesh: MeshHome, stranger: type[Stranger], monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.answer = (200, b"{}")
    stranger.drips.clear()
    with mesh.calls(CONNECTION) as calls, pytest.raises(CallBroken, match=r"within 0\.2 seconds"):
        calls.attempt(lambda: calls._client.ping(), 0.2)
    assert len(set(stranger.tokens)) == 3
    stranger.drips.set()
    with mesh.calls(CONNECTION) as calls:
        calls.ping()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, b"not here"), "knows no such address of MESH: check the host"),
        ((200, b"<html>"), "gave an answer that is none of MESH"),
        ((418, b"tea"), "answered 418"),
    ],
)
def test_a_server_that_is_none_of_mesh_is_told(
    mesh: MeshHome, stranger: type[Stranger], answer: tuple[int, bytes], told: str
) -> None:
    stranger.answer = answer
    last = tried(mesh)[-1]
    assert (last.step, last.is_fine) == ("connect", False)
    assert told in last.told
    with pytest.raises(SourceUnavailable, match=told):
        mesh.collect()


def test_another_mailbox_sees_nothing_of_ours(mesh: MeshHome) -> None:
    mesh.send(R0A, "a.csv", b"a")
    assert mesh.waiting(AMBULANCE) == []


class Certificates:
    """Authorities, and files that they signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority, self.stranger = trustme.CA(), trustme.CA()
        for name, authority in (("ca", self.authority), ("stranger", self.stranger)):
            authority.cert_pem.write_to_path(str(folder / f"{name}.pem"))

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.pem"

    def write(self, name: str, authority: trustme.CA, not_after: datetime | None = None) -> None:
        signed = authority.issue_cert("127.0.0.1", not_after=not_after)
        signed.private_key_pem.write_to_path(str(self.path(f"{name}-key")))
        for part in signed.cert_chain_pems:
            part.write_to_path(str(self.path(name)), append=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    past = datetime.now(UTC) - timedelta(days=1)
    made.write("server", made.authority)
    made.write("server-expired", made.authority, past)
    made.write("client", made.authority)
    made.write("client-expired", made.authority, past)
    made.write("client-of-a-stranger", made.stranger)
    return made


@pytest.fixture(scope="module")
def secured(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[dict[str, MeshServer]]:
    """A server that wants client certificates, and one whose own has expired."""
    if not is_installed():
        pytest.skip("mesh-sandbox is not installed: make servers")
    path = certificates.path
    tls = {
        "mutual": TlsFiles(path("server"), path("server-key"), path("ca"), path("ca")),
        "expired": TlsFiles(path("server-expired"), path("server-expired-key"), None, path("ca")),
    }
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                running_mesh(
                    tmp_path_factory.mktemp(name), PASSWORDS, shared_key=SHARED_KEY, tls=files
                )
            )
            for name, files in tls.items()
        }


TLS = {
    "as it should be": ("mutual", "client", "ca", ""),
    "no client certificate": ("mutual", "", "ca", "wants a client certificate"),
    "of a stranger": ("mutual", "client-of-a-stranger", "ca", "refuses the client certificate"),
    "expired": ("mutual", "client-expired", "ca", "The client certificate has expired"),
    "not trusted": ("mutual", "client", "stranger", "a certificate that is not trusted"),
    "the server's has expired": ("expired", "", "ca", "a certificate that has expired"),
}


@pytest.mark.parametrize("what", TLS)
def test_certificates_are_told_from_the_network(
    mesh: MeshHome, secured: dict[str, MeshServer], certificates: Certificates, what: str
) -> None:
    name, client, trusted, told = TLS[what]
    extra = {"shared_key": SHARED_KEY, "ca": str(certificates.path(trusted))}
    if client:
        extra["client_certificate"] = certificates.path(client).read_text("utf-8")
        extra["client_key"] = str(certificates.path(f"{client}-key"))
    mesh.connect(CONNECTION, **{**secured[name].connections[OURS], "extra": extra})
    last = tried(mesh)[-1]
    if not told:
        assert last.is_fine
        return
    step = "connection" if what == "expired" else "connect"
    assert (last.step, last.is_fine) == (step, False)
    assert told in last.told
    assert "mesh_england" in last.told
    with pytest.raises(NoAccess if step == "connect" else ConfigurationError):
        mesh.collect()


@pytest.mark.long
def test_a_key_of_another_certificate_is_told(mesh: MeshHome, certificates: Certificates) -> None:
    extra = {
        "shared_key": SHARED_KEY,
        "client_certificate": str(certificates.path("client")),
        "client_key": certificates.path("client-expired-key").read_text("utf-8"),
    }
    told = {**mesh.server.connections[OURS], "host": "https://127.0.0.1:1", "extra": extra}
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    mesh.connect(CONNECTION, **told)
    last = tried(mesh)[-1]
    assert last.step == "connection"
    assert "the key is the certificate's own" in last.told
    assert before == (len(os.listdir("/proc/self/fd")) if before else 0), "nothing is left open"
