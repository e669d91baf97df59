"""A cluster on this machine: the processes of `deploy/`, each worker with a home of its own.

What they share is Postgres, Redis and the object store, and the folder `incoming`, which stands for
what a cluster mounts: a folder of a source is its provider's, on whichever machine it is read.
"""

import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.base.errors import SitrepError
from pipelines.local_airflow.airflow_home import HOST, PREPARE_METADATA
from pipelines.local_airflow.cluster_settings import (
    ClusterServers,
    cluster_environment,
    inherited_environment,
    processes_of_deploy,
)
from pipelines.local_airflow.local_run import is_healthy
from pipelines.local_airflow.processes import Child, last_lines, start_child, stop_children

_START_SECONDS = 240.0
_GRACE_SECONDS, _FORCE_SECONDS = 10.0, 8.0
_LATELY_SECONDS, _MOST_ENDS = 300.0, 5
_PROGRAMS = {"airflow": "airflow", "sitrep": "pipelines.cli"}
"""First word of a command of the Procfile → module of Python; each is in this environment."""
_BEFORE_HEALTH = ("api-server", "dag-processor")


class ClusterFailed(SitrepError):
    """The cluster did not come up, or a process of it ended."""


@dataclass
class LocalCluster:
    """The processes of a cluster whose servers run already; all of it is below one folder."""

    folder: Path
    servers: ClusterServers
    port: int
    workers: int = 2
    dashboard_port: int | None = None
    """None: without a dashboard."""
    children: dict[str, Child] = field(default_factory=dict)
    _ended: dict[str, list[float]] = field(default_factory=dict)
    """Process → when it was found to have ended by itself."""
    _secrets: dict[str, str] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """The environment of the process of that name, which also makes its home."""
        home = self.folder / name
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        home.mkdir(exist_ok=True)
        if not (home / "incoming").exists():
            (home / "incoming").symlink_to(incoming)
        if not self._secrets:
            self._secrets = _new_secrets()
        own = cluster_environment(self.servers, home, self.port, self._secrets)
        return {**inherited_environment(), **own}

    def start(self) -> None:
        """All processes run; raises `ClusterFailed` where one does not."""
        self._prepare()
        for name in _BEFORE_HEALTH:
            self.start_process(name)
        deadline = time.monotonic() + _START_SECONDS
        while not is_healthy(self.port):
            self.require_running()
            if time.monotonic() > deadline:
                raise ClusterFailed(self._failure("api-server", "did not answer in time"))
            time.sleep(0.25)
        for number in range(1, self.workers + 1):
            self.start_process(f"worker-{number}")
        for name in ("scheduler", "triggerer"):
            self.start_process(name)
        if self.dashboard_port is not None:
            self.start_process("dashboard")

    def start_process(self, name: str) -> Child:
        """The process of that name runs, in place of the one that may have ended.

        `worker-1` is a worker whose host is called so.
        """
        role, _, number = name.partition("-") if name.startswith("worker") else (name, "", "")
        command = [*_command(processes_of_deploy()[role])]
        if number:
            command += ["--celery-hostname", f"{name}@{HOST}", "--skip-serve-logs"]
        elif role in ("scheduler", "triggerer"):
            command += ["--skip-serve-logs"]
        elif role == "dashboard":
            command += ["--port", str(self.dashboard_port)]
        self.children[name] = start_child(name, command, self.environment(name), self._log(name))
        return self.children[name]

    def require_running(self) -> None:
        """Raises `ClusterFailed` where a process has ended by itself."""
        for name, child in self.children.items():
            if not child.is_running:
                raise ClusterFailed(self._failure(name, "ended unexpectedly"))

    def keep_running(self) -> list[str]:
        """Processes that have ended run again, as systemd would see to; which these were.

        A scheduler ends where Airflow's database goes away. Raises `ClusterFailed` where one ends
        again and again.
        """
        ended = [name for name, child in self.children.items() if not child.is_running]
        moment = time.monotonic()
        for name in ended:
            self._ended.setdefault(name, []).append(moment)
            lately = [at for at in self._ended[name] if moment - at < _LATELY_SECONDS]
            if len(lately) > _MOST_ENDS:
                raise ClusterFailed(self._failure(name, "ends again and again"))
            self.start_process(name)
        return ended

    def stop(self) -> None:
        """No process of it is left."""
        servers = [one for name, one in self.children.items() if name == "api-server"]
        others = [one for name, one in self.children.items() if name != "api-server"]
        stop_children(others, _GRACE_SECONDS, _FORCE_SECONDS)
        stop_children(servers, 2.0, 1.0)
        self.children.clear()

    def _prepare(self) -> None:
        """Airflow's database has its tables and pools."""
        command = [sys.executable, "-c", PREPARE_METADATA]
        name = "api-server"
        child = start_child("database", command, self.environment(name), self._log("database"))
        self.children["database"] = child
        if child.process.wait(_START_SECONDS):
            raise ClusterFailed(self._failure("database", "could not be made"))
        del self.children["database"]

    def _failure(self, name: str, what: str) -> str:
        log = self._log(name)
        return f"The {name} {what}. The end of {log}:\n{last_lines(log)}"

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"


def _command(words: Sequence[str]) -> list[str]:
    """The command of the Procfile in this environment's Python."""
    return [sys.executable, "-m", _PROGRAMS[words[0]], *words[1:]]


def _new_secrets() -> dict[str, str]:
    """Secrets that all processes share, made for one run."""
    from cryptography.fernet import Fernet

    return {
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
    }
