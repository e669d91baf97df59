"""A whole Airflow on a home, as `make run` starts it, for as long as a block goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines.base.settings import PROJECT

STARTS_SECONDS = 240.0
_RUN = (
    "import sys; from pathlib import Path; from pipelines.local_airflow import local_run; "
    "sys.exit(local_run.run(Path(sys.argv[1]), local_run.choose_port(int(sys.argv[2]))))"
)


@contextmanager
def running_airflow(
    home: Path, variables: Mapping[str, str], port: int = 8391
) -> Iterator["subprocess.Popen[bytes]"]:
    """Its process, once Airflow answers; no other setting of the pipeline counts.

    Raises `RuntimeError` with its log where it does not come up.
    """
    home.mkdir(parents=True, exist_ok=True)
    log = home / "airflow.log"
    inherited = {name: own for name, own in os.environ.items() if not name.startswith("SITREP")}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(home), str(port)],
            cwd=PROJECT,
            env=inherited | dict(variables),
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            begin = time.monotonic()
            while "is running" not in log.read_text("utf-8", "replace"):
                if process.poll() is not None or time.monotonic() - begin > STARTS_SECONDS:
                    raise RuntimeError(f"Airflow did not start: {log.read_text('utf-8')}")
                time.sleep(0.2)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
