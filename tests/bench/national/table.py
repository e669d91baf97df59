"""Prints what was measured: medians, least and most, CPU time and peak memory."""

import os
import platform
import statistics
from collections.abc import Iterator, Sequence

import duckdb

from tests.bench.national.harness import Outcome
from tests.bench.national.run import RACERS, Options, Results

_HEADINGS = {"ticks": "warm tick", "1": "one day", "10": "ten days"}


def print_results(results: Results, options: Options) -> None:
    """The table, and what has to be said with it."""
    print(
        "\nEngland: 137 files a tick (125 acute trusts, NHS 111, 11 ambulance services), "
        "3% of them with a fault"
    )
    print(f"{_machine()}\nSeconds: median (least to most), and CPU time of all threads\n")
    for row in _rows(results, options):
        print(row)
    for line in [*_landed(results), *_history(results), *_counted(results), *results.notes]:
        print(line)


def _rows(results: Results, options: Options) -> Iterator[str]:
    tasks = [*(["ticks"] if options.ticks else []), *map(str, options.days)]
    lines = [["", *(_heading(results, task) for task in tasks), "peak MB"]]
    for racer in RACERS:
        own = results.outcomes.get(racer.name)
        if not own:
            continue
        peak = max(outcome.peak_mb for outcome in own.values())
        cells = [_cell(own.get(task)) for task in tasks]
        lines.append([racer.title, *cells, f"{peak:,.0f}"])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True)]
        yield "   ".join([f"{line[0]:<{widths[0]}}", *padded])


def _heading(results: Results, task: str) -> str:
    runs = {len(own[task].spans) for own in results.outcomes.values() if task in own}
    name = _HEADINGS.get(task, f"{task} days")
    return f"{name} (× {', '.join(map(str, sorted(runs)))})"


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    wall = [span.wall_seconds for span in outcome.spans]
    cpu = statistics.median(span.cpu_seconds for span in outcome.spans)
    return f"{_figure(statistics.median(wall))} ({_range(wall)}) CPU {_figure(cpu)}"


def _figure(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def _range(seconds: Sequence[float]) -> str:
    return f"{_figure(min(seconds))} to {_figure(max(seconds))}"


def _landed(results: Results) -> Iterator[str]:
    """Landing alone, and whether it takes longer the more has landed."""
    if results.landed is None:
        return
    spans, files = results.landed.spans, results.landed.counts["files"]
    tenth = max(1, len(spans) // 10)
    first, last = (
        statistics.median(span.wall_seconds for span in some)
        for some in (spans[:tenth], spans[-tenth:])
    )
    wall = sum(span.wall_seconds for span in spans)
    cpu = sum(span.cpu_seconds for span in spans)
    yield (
        f"\nOurs, landing alone, tick by tick: {files:,} files in {_figure(wall)} s, "
        f"CPU {_figure(cpu)}; a tick {first * 1e3:.1f} ms in the first tenth and "
        f"{last * 1e3:.1f} in the last"
    )


def _history(results: Results) -> Iterator[str]:
    """A tick with years behind it, beside the same on an empty warehouse."""
    empty, full, filled = results.empty, results.full, results.filled
    if empty is None or full is None:
        return
    yield f"\nOurs, a tick in turn on an empty warehouse and with {filled['days']:,} days behind it"
    yield f"  empty  {_cell(empty)}"
    yield f"  filled {_cell(full)}"
    wall, cpu = (
        statistics.median(getattr(span, name) for span in full.spans)
        / statistics.median(getattr(span, name) for span in empty.spans)
        for name in ("wall_seconds", "cpu_seconds")
    )
    yield f"  ratio  {wall:.2f} of time, {cpu:.2f} of CPU time"
    rows = ", ".join(
        f"{name.partition('.')[2]} {filled['rows'][name] / 1e6:.1f}"
        for name in sorted(filled["rows"], key=lambda one: -filled["rows"][one])[:5]
    )
    yield (
        f"  {filled['gigabytes']:.1f} GB, filled in {filled['seconds']:,.0f} s; "
        f"million rows: {rows}"
    )


def _counted(results: Results) -> Iterator[str]:
    """What ours did of the largest task, which the others that know the rules did too."""
    own = results.outcomes.get("ours")
    if own:
        counts = max((outcome.counts for outcome in own.values()), key=lambda one: one["files"])
        names = ("files", "accepted", "quarantined", "revised", "duplicates", "rejected", "answers")
        yield "\nOurs, checked: " + ", ".join(f"{name} {counts[name]:,}" for name in names)
    if "dlt" in results.outcomes:
        yield "dlt checks types and columns only: no rules, quarantine, revisions or answers."
    yield "Plain SQL and Great Expectations keep the values of today: no revisions, no answers."


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}"
    )
