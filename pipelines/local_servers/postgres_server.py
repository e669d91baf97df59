"""Debian's Postgres on loopback, with a data folder of its own that goes with it."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from pipelines.base.errors import UsageError
from pipelines.local_servers.free_port import free_port

_USER = "postgres"
_PASSWORD = "local-password"
_INSTALLED = Path("/usr/lib/postgresql")
_START_SECONDS = 60.0
_WITHOUT_SYNC = ("-c", "fsync=off", "-c", "full_page_writes=off")
"""For tests: nothing of them has to outlive the machine."""


@dataclass(slots=True)
class LocalPostgres:
    """A server whose one user may do everything."""

    programs: Path
    folder: Path
    port: int
    is_synced: bool
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def address(self, database: str = "postgres") -> str:
        """What programs connect to."""
        return f"postgresql://{_USER}:{_PASSWORD}@127.0.0.1:{self.port}/{database}"

    def make_database(self, database: str) -> str:
        """An empty database of that name; its address."""
        import psycopg

        with psycopg.connect(self.address(), autocommit=True) as session:
            session.execute(f'CREATE DATABASE "{database}"')
        return self.address(database)

    def start(self) -> None:
        """It runs, and takes connections; it ends with the process that started it."""
        options = ["-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", "max_connections=200", *(() if self.is_synced else _WITHOUT_SYNC)]
        program, log = str(self.programs / "postgres"), self.folder / "postgres.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [program, "-D", str(self.folder / "data"), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                user=_USER if os.geteuid() == 0 else None,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        self._await()

    def _await(self) -> None:
        import psycopg

        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.address(), connect_timeout=5).close()
            except psycopg.OperationalError:
                ended = self.process is None or self.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    told = (self.folder / "postgres.log").read_text("utf-8", "replace")[-500:]
                    raise UsageError(f"Postgres does not start: {told}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """It runs no more; whoever is connected has lost the connection."""
        if self.process is not None:
            # Its fast way: transactions are rolled back.
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
            self.process = None


def _end_with_parent() -> None:
    """Runs in the child: Linux ends it fast when its parent is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)


def postgres_programs() -> Path | None:
    """The folder of Postgres's programs, the newest; None where it is not installed."""
    found = sorted(_INSTALLED.glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextmanager
def running_postgres(*, is_synced: bool = True) -> Iterator[LocalPostgres]:
    """The server, which is gone with all its data afterwards.

    Raises `UsageError` where Postgres is not installed, or does not start.
    """
    programs = postgres_programs()
    if programs is None:
        raise UsageError("Postgres is not installed: apt-get install postgresql")
    folder = Path(mkdtemp(prefix="sitrep-postgres-"))
    server = LocalPostgres(programs, folder, free_port(), is_synced)
    try:
        _make(server)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(server: LocalPostgres) -> None:
    """The data folder is made, for the user that Postgres runs as."""
    secret = server.folder / "password"
    secret.write_text(_PASSWORD, "utf-8")
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_USER)
        for path in (server.folder, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    initdb = [str(server.programs / "initdb"), "-D", str(server.folder / "data"), "-U", _USER]
    _run([*initdb, "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C"])


def _run(command: Sequence[str]) -> None:
    """Raises `UsageError` with what the program says where it fails; root runs it as another."""
    own = ["runuser", "-u", _USER, "--", *command] if os.geteuid() == 0 else list(command)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        done = subprocess.run(
            own,
            stdin=nothing,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=False,
        )
    if done.returncode:
        raise UsageError(f"Postgres: {done.stdout.decode('utf-8', 'replace').strip()[-500:]}")
