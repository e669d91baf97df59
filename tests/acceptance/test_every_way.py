"""A feed moves from a folder to SFTP, S3, MESH or push by its YAML alone; nothing else changes."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import count, cycle
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.connections import variable
from pipelines.base.settings import PROJECT
from pipelines.cli import main
from pipelines.landing.landing import Landing
from pipelines.local_servers.ways import COLLECTION, CONNECTIONS, WAYS
from tests.support.every_way import OneWay, behind, delivered_by, port_of
from tests.support.fault_proxy import FaultProxy, Faults, fault_proxy, http_answer
from tests.support.ledger_questions import ask_ledger, assert_answered_once
from tests.support.patient_ways import NUMBER
from tests.support.small_slots import FEED, write_slots

pytestmark = pytest.mark.xdist_group("every way")
ANSWERED = [way for way in WAYS if way != "https"]
KILLS = ("collect: landed", "collect: marked")
PULLED = ("directory", "sftp", "s3", "mesh")


@pytest.fixture(params=ANSWERED)
def one_way(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OneWay]:
    with delivered_by(request.param, tmp_path, monkeypatch) as made:
        yield made


def name_of(number: int) -> str:
    return f"R0A_acute_realtime_20190308T11{number // 60:02d}{number % 60:02d}.csv"


def test_the_same_answers_come_back_each_way(one_way: OneWay, tmp_path: Path) -> None:
    good = write_slots(tmp_path / "good.csv").read_bytes()
    bad = write_slots(
        tmp_path / "bad.csv", {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": "many"}}
    ).read_bytes()
    patient = b"org_code,comment\nR0A,Waits for a bed " + NUMBER.encode() + b"\n"
    for number, content in enumerate((good, bad, patient, good)):
        one_way.send(name_of(number), content)
        steps.bring_in(COLLECTION)
    told = [
        (
            answer["file_name"],
            answer["status"],
            answer["rows"]["read"],
            answer["rows"]["accepted"],
            [line["code"] for line in answer["lines"]],
        )
        for answer in one_way.answers()
    ]
    assert told == [
        (name_of(0), "accepted", 4, 4, []),
        (name_of(1), "accepted_with_rejections", 4, 3, ["CELL-001"]),
        (name_of(2), "rejected", 0, 0, ["DATA-001"]),
        (name_of(3), "duplicate", 0, 0, ["FILE-008"]),
    ]
    assert_answered_once(one_way.home)
    assert ask_ledger(one_way.home, "FROM ops.answer_owed") == []
    assert steps.bring_in(COLLECTION).settled == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["sitrep", "sources", "check", FEED])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 0
    # MESH keeps what was acknowledged; no mailbox gives it any more.
    folders = [one_way.home] if one_way.way == "mesh" else [one_way.home, one_way.servers]
    for folder in folders:
        for path in (one for one in folder.rglob("*") if one.is_file()):
            assert NUMBER.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("one_way", PULLED, indirect=True)
@pytest.mark.long
@pytest.mark.parametrize(("files", "turns"), [(20, 4), (1000, 10)])
def test_each_file_lands_once_whatever_the_network_does(
    one_way: OneWay, files: int, turns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each turn has a fault of the network and ends with a kill; files are sent twice, too."""
    slots = write_slots(tmp_path / "good.csv").read_bytes()
    sent = {name_of(number): slots + b"\n" * number for number in range(files)}
    landing = Landing(one_way.home)
    ends = []
    with faulty(one_way, monkeypatch) as network:
        for turn, step in zip(range(turns), cycle(KILLS), strict=False):
            with network.straight():
                repeated = list(sent)[: files // turns] if turn == turns - 2 else []
                for name in [*list(sent)[turn::turns], *repeated]:
                    one_way.send(name, sent[name])
            network.begin(turn)
            ends.append(collect(step))
        network.begin(None)
        assert collect() == 0
        landed = [(one.file_name, one.sha256) for one in landing.waiting()]
        assert sorted(landed) == sorted(
            (name, hashlib.sha256(content).hexdigest()) for name, content in sent.items()
        )
        assert collect() == 0
    assert len(list(landing.waiting())) == files
    assert set(ends) <= {0, 3, -signal.SIGKILL}
    assert ends.count(-signal.SIGKILL) >= turns // 2, "most turns ended with a kill"


class Network:
    """What lies between this machine and the way's server."""

    def __init__(self, one_way: OneWay, patch: pytest.MonkeyPatch, proxy: FaultProxy) -> None:
        self._name = variable(CONNECTIONS[one_way.way])
        self._straight = os.environ[self._name]
        self._proxy = proxy
        self._is_http = one_way.way in ("s3", "mesh")
        behind(one_way.way, proxy.port, patch)

    @contextmanager
    def straight(self) -> Iterator[None]:
        """The provider's own way has no faults."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(self._name, self._straight)
            yield

    def begin(self, turn: int | None) -> None:
        """The turn has its fault, at some of its connections; without a turn there is none."""
        faults, few = self._proxy.faults, count()
        for name, value in vars(Faults()).items():
            setattr(faults, name, value)
        if turn is None:
            return
        faults.only = lambda begin: next(few) < 3
        kinds = ("cut", "down", "delay", "drip", "500", "truncate")
        kind = kinds[turn % len(kinds)]
        faults.is_down = kind == "down"
        faults.delay_seconds = 0.2 if kind == "delay" else 0
        if kind == "drip":
            faults.drip_seconds, faults.drip_after, faults.drip_bytes = 0.002, 500, 200
        if kind in ("cut", "truncate"):
            faults.cut_after, faults.cuts_left = (3_000 if kind == "cut" else 150), 3
        if kind == "500" and self._is_http:
            faults.answers = [http_answer(500)] * 2


class NoNetwork:
    """A folder of this machine."""

    straight = staticmethod(nullcontext)

    def begin(self, turn: int | None) -> None: ...


@contextmanager
def faulty(one_way: OneWay, patch: pytest.MonkeyPatch) -> Iterator[Network | NoNetwork]:
    if one_way.way == "directory":
        yield NoNetwork()
        return
    with fault_proxy(port_of(one_way.way)) as proxy:
        yield Network(one_way, patch, proxy)


def collect(kill_at: str = "") -> int:
    """The exit code of a process that collects, and dies where it is told to."""
    command = [sys.executable, "-m", "pipelines.cli", "collect", "--collection", COLLECTION]
    environment = {**os.environ, "SITREP_KILL_AT": kill_at}
    ended = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    # Shown where a test fails.
    print(ended.stdout, ended.stderr)
    return ended.returncode
