"""Debian's Redis on loopback, with a folder of its own that goes with it."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from pipelines.base.errors import UsageError
from pipelines.local_servers.free_port import free_port, is_listening

_START_SECONDS = 10.0


@dataclass(slots=True)
class LocalRedis:
    """A server that keeps what it was told over a restart."""

    program: str
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def address(self) -> str:
        """What programs connect to."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """It runs, and takes connections; raises `UsageError` where it does not."""
        told = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        log = ["--logfile", str(self.folder / "redis.log")]
        self.process = subprocess.Popen([self.program, *told, *log, "--appendonly", "yes"])
        deadline = time.monotonic() + _START_SECONDS
        while not is_listening(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise UsageError(f"Redis does not start; {self.folder}/redis.log says why.")
            time.sleep(0.05)

    def stop(self) -> None:
        """It runs no more."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process = None


@contextmanager
def running_redis() -> Iterator[LocalRedis]:
    """The server, which is gone with all its data afterwards.

    Raises `UsageError` where Redis is not installed, or does not start.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise UsageError("Redis is not installed: apt-get install redis-server")
    folder = Path(mkdtemp(prefix="sitrep-redis-"))
    server = LocalRedis(program, folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
