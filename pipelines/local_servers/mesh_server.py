"""NHS England's sandbox of MESH on a port of this machine, with mailboxes of its own.

By hand, until Ctrl-C: `python -m pipelines.local_servers.mesh_server FOLDER MAILBOX:PASSWORD…`.
"""

import argparse
import os
import secrets
import select
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import PROJECT

PYTHON = PROJECT / ".servers-venv" / "bin" / "python"
"""Of the environment of servers, which this project's own cannot have: `make servers` makes it."""
_LONGEST_START_SECONDS = 60.0
_LONGEST_END_SECONDS = 10.0
_SERVE = """
import json, os, socket, ssl, sys, threading
import uvicorn
from mesh_sandbox.models.mailbox import Mailbox
from mesh_sandbox.store.file_store import FileStore

told = json.loads(sys.stdin.readline())

def end_with_parent():
    sys.stdin.read()
    os._exit(0)

threading.Thread(target=end_with_parent, daemon=True).start()
FileStore._load_mailboxes = lambda self: {
    name: Mailbox(mailbox_id=name, mailbox_name=name, password=password)
    for name, password in told["mailboxes"].items()
}
tls = {word: path for word, path in told["tls"].items() if path}
if "ssl_ca_certs" in tls:
    tls["ssl_cert_reqs"] = ssl.CERT_REQUIRED

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("ready", flush=True)

config = uvicorn.Config("mesh_sandbox.api:app", log_level="warning", **tls)
Server(config).run(sockets=[socket.socket(fileno=told["socket"])])
"""
"""Run by the other environment's Python; ends when whoever started it does."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of PEM files, for a server that speaks https."""

    certificate: Path
    key: Path
    clients: Path | None = None
    """Authorities of the client certificates that it asks for; without, it asks for none."""
    trusted: Path | None = None
    """Authorities of its own certificate, which the connections name."""


@dataclass(frozen=True, slots=True)
class MeshServer:
    """A server of MESH that runs."""

    address: str
    folder: Path
    """Messages as it stores them: `<mailbox>/in/<id>.json` and `<mailbox>/in/<id>/<part>`."""
    connections: Mapping[str, dict[str, Any]]
    """Mailbox id → its connection, fit for `AIRFLOW_CONN_<NAME>` as JSON."""

    @property
    def connection(self) -> dict[str, Any]:
        """Of the first mailbox."""
        return next(iter(self.connections.values()))


def is_installed() -> bool:
    """Whether the environment of servers has the sandbox."""
    return any((PYTHON.parents[1] / "lib").glob("python*/site-packages/mesh_sandbox"))


@contextmanager
def running_mesh(
    folder: Path,
    mailboxes: Mapping[str, str],
    *,
    shared_key: str = "",
    tls: TlsFiles | None = None,
    port: int = 0,
) -> Iterator[MeshServer]:
    """A server with these mailboxes (id → password), its messages in the folder, until the end.

    What is in the folder already is there. Raises `ConfigurationError` where the environment of
    servers is lacking or the server does not start.
    """
    if not is_installed():
        raise ConfigurationError(
            f"MESH cannot be served: {PYTHON.parents[1]} lacks mesh-sandbox. Run `make servers`."
        )
    shared_key = shared_key or secrets.token_urlsafe(16)
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
        scheme = "https" if tls else "http"
        address = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        child = _start(folder, mailboxes, shared_key, tls, listening)
    try:
        _await_start(child, folder)
        connections = {
            name: {
                "host": address,
                "login": name,
                "password": password,
                "extra": {
                    "shared_key": shared_key,
                    **({"ca": str(tls.trusted)} if tls and tls.trusted else {}),
                },
            }
            for name, password in mailboxes.items()
        }
        yield MeshServer(address, folder, connections)
    finally:
        _end(child)


def _start(
    folder: Path,
    mailboxes: Mapping[str, str],
    shared_key: str,
    tls: TlsFiles | None,
    listening: socket.socket,
) -> subprocess.Popen[bytes]:
    told = {
        "mailboxes": dict(mailboxes),
        "socket": listening.fileno(),
        "tls": {
            "ssl_certfile": str(tls.certificate),
            "ssl_keyfile": str(tls.key),
            "ssl_ca_certs": str(tls.clients) if tls.clients else "",
        }
        if tls
        else {},
    }
    with (folder / "server.log").open("ab") as log:
        child = subprocess.Popen(
            [PYTHON, "-c", _SERVE],
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "AUTH_MODE": "full",
                "STORE_MODE": "file",
                "SHARED_KEY": shared_key,
                "MAILBOXES_DATA_DIR": str(folder),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    assert child.stdin is not None
    child.stdin.write(msgspec.json.encode(told) + b"\n")
    child.stdin.flush()
    return child


def _await_start(child: subprocess.Popen[bytes], folder: Path) -> None:
    """The server answers; it has said so."""
    assert child.stdout is not None
    told, _, _ = select.select([child.stdout], [], [], _LONGEST_START_SECONDS)
    if not told or not child.stdout.readline():
        raise ConfigurationError(f"MESH's sandbox does not start: see {folder / 'server.log'}.")


def _end(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None and child.stdout is not None
    child.stdin.close()
    child.stdout.close()
    try:
        child.wait(_LONGEST_END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def main() -> None:
    """Serves until it is interrupted, and says the connections."""
    parser = argparse.ArgumentParser(description="Serves MESH on this machine until Ctrl-C.")
    parser.add_argument("folder", type=Path, help="where its messages stand")
    parser.add_argument("mailboxes", nargs="+", metavar="mailbox:password")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--shared-key", default="sandbox-shared-key")
    told = parser.parse_args()
    mailboxes = dict(one.split(":", 1) for one in told.mailboxes)
    with running_mesh(told.folder, mailboxes, shared_key=told.shared_key, port=told.port) as server:
        for name, connection in server.connections.items():
            print(f"{name}: {msgspec.json.encode(connection).decode()}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
