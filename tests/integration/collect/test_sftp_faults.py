"""What goes wrong at an SFTP server lands nothing by half, and the next run catches up."""

import hashlib
import os
import signal
import subprocess
import sys

import asyncssh
import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import PROJECT
from pipelines.collect.listed_files import Listed
from pipelines.collect.sftp.sftp_files import read_whole
from pipelines.collect.sources.sftp import _opened
from pipelines.landing.landing import Landing
from tests.support.children import OF_LANDING
from tests.support.ledger_questions import ask_ledger
from tests.support.sftp_home import SftpHome
from tests.support.small_slots import FIRST_FILE, SECOND_FILE


def test_hostile_names_are_refused_and_cost_no_other(sftp: SftpHome) -> None:
    sftp.configure(after_landing="move")
    secret = sftp.root / "R0A_secret.csv"
    secret.write_bytes(b"of another")
    sftp.send(FIRST_FILE)
    names = [b"../R0A_secret.csv", b"/etc/passwd", b"R0A_" + b"x" * 4000 + b".csv", b" ", b"a/../b"]
    sftp.server.faults.lists_also = {name: 10 for name in names}
    assert sftp.collect() == 6
    reads = sftp.server.reads
    assert sftp.collect() == 0
    assert sftp.server.reads == reads
    assert secret.exists()
    assert sftp.at_server("collected") == {FIRST_FILE}
    steps.drain()
    told = ask_ledger(sftp.home, "SELECT code, count(*) AS n FROM ops.issue GROUP BY ALL")
    assert told == [{"code": "FILE-030", "n": 5}]


def test_a_listing_that_lies_lands_nothing(sftp: SftpHome) -> None:
    path = sftp.send(FIRST_FILE, changed_at=1000)
    size = path.stat().st_size
    sftp.send(SECOND_FILE)
    for told in (size - 1, size + 1, 0):
        sftp.server.faults.lists_also = {FIRST_FILE.encode(): told, b"R0A_not_there.csv": 5}
        sftp.collect()
        assert sftp.landed() == [SECOND_FILE]
    sftp.server.faults.lists_also = {}
    for told, why in ((size - 1, f"more than {size - 1:,}"), (size + 1, f"{size:,}")):
        sftp.server.faults.tells_sizes = {FIRST_FILE.encode(): told}
        assert sftp.collect() == 0
        assert sftp.left() == {FIRST_FILE: f"is listed with {told:,} bytes and has {why}"}
    sftp.server.faults.tells_sizes = {}
    assert sftp.collect() == 1
    assert sftp.left() == {}


def test_a_connection_that_is_cut_lands_nothing_by_half(
    sftp: SftpHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.collect.sftp.sftp_client._AT_ONCE", 2)
    for minute in range(30):
        sftp.send(f"R0A_acute_realtime_20190308T11{minute:02d}00.csv")
    sftp.server.faults.cut_after_reads = 25
    with pytest.raises(SourceUnavailable, match="broke off the connection"):
        sftp.collect()
    some = len(sftp.landed())
    assert 0 < some < 30, "what came whole has landed"
    sftp.server.faults.cut_after_reads = None
    assert sftp.collect() == 30 - some
    landed = sftp.landed()
    assert len(landed) == len(set(landed)) == 30
    (content,) = {(sftp.folder / name).read_bytes() for name in landed}
    hashes = {one.sha256 for one in Landing(sftp.home).waiting()}
    assert hashes == {hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize(
    ("after_landing", "killed_at"),
    [("leave", [OF_LANDING[0], "collect: landed"]), ("move", ["collect: marked"])],
)
def test_a_run_that_is_killed_anywhere_lands_each_file_once(
    sftp: SftpHome, after_landing: str, killed_at: list[str]
) -> None:
    sftp.configure(after_landing=after_landing)
    files = [f"R0A_acute_realtime_20190308T11{minute:02d}00.csv" for minute in range(20)]
    for name in files:
        sftp.send(name)
    run = (
        "from pathlib import Path\n"
        "from pipelines.collect.collect import collect_endpoint\n"
        "from pipelines.registry.registry import load_registry\n"
        f"collect_endpoint(Path({str(sftp.home)!r}), {sftp.endpoint!r}, load_registry())"
    )
    for step in killed_at:
        killed = subprocess.run(
            [sys.executable, "-c", run],
            env={**os.environ, "SITREP_KILL_AT": step},
            cwd=PROJECT,
        )
        assert killed.returncode == -signal.SIGKILL, step
    sftp.collect()
    assert sftp.landed() == files
    assert sftp.collect() == 0
    assert len(sftp.at_server("collected")) == (20 if after_landing == "move" else 0)


def test_a_server_that_says_nothing_is_not_waited_for(sftp: SftpHome) -> None:
    sftp.configure(timeout_seconds=0.5)
    sftp.send(FIRST_FILE)
    sftp.server.faults.delay_seconds = 30
    with pytest.raises(SourceUnavailable, match=r"no whole answer within 0\.5 seconds"):
        sftp.collect()
    sftp.server.faults.delay_seconds = 0
    sftp.configure()
    assert sftp.collect() == 1


def test_one_slow_file_costs_itself_only(sftp: SftpHome) -> None:
    sftp.configure(timeout_seconds=1)
    sftp.send(FIRST_FILE)
    sftp.send(SECOND_FILE)
    faults = sftp.server.faults
    faults.delay_seconds, faults.only_slow = 30, FIRST_FILE.encode()
    assert sftp.collect() == 1
    assert sftp.left() == {FIRST_FILE: "comes too slowly, and is asked for again"}
    faults.delay_seconds = 0
    assert sftp.collect() == 1
    assert sftp.left() == {}


def test_a_run_ends_in_time_and_the_next_goes_on(
    sftp: SftpHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(30):
        sftp.send(f"R0A_acute_realtime_20190308T11{minute:02d}00.csv")
    read: list[str] = []

    async def read_until_time_is_up(client: asyncssh.SFTPClient, path: str, file: Listed) -> bytes:
        read.append(path)
        if len(read) == 10:
            opened = _opened.get()
            assert opened is not None
            opened._ends_at = 0
        return await read_whole(client, path, file)

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.collect.sftp.sftp_client.read_whole", read_until_time_is_up)
        patch.setattr("pipelines.collect.sftp.sftp_client._FILES_IN_MEMORY", 1)
        with pytest.raises(SourceUnavailable, match="took more than 600 seconds for one run"):
            sftp.collect()
    assert len(sftp.landed()) == 10
    assert sftp.collect() == 20


def test_a_copy_that_became_another_file_is_not_dropped(sftp: SftpHome) -> None:
    path = sftp.send(FIRST_FILE)
    source = sftp.source()
    (listed,) = source.list(sftp.home)
    path.write_text("another")
    source.drop(sftp.home, listed)
    assert path.read_text() == "another"
    (listed,) = source.list(sftp.home)
    source.drop(sftp.home, listed)
    assert not path.exists()
    source.drop(sftp.home, listed)


def test_a_file_that_grows_while_it_is_read_waits(sftp: SftpHome) -> None:
    path = sftp.send(FIRST_FILE)
    sftp.send(SECOND_FILE)
    source = sftp.source()
    listed = source.list(sftp.home)
    with path.open("a") as growing:
        growing.write("more\n")
    assert [one.file.name for one in source.read(sftp.home, listed)] == [SECOND_FILE]
    (sftp.folder / SECOND_FILE).unlink()
    assert list(source.read(sftp.home, listed)) == [], "gone is no matter"
