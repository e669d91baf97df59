"""Times one workbook in a warm process: each step, the whole path, and the rivals."""

import os
import shutil
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from tests.bench.measure import Figure, figure, peak_mb, say_figures, time_calls


def main(file: Path, runs: int) -> None:
    """The steps are taken `runs` times on an empty home, after one time that is not counted."""
    with tempfile.TemporaryDirectory(prefix="uec-bench-") as folder:
        os.environ["SITREP_HOME"] = folder + "/home"
        seconds: dict[str, list[float]] = {}
        for run in range(runs + 1):
            shutil.rmtree(folder + "/home", ignore_errors=True)
            for name, taken in _steps(file).items():
                if run:
                    seconds.setdefault(name, []).append(taken)
    own = [figure(name, taken) for name, taken in seconds.items()]
    total = own[-1]
    own[-1] = Figure(total.name, total.median, total.least, total.most, peak_mb())
    say_figures([*own, *_rivals(file, runs)])


def _steps(file: Path) -> dict[str, float]:
    """Seconds of each step for both collections of the workbook, and of all together."""
    from pipelines import steps

    seconds: dict[str, float] = {}

    def step(name: str, call: object, *arguments: object) -> None:
        begin = time.perf_counter()
        call(*arguments)  # type: ignore[operator]
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - begin

    step("land", steps.land_files, [file])
    step("parse, conform, validate, load, answer", steps.drain)
    step("publish", steps.publish)
    seconds["ALL: landed to published"] = sum(seconds.values())
    return seconds


def _rivals(file: Path, runs: int) -> list[Figure]:
    from openpyxl import load_workbook
    from python_calamine import CalamineWorkbook

    content = file.read_bytes()

    def read_with_calamine() -> None:
        workbook = CalamineWorkbook.from_object(BytesIO(content))
        for name in workbook.sheet_names:
            workbook.get_sheet_by_name(name).to_python()

    return [
        time_calls("openpyxl.load_workbook, merely opened", lambda: load_workbook(file), runs),
        time_calls("python-calamine, all cells read", read_with_calamine, runs),
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
