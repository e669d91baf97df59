"""Prints how long the path of a winter workbook takes, beside openpyxl merely opening it."""

import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Figure, run_child, time_command, workbooks

RUNS = 5
WARM = "tests.bench.warm"


def main() -> None:
    """All figures, one table for each workbook and one for the commands."""
    with tempfile.TemporaryDirectory(prefix="uec-bench-") as folder:
        files = workbooks(Path(folder))
        for file in files:
            print(f"\n{file.name} ({file.stat().st_size:,} bytes), medians of {RUNS} runs")
            _print(run_child(WARM, [str(file), str(RUNS)]))
        print("\nWhole processes, medians of 3 runs")
        _print(_commands(Path(folder), files[-1]))


def _commands(folder: Path, file: Path) -> list[Figure]:
    python, sitrep = sys.executable, str(Path(sys.executable).with_name("sitrep"))
    home = folder / "home"
    return [
        time_command("import great_expectations", [python, "-c", "import great_expectations"]),
        time_command("sitrep ingest, cold, new home", [sitrep, "ingest", str(file)], home, True),
        time_command("sitrep ingest, the same file again", [sitrep, "ingest", str(file)], home),
        time_command("sitrep publish", [sitrep, "publish"], home),
        time_command("sitrep --help", [sitrep, "--help"], home),
        time_command("sitrep status", [sitrep, "status"], home),
        time_command("sitrep submissions", [sitrep, "submissions"], home),
        time_command("sitrep query", [sitrep, "query", "SELECT 1"], home),
    ]


def _print(figures: list[Figure]) -> None:
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        memory = f"{figure.peak_mb:8,.0f} MB peak" if figure.peak_mb else ""
        print(
            f"  {figure.name:<{width}}  {figure.median:7.2f} s  "
            f"({figure.least:.2f} to {figure.most:.2f}){memory}"
        )
