"""A server whose addresses give the files of a folder: the newest, one by name, or all as pages.

    /<name>              that file
    /latest/<prefix>     the newest of those whose names begin so
    /pages/<prefix>      each of them is a page, oldest first: ?page=1, 2, …; Link: rel=next

Every answer has an ETag and a Last-Modified and heeds those that it gets back, compared as they
stand. Without a `context` it speaks plain HTTP, which a feed may ask on this machine only.
"""

import hashlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_LATEST, _PAGES = "latest/", "pages/"


@dataclass(frozen=True, slots=True)
class RunningHttps:
    """A server that answers."""

    address: str
    """Its scheme, host and port."""
    connection: Mapping[str, Any] = field(repr=False)
    """What `AIRFLOW_CONN_…` says, as JSON; empty where it asks for no token."""


@contextmanager
def running_https(
    folder: Path, *, token: str = "", context: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[RunningHttps]:
    """A server over the folder's files; with `token` it lets nobody else in."""
    server = _Server(("127.0.0.1", port), _handler(folder, token))
    if context is not None:
        # Each connection shakes hands in its own thread, so that a silent one holds up nobody.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    scheme, host = ("https", "localhost") if context else ("http", "127.0.0.1")
    connection = {"conn_type": "http", "password": token} if token else {}
    try:
        yield RunningHttps(f"{scheme}://{host}:{server.server_address[1]}", connection)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or is not trusted, is nobody's fault here."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is served, and where the one after it is."""

    path: Path
    next_address: str = ""


def _find(folder: Path, address: str) -> _Found | None:
    """What stands at the address; hidden files are not served, nor what is elsewhere."""
    parts = urlsplit(address)
    asked = unquote(parts.path).lstrip("/")
    files = sorted(
        (path for path in folder.iterdir() if path.is_file() and path.name[0] != "."),
        key=lambda path: (path.stat().st_mtime_ns, path.name),
    )
    if asked.startswith(_LATEST):
        own = [path for path in files if path.name.startswith(asked.removeprefix(_LATEST))]
        return _Found(own[-1]) if own else None
    if asked.startswith(_PAGES):
        own = [path for path in files if path.name.startswith(asked.removeprefix(_PAGES))]
        told = parse_qs(parts.query).get("page", ["1"])[0]
        number = int(told) if told.isdecimal() else 0
        if not 1 <= number <= len(own):
            return None
        following = f"{parts.path}?page={number + 1}" if number < len(own) else ""
        return _Found(own[number - 1], following)
    return next((_Found(path) for path in files if path.name == asked), None)


def _handler(folder: Path, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            """The file, or why not."""
            if token and self.headers.get("Authorization") != f"Bearer {token}":
                self._answer(401)
                return
            try:
                found = _find(folder, self.path)
                content = found.path.read_bytes() if found else b""
                changed = formatdate(found.path.stat().st_mtime, usegmt=True) if found else ""
            except OSError:
                found = None
            if found is None:
                self._answer(404)
                return
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            told = {"ETag": tag, "Last-Modified": changed}
            if found.next_address:
                told["Link"] = f'<{found.next_address}>; rel="next"'
            if known := self.headers.get("If-None-Match"):
                is_same = known == tag
            else:
                is_same = self.headers.get("If-Modified-Since") == changed
            self._answer(304 if is_same else 200, b"" if is_same else content, told)

        def _answer(
            self, status: int, content: bytes = b"", headers: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is written beside what a local run says."""

    return Handler
