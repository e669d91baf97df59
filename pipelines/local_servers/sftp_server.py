"""An SFTP server on this machine: asyncssh's own, in a thread, which sees one folder only.

Its host key and its login's password and key are made anew for each run.
"""

import asyncio
import contextlib
import os
import secrets
import stat
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

LOGIN = "provider"
_ADDRESS = "127.0.0.1"
_STARTING_SECONDS = 20.0


@dataclass(slots=True)
class SftpFaults:
    """What the server does wrong; may be changed while it runs."""

    delay_seconds: float = 0.0
    """Before each answer to a read."""
    only_slow: bytes = b""
    """End of the name of the file that alone is delayed; empty for all."""
    cut_after_reads: int | None = None
    """The connection is cut in place of the answer to the read after so many."""
    refuses_sign_in: bool = False
    lists_also: Mapping[bytes, int] = field(default_factory=dict)
    """Names, with their sizes, that every listing has beside or in place of what is there."""
    tells_sizes: Mapping[bytes, int] = field(default_factory=dict)
    """Sizes that the server tells of these names, whatever they have."""


@dataclass(slots=True)
class RunningSftp:
    """A server that runs."""

    connection: Mapping[str, Any]
    """As JSON it fits `AIRFLOW_CONN_<NAME>`; signs in with a password."""
    private_key: str
    """What signs in too, in place of the password."""
    faults: SftpFaults = field(default_factory=SftpFaults)
    reads: int = 0
    """Answers to reads of files."""
    sign_ins: int = 0

    @property
    def connection_by_key(self) -> Mapping[str, Any]:
        """The same, signing in with the key."""
        extra = {**self.connection["extra"], "private_key": self.private_key}
        return {**self.connection, "password": "", "extra": extra}


@contextlib.contextmanager
def running_sftp(folder: Path, port: int = 0) -> Iterator[RunningSftp]:
    """A server of that folder while the block runs; it is the root of all paths there."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    own_key = asyncssh.generate_private_key("ssh-ed25519")
    running = RunningSftp(
        {
            "conn_type": "sftp",
            "host": _ADDRESS,
            "port": port,
            "login": LOGIN,
            "password": secrets.token_urlsafe(18),
            "extra": {"host_key": host_key.export_public_key().decode().strip()},
        },
        own_key.export_private_key().decode(),
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sftp", daemon=True)
    thread.start()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            _ADDRESS,
            port,
            server_host_keys=[host_key],
            server_factory=lambda: _Door(running, own_key),
            sftp_factory=lambda channel: _Folder(channel, folder, running),
            encoding=None,
            config=None,
        )

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(_STARTING_SECONDS)
    running.connection = {**running.connection, "port": server.get_port()}
    try:
        yield running
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(_STARTING_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_STARTING_SECONDS)
        loop.close()


class _Door(asyncssh.SSHServer):
    """Lets one login in."""

    def __init__(self, running: RunningSftp, key: asyncssh.SSHKey) -> None:
        self._running = running
        self._key = key.convert_to_public()

    def begin_auth(self, username: str) -> bool:
        """Nobody gets in without signing in."""
        return True

    def password_auth_supported(self) -> bool:
        """Passwords are taken."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are taken."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Whether it is the login's password."""
        told = self._running.connection["password"]
        return self._lets_in(username) and secrets.compare_digest(password.encode(), told.encode())

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether it is the login's key."""
        return self._lets_in(username) and key == self._key

    def auth_completed(self) -> None:
        """One more has come in."""
        self._running.sign_ins += 1

    def _lets_in(self, username: str) -> bool:
        return username == LOGIN and not self._running.faults.refuses_sign_in


class _Folder(asyncssh.SFTPServer):
    """The folder, with the faults of the moment."""

    def __init__(
        self, channel: "asyncssh.SSHServerChannel[bytes]", folder: Path, running: RunningSftp
    ) -> None:
        super().__init__(channel, chroot=str(folder).encode())
        self._running = running
        self._paths: dict[int, bytes] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """The opened file, whose path is remembered."""
        opened = super().open(path, pflags, attrs)
        self._paths[id(opened)] = path
        return opened

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """What is in the folder, and what the faults say beside or in place of it."""
        lies = self._running.faults.lists_also
        async for entry in super().scandir(path):
            if entry.filename not in lies:
                self._tell_size(entry.filename, entry.attrs)
                yield entry
        for name, size in lies.items():
            mode = stat.S_IFREG | 0o644
            attrs = asyncssh.SFTPAttrs(size=size, permissions=mode, atime=1000, mtime=1000)
            yield asyncssh.SFTPName(name, attrs=attrs)

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """What stands there, with the size that is told."""
        found = super().lstat(path)
        assert isinstance(found, os.stat_result)
        attrs = asyncssh.SFTPAttrs.from_local(found)
        self._tell_size(path, attrs)
        return attrs

    def _tell_size(self, path: str | bytes, attrs: asyncssh.SFTPAttrs) -> None:
        name = os.fsencode(path).rpartition(b"/")[2]
        attrs.size = self._running.faults.tells_sizes.get(name, attrs.size)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Some bytes of a file, unless a fault comes between."""
        faults, self._running.reads = self._running.faults, self._running.reads + 1
        if faults.cut_after_reads is not None:
            faults.cut_after_reads -= 1
            if faults.cut_after_reads < 0:
                self.connection.abort()
                raise asyncssh.SFTPConnectionLost("cut")
        is_slow = self._paths[id(file_obj)].endswith(faults.only_slow)
        if faults.delay_seconds and is_slow:
            await asyncio.sleep(faults.delay_seconds)
        found = super().read(file_obj, offset, size)
        assert isinstance(found, bytes)
        return found
