"""A mail server and a web service of a test's own, each on a free port of this machine."""

import base64
import datetime as dt
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "localhost"


@dataclass
class MailServer:
    """What a mail server was given, and how it answers."""

    port: int = 0
    messages: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    users: list[tuple[str, str]] = field(default_factory=list)
    was_encrypted: bool = False
    refuses: str | None = None
    """Answer to the content of a message, in place of taking it."""
    password: str | None = None


@contextmanager
def mail_server(certificate: Path | None = None, **traits: Any) -> Iterator[MailServer]:
    """A mail server that is up; with a certificate it offers STARTTLS."""
    state = MailServer(**traits)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _Session(self, state, certificate).run()

    with _served(socketserver.ThreadingTCPServer((HOST, 0), Handler)) as port:
        state.port = port
        yield state


class _Session:
    """One connection, as RFC 5321 has it, as far as an alert goes."""

    def __init__(self, handler: Any, state: MailServer, certificate: Path | None) -> None:
        self._socket, self._state, self._certificate = handler.connection, state, certificate
        self._stream = self._socket.makefile("rwb")

    def run(self) -> None:
        self._say("220 ready")
        while line := self._stream.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            answer = getattr(self, f"_{verb.lower()}", None)
            if answer is None:
                self._say("502 no such command")
            else:
                answer(line)
            if verb == "QUIT":
                return

    def _say(self, text: str) -> None:
        self._stream.write(f"{text}\r\n".encode())
        self._stream.flush()

    def _ehlo(self, line: str) -> None:
        offers = ["STARTTLS"] if self._certificate else []
        for offer in ["at your service", *offers, "AUTH PLAIN"]:
            self._say(f"250-{offer}")
        self._say("250 HELP")

    def _starttls(self, line: str) -> None:
        self._say("220 go ahead")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self._certificate))
        self._stream.close()
        try:
            self._socket = context.wrap_socket(self._socket, server_side=True)
        except (ssl.SSLError, OSError):
            self._stream = _Closed()
            return
        self._state.was_encrypted = True
        self._stream = self._socket.makefile("rwb")

    def _auth(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self._state.users.append((user, password))
        is_right = password == self._state.password
        self._say("235 welcome" if is_right else f"535 wrong password {password}")

    def _mail(self, line: str) -> None:
        self._say("250 fine")

    def _rcpt(self, line: str) -> None:
        self._state.recipients.append(line.partition("<")[2].rstrip(">"))
        self._say("250 fine")

    def _data(self, line: str) -> None:
        self._say("354 go on")
        lines = []
        while (part := self._stream.readline().decode().rstrip("\r\n")) != ".":
            lines.append(part)
        if self._state.refuses:
            self._say(self._state.refuses)
            return
        self._state.messages.append("\n".join(lines))
        self._say("250 taken")

    def _quit(self, line: str) -> None:
        self._say("221 bye")

    def _rset(self, line: str) -> None:
        self._say("250 fine")


class _Closed:
    """The stream of a connection that the other side gave up."""

    def readline(self) -> bytes:
        return b""


@dataclass
class WebService:
    """What a web service was sent, and with which code it answers."""

    port: int = 0
    status: int = 200
    posts: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def web_service() -> Iterator[WebService]:
    """A web service that is up."""
    state = WebService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            state.posts.append((self.path, json.loads(content)))
            self.send_response(state.status)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: a test's output is its own."""

    with _served(ThreadingHTTPServer((HOST, 0), Handler)) as port:
        state.port = port
        yield state


@contextmanager
def _served(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_certificate(path: Path) -> Path:
    """A certificate of this machine with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    # As far back and ahead as the format goes: a certificate that expires would end the test.
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2000, 1, 1))
        .not_valid_after(dt.datetime(2999, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kind = serialization.Encoding.PEM
    secret = key.private_bytes(
        kind, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(kind))
    return path
