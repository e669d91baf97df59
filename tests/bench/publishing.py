"""One publication after each national tick, with 35 days behind it, patched and as a whole in turn.

Each tick is landed and drained, which is not counted. Then a publication is made from a copy of the
one before, and another one as a whole, from the same warehouse at the same time; both must have the
same rows. In turn, so that whatever else the machine does meanwhile weighs on both alike.

    python -m tests.bench publishing --ticks 10 --folder /tmp/bench
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from tests.bench.measure import PROJECT, say
from tests.bench.national.harness import Span, answers
from warehouse.publish.publish import Publication, publish

DAYS = 35
_WARM_UP = 2
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class _Made:
    """A publication, what it took, and the Parquet files that were written for it."""

    name: str
    span: Span
    written: tuple[str, ...]


def run_publishing(ticks: int, folder: Path | None) -> None:
    """Prints the medians of both, and which tables were written."""
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "tests.bench.publishing", str(scratch), str(ticks)]
        done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    told = json.loads(done.stdout)
    print(f"one publication after a national tick, {DAYS} days behind it ({ticks} ticks, medians)")
    for way, spans in told["spans"].items():
        cpu, wall = ([one[key] for one in spans] for key in ("cpu_seconds", "wall_seconds"))
        print(
            f"{way}: {statistics.median(cpu):.2f} s of processor ({min(cpu):.2f} to "
            f"{max(cpu):.2f}), {statistics.median(wall):.2f} s"
        )
    print(f"tables of which nothing was written: {told['linked']} of {told['tables']}")
    print(f"tables written: {', '.join(told['written'])}")


def _measure(folder: Path, ticks: int) -> dict[str, object]:
    from pipelines.registry.registry import load_registry
    from pipelines.steps import drain
    from tests.bench.national.land import land_ticks, use_home
    from tests.bench.national.ticks import read_ticks

    data, home = _data(folder), folder / "publishing"
    _fill(home, data)
    spans: dict[str, list[Span]] = {"patched": [], "whole": []}
    patched: list[_Made] = []
    for number, tick in enumerate(read_ticks(data, ticks + _WARM_UP)):
        use_home(home, data / "feeds", tick.received_at)
        land_ticks(home, [tick])
        drain()
        registry = load_registry()
        made = [
            _time(home, partial(publish, home, registry, whole=whole)) for whole in (False, True)
        ]
        _assert_same(home, *(one.name for one in made))
        say(f"    patched {made[0].span.cpu_seconds:.2f} s, whole {made[1].span.cpu_seconds:.2f} s")
        if number >= _WARM_UP:
            patched.append(made[0])
            for way, one in zip(spans, made, strict=True):
                spans[way].append(one.span)
    written = sorted({table for one in patched for table in one.written})
    tables = len(_copies(home / "publications" / patched[-1].name))
    linked = tables - len(patched[-1].written)
    return {
        "spans": {way: [vars(one) for one in own] for way, own in spans.items()},
        "written": written,
        "tables": tables,
        "linked": linked,
    }


def _data(folder: Path) -> Path:
    from tests.bench.national.run import Options, _make_data

    return _make_data(folder, Options(ticks=0, days=(1,)))


def _fill(home: Path, data: Path) -> None:
    """The home holds the days before the first tick."""
    from tests.bench.national.history import fill

    say(f"{DAYS} days of England")
    fill(home, data, DAYS / _DAYS_PER_YEAR)


def _time(home: Path, call: Callable[[], Publication]) -> _Made:
    wall, cpu = time.perf_counter(), time.process_time()
    name = call().name
    span = Span(time.perf_counter() - wall, time.process_time() - cpu)
    own = _copies(home / "publications" / name)
    written = tuple(table for table, path in own.items() if path.stat().st_nlink == 1)
    return _Made(name, span, written)


def _copies(folder: Path) -> dict[str, Path]:
    return {
        str(path.relative_to(folder).with_suffix("")).replace(os.sep, "."): path
        for path in folder.rglob("*.parquet")
    }


def _assert_same(home: Path, *names: str) -> None:
    """Both publications have the same rows in each table, and in each Parquet file."""
    one, other = (home / "publications" / name for name in names)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one}.duckdb' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{other}.duckdb' AS other (READ_ONLY)")
        for table, path in _copies(other).items():
            name = table if "." in table else f"main.{table}"
            copy = one / path.relative_to(other)
            told = {_told(connection, place) for place in (f"one.{name}", f"other.{name}")}
            told |= {_told(connection, f"'{file}'") for file in (copy, path)}
            if len(told) != 1:
                raise SystemExit(f"{table} is not the same in {' and '.join(names)}")


def _told(connection: duckdb.DuckDBPyConnection, place: str) -> Sequence[object]:
    rows = connection.execute(
        f"SELECT count(*), sum(hash(t)) FROM (SELECT t FROM {place} AS t)"
    ).fetchall()
    return tuple(rows[0])


if __name__ == "__main__":
    with answers() as stream:
        stream.write(json.dumps(_measure(Path(sys.argv[1]), int(sys.argv[2]))))
