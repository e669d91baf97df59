"""OpenSSH's own server on this machine, where it is installed."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
_STARTING_SECONDS = 15.0


@contextmanager
def running_sshd(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The connection of a server that runs as this user; its settings stand in the folder.

    Raises `OSError` where it does not start.
    """
    assert SSHD is not None
    host_key, own_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host_key.write_private_key(folder / "host_key")
    (folder / "host_key").chmod(0o600)
    own_key.write_public_key(folder / "authorized_keys")
    (folder / "authorized_keys").chmod(0o600)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no" if os.geteuid() == 0 else "yes",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
        "Subsystem": "sftp internal-sftp",
    }
    path = folder / "sshd_config"
    path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(path)], stdout=log, stderr=log)
        try:
            _wait_for(port, server, folder / "log")
            yield {
                "host": "127.0.0.1",
                "port": port,
                "login": getpass.getuser(),
                "extra": {
                    "host_key": host_key.export_public_key().decode(),
                    "private_key": own_key.export_private_key().decode(),
                },
            }
        finally:
            server.terminate()
            server.wait()


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _STARTING_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise OSError(f"sshd does not start: {log.read_text('utf-8', 'replace')}")
