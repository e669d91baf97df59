"""`sitrep dashboard`: it serves until it is told to stop, and says what is wrong."""

import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.cli.app import _run
from pipelines.local_airflow.local_run import choose_port
from tests.support.small_slots import FIRST_FILE, write_slots


def test_a_publication_that_is_not_there_is_2(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["dashboard", "--publication", str(tmp_path / "none.duckdb")]) == 2
    assert "There is no publication" in capsys.readouterr().err
    (tmp_path / "odd.duckdb").write_bytes(b"no database")
    assert _run(["dashboard", "--publication", str(tmp_path / "odd.duckdb")]) == 2
    assert "cannot be shown" in capsys.readouterr().err


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)]
)
def test_it_serves_until_it_is_told_to_stop(home: Path, tmp_path: Path, number: int) -> None:
    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    steps.drain()
    steps.publish()
    port = choose_port(18111)
    command = [sys.executable, "-u", "-m", "pipelines.cli", "dashboard", "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        address = f"http://127.0.0.1:{port}/"
        for line in process.stdout:
            if address in line:
                break
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        page = b""
        while not page and process.poll() is None:
            with suppress(OSError), opener.open(address, timeout=10) as answer:
                page = answer.read()
        assert b"England now" in page
        process.send_signal(number)
        assert process.wait(timeout=60) in (0, 130, -number)
        assert "Traceback" not in process.stderr.read()
