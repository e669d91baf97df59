"""A lock keeps others out, is freed with its holder, and its loss is noticed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from pipelines.base.errors import LockLost, WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.base.settings import settings
from pipelines.base.state.shared_locks import refuse_if_lost
from pipelines.local_servers.postgres_server import LocalPostgres
from tests.support.shared_servers import fresh_state, state_at

_HOLD = """
import sys
from pathlib import Path
from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
with held_lock(Path(sys.argv[1]), "warehouse", WarehouseBusy, "The warehouse", 5):
    print("held", flush=True)
    sys.stdin.read()
"""


def lock(home: Path, name: str = "warehouse", wait: float = 0) -> None:
    with held_lock(home, name, WarehouseBusy, "The warehouse", wait):
        refuse_if_lost()


@pytest.mark.usefixtures("each_state")
def test_another_process_is_kept_out_until_the_holder_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for wait in (0, 0.05):
            with pytest.raises(WarehouseBusy, match=r"The warehouse in .* has been in use"):
                lock(tmp_path, wait=wait)
        lock(tmp_path, "another")
        os.kill(holder.pid, signal.SIGKILL)
        lock(tmp_path, wait=10)
    lock(tmp_path)


@pytest.mark.usefixtures("each_state")
def test_another_thread_is_kept_out_too(tmp_path: Path) -> None:
    refused: list[Exception] = []

    def try_it() -> None:
        try:
            lock(tmp_path)
        except WarehouseBusy as error:
            refused.append(error)

    with held_lock(tmp_path, "warehouse", WarehouseBusy, "The warehouse", 0):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(refused) == 1
    lock(tmp_path)


@pytest.fixture
def shared(tmp_path: Path, postgres: LocalPostgres, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SITREP_HOME", str(tmp_path))
    settings.cache_clear()
    return fresh_state(postgres)


def end_sessions(server: LocalPostgres) -> None:
    """Postgres ends all connections of the pipeline, as when it is started again."""
    with psycopg.connect(server.address(), autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'sitrep'"
        )


def test_a_lock_that_was_lost_is_noticed_before_anything_is_committed(
    tmp_path: Path, postgres: LocalPostgres, shared: str
) -> None:
    with state_at(shared):
        with (
            pytest.raises(LockLost, match="The lock warehouse was lost"),
            held_lock(tmp_path, "warehouse", WarehouseBusy, "The warehouse", 0),
        ):
            end_sessions(postgres)
            refuse_if_lost()
        lock(tmp_path)


def test_two_deployments_of_one_database_share_no_lock(
    tmp_path: Path, postgres: LocalPostgres, shared: str
) -> None:
    with state_at(shared), held_lock(tmp_path, "watch", WarehouseBusy, "The watch", 0):
        with state_at(fresh_state(postgres)):
            lock(tmp_path, "watch")
        with state_at(shared), pytest.raises(WarehouseBusy):
            lock(tmp_path, "watch")
