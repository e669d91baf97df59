"""An answer that never ends is given up in time, whatever part of it never ends."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from pipelines.base.errors import SourceUnavailable
from pipelines.collect.addresses import http_client
from pipelines.collect.addresses.asking import SlotRefused
from pipelines.collect.addresses.http_client import HttpClient

SECONDS = 0.3
GENEROUS_SECONDS = 6.0
"""Far less than an answer that never ends takes, and enough for a machine that is busy."""
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "sleep", lambda seconds: None)


@contextmanager
def serving(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that says that to each connection, once it has heard a request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                heard = b""
                # What is unread when the connection is closed would break off the answer.
                while not heard.endswith(b"\r\n\r\n"):
                    heard += connection.recv(65536)
                speak(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def for_ever(part: bytes, before: bytes = b"", pause: float = 0.02) -> Callable[..., None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            connection.sendall(part)
            time.sleep(pause)

    return speak


@pytest.mark.parametrize(
    "speak",
    [
        for_ever(b"", pause=0.1),
        for_ever(b"H", before=b"HTT"),
        for_ever(b"X-More: 1\r\n", before=HEAD, pause=0.05),
        for_ever(b"HTTP/1.1 100 Continue\r\n\r\n"),
        for_ever(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, pause=0.0),
        for_ever(b"x", before=HEAD + b"Content-Length: 100000\r\n\r\n"),
        for_ever(b"1\r\nx\r\n", before=HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        for_ever(b"", before=HEAD + b"Content-Length: 9\r\n\r\n", pause=0.1),
    ],
    ids=[
        "silent",
        "drips its status",
        "drips its headers",
        "continues",
        "continues without pause",
        "drips its body",
        "drips chunks",
        "says nothing after its headers",
    ],
)
def test_one_deadline_ends_it(speak: Callable[[socket.socket], None]) -> None:
    begun = time.monotonic()
    with (
        serving(speak) as address,
        HttpClient(SECONDS, None) as client,
        pytest.raises(SourceUnavailable, match=r"no answer within 0\.3|broke off"),
    ):
        client.ask(address)
    assert time.monotonic() - begun < GENEROUS_SECONDS


def packed(body: bytes, encoding: str) -> Callable[..., None]:
    head = f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return lambda connection: connection.sendall(HEAD + head + body)


def test_half_a_packed_answer_is_none() -> None:
    body = gzip.compress(bytes(range(256)) * 400)
    with serving(packed(body, "gzip")) as address, HttpClient(5.0, None) as client:
        assert client.ask(address) == bytes(range(256)) * 400
    with (
        serving(packed(body[: len(body) // 2], "gzip")) as address,
        HttpClient(5.0, None) as client,
        pytest.raises(SourceUnavailable, match="not whole: its end is missing"),
    ):
        client.ask(address)


@pytest.mark.parametrize(
    ("encoding", "why"), [("gzip, gzip", "packed as 'gzip, gzip'"), ("br", "packed as 'br'")]
)
def test_an_odd_packing_is_refused(encoding: str, why: str) -> None:
    with (
        serving(packed(b"x", encoding)) as address,
        HttpClient(5.0, None) as client,
        pytest.raises(SlotRefused, match=why),
    ):
        client.ask(address)


def test_a_bomb_is_refused() -> None:
    with (
        serving(packed(gzip.compress(bytes(80_000_000)), "gzip")) as address,
        HttpClient(20.0, None) as client,
        pytest.raises(SlotRefused, match="more than 67,108,864 bytes"),
    ):
        client.ask(address)
