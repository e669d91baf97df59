"""A proxy on loopback that does to a connection what networks and services do.

It stands before any server that speaks TCP. Where a server takes one request a connection, as
moto's does, its faults are those of requests: `only` picks them by what the client says first.
"""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PART = 65536
_LONGEST_SECONDS = 30


@dataclass
class Faults:
    """What is done; it may change while the proxy runs."""

    only: Callable[[bytes], bool] = lambda begin: True
    """Whether the connection that begins so has faults."""
    is_down: bool = False
    """Connections are closed as soon as they are taken."""
    answers: list[bytes] = field(default_factory=list)
    """Each is given to one connection, in this order, in place of the server's."""
    delay_seconds: float = 0
    """Before the server's answer is passed on."""
    cut_after: int | None = None
    """Bytes of the server's answer after which both sides are closed."""
    drip_seconds: float = 0
    """Between two parts of the answer after the first `drip_after` bytes."""
    drip_after: int = 0
    drip_bytes: int = 1
    """Length of such a part."""
    cuts_left: int = 1_000_000
    """Connections that are still cut."""
    on_begin: Callable[[bytes], None] = lambda begin: None
    """Told of what each connection begins with, before the server is."""


def http_answer(status: int, body: bytes = b"", reason: str = "Fault") -> bytes:
    """An answer over HTTP, after which the connection is closed."""
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@dataclass(frozen=True)
class FaultProxy:
    """Where the proxy is, and what it does."""

    port: int
    faults: Faults


@contextmanager
def fault_proxy(port: int, host: str = "127.0.0.1") -> Iterator[FaultProxy]:
    """A proxy before that port, without a fault until it is given one."""
    faults = Faults()
    lock = threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                _serve(self.request, (host, port), faults, lock)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield FaultProxy(server.server_address[1], faults)
        finally:
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    block_on_close = False


def _serve(
    client: socket.socket, server_at: tuple[str, int], faults: Faults, lock: threading.Lock
) -> None:
    if faults.is_down:
        return
    client.settimeout(_LONGEST_SECONDS)
    begin = client.recv(_PART)
    faults.on_begin(begin)
    has_fault = faults.only(begin)
    with lock:
        answer = faults.answers.pop(0) if has_fault and faults.answers else None
        cut_after = faults.cut_after if has_fault and faults.cuts_left > 0 else None
        faults.cuts_left -= cut_after is not None
    if answer is not None:
        # What the client sends is taken first: a close before would be a reset.
        client.settimeout(0.05)
        with suppress(TimeoutError):
            while client.recv(_PART):
                pass
        client.sendall(answer)
        return
    with socket.create_connection(server_at, timeout=_LONGEST_SECONDS) as server:
        server.sendall(begin)
        up = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
        up.start()
        if has_fault:
            time.sleep(faults.delay_seconds)
        _answer(server, client, faults if has_fault else Faults(), cut_after)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(_PART):
            target.sendall(part)


def _answer(
    server: socket.socket, client: socket.socket, faults: Faults, cut_after: int | None
) -> None:
    sent = 0
    while part := server.recv(_PART):
        if cut_after is not None:
            part = part[: cut_after - sent]
        if not faults.drip_seconds:
            client.sendall(part)
        else:
            at_once = max(0, faults.drip_after - sent)
            client.sendall(part[:at_once])
            for start in range(at_once, len(part), faults.drip_bytes):
                client.sendall(part[start : start + faults.drip_bytes])
                time.sleep(faults.drip_seconds)
        sent += len(part)
        if cut_after is not None and sent >= cut_after:
            return
