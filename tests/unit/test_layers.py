"""Imports go in one direction: the contracts in `.importlinter` hold."""

import subprocess
import sys
from pathlib import Path

from pipelines.base.settings import PROJECT


def test_the_layers_hold_and_there_is_no_circle() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout
