"""make fuzz: 100,000 damaged files go the whole road; none may escape its one status and answer.

    python -m tests.attack.fuzz [--inputs N] [--seconds N] [--seed N] [--processes N]
    python -m tests.attack.fuzz --replay var/fuzz/escapes/…/1-23.json

SITREP_FUZZ_FOLDER (default var/fuzz) keeps the seed of each run and every input that escaped; those
are tried first in each run. The exit code is 1 where anything escaped.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.attack.children import die_with_parent, end_in_order, scratch_folder
from tests.attack.fuzz.case import Case, Fault, Report
from tests.attack.fuzz.make_case import make_cases
from tests.attack.fuzz.road import Base, Way, prepare
from tests.attack.fuzz.run import Found, keep, kept, run_batch

AT_ONCE = 500
"""Cases of a batch: more make it no faster, and each fault costs more halving."""
_WORKBOOKS = ("xlsx", "xls", "ods")
FORK = multiprocessing.get_context("fork")
Result = tuple[Report, list[Case]] | None


def main() -> int:
    """Runs what the command line asks for."""
    end_in_order()
    options = _options()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(prefix="sitrep-fuzz-base-", dir=scratch_folder()))
    try:
        base = prepare(scratch)
        if options.replay:
            return _replay(base, Path(options.replay))
        return _fuzz(base, options, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", default=os.environ.get("SITREP_FUZZ_FOLDER") or "var/fuzz")
    parser.add_argument("--replay", help="An input that was kept, to be run alone.")
    return parser.parse_args()


def _replay(base: Base, path: Path) -> int:
    for report, _ in run_batch(base, [kept(path)], Way(published=True)):
        print(f"{report.seconds:.1f} s, {report.peak_mb:,.0f} MB, {report.statuses} {report.codes}")
        for fault in report.faults:
            print(f"  {fault.signature}: {fault.detail}")
        return 1 if report.faults else 0
    return 0


def _fuzz(base: Base, options: argparse.Namespace, folder: Path) -> int:
    found = Found()
    begin = time.monotonic()
    for path in sorted((folder / "escapes").rglob("*.json")):
        for report, cases in run_batch(base, [kept(path)], Way()):
            found.add(report, len(cases))
            print(f"{'escapes still' if report.faults else 'is mended'}: {path}", flush=True)
    print(f"seed {options.seed}", flush=True)
    last = time.monotonic()
    for report, cases in _results(base, options, begin):
        by_number = {case.number: case for case in cases}
        for fault in found.add(report, len(cases)):
            case = by_number.get(fault.number if fault.number is not None else -1)
            _tell(fault, case, keep(folder, case, fault, options.seed) if case else None)
        if time.monotonic() - last > 30:
            last = time.monotonic()
            rate = found.inputs / (last - begin)
            print(
                f"{found.inputs:,} inputs, {rate:.0f}/s, {len(found.faults)} kinds of escape",
                flush=True,
            )
    return _summary(found, options, folder, time.monotonic() - begin)


def _results(
    base: Base, options: argparse.Namespace, begin: float
) -> Iterator[tuple[Report, list[Case]]]:
    """The reports of all processes as they come."""
    queue: SimpleQueue[Result] = FORK.SimpleQueue()
    workers = [
        FORK.Process(target=_work, args=(base, options, begin, share, queue))
        for share in range(options.processes)
    ]
    for worker in workers:
        worker.start()
    running = len(workers)
    while running:
        result = queue.get()
        if result is None:
            running -= 1
        else:
            yield result
    for worker in workers:
        worker.join()


def _work(base: Base, options: Any, begin: float, share: int, queue: "SimpleQueue[Result]") -> None:
    """Every so-manieth batch, until all are done or time is over."""
    die_with_parent()
    try:
        for batch in range(share, -(-options.inputs // AT_ONCE), options.processes):
            if time.monotonic() - begin > options.seconds:
                break
            numbers = range(batch * AT_ONCE, min(options.inputs, (batch + 1) * AT_ONCE))
            cases = make_cases(options.seed, numbers)
            way = Way(by_folder=batch % 5 == 4, published=batch % 10 == 3)
            for group in _groups(cases):
                for result in run_batch(base, group, way):
                    queue.put(result)
    finally:
        queue.put(None)


def _groups(cases: list[Case]) -> list[list[Case]]:
    """Text together, workbooks together, whose reader may die; large ones alone."""
    light = [case for case in cases if not case.is_heavy]
    text = [case for case in light if case.story.partition(":")[0] not in _WORKBOOKS]
    books = [case for case in light if case.story.partition(":")[0] in _WORKBOOKS]
    return [group for group in (text, books, *([one] for one in cases if one.is_heavy)) if group]


def _tell(fault: Fault, case: Case | None, path: Path | None) -> None:
    story = f" ({case.story})" if case else ""
    print(f"ESCAPE {fault.signature}: {fault.detail}{story}", flush=True)
    if path:
        print(f'  make fuzz FUZZ="--replay {path}"', flush=True)


def _summary(found: Found, options: argparse.Namespace, folder: Path, seconds: float) -> int:
    rate = found.inputs / seconds
    print(
        f"\n{found.inputs:,} inputs in {seconds:,.0f} s: {rate:.0f}/s, peak {found.peak_mb:,.0f} MB"
    )
    cost = found.cpu_seconds / max(1, found.inputs) * 1000
    print(f"{cost:.1f} ms of computing for each, halving included")
    for title, counts in (("Statuses", found.statuses), ("Codes", found.codes)):
        told = sorted(counts.items(), key=lambda pair: -pair[1])
        print(f"{title}: {', '.join(f'{name} {count:,}' for name, count in told)}")
    print(f"Escapes: {sum(map(len, found.faults.values())):,} of {len(found.faults)} kinds")
    for signature, faults in sorted(found.faults.items(), key=lambda pair: -len(pair[1])):
        print(f"  {len(faults):6,}  {signature}")
    with (folder / "runs.jsonl").open("a", encoding="utf-8") as stream:
        told_run = {
            "seed": options.seed,
            "inputs": found.inputs,
            "seconds": round(seconds),
            "escapes": {signature: len(faults) for signature, faults in found.faults.items()},
        }
        stream.write(json.dumps(told_run) + "\n")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
