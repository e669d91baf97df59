"""make torture: kills, full disks and damaged files; one clean run must make all good.

    python -m tests.attack.torture [--kills 1000] [--fills 300] [--seed N] [--only kill|full|damage]

Each journey (tests/attack/torture/journeys.py) is disturbed on a copy of its home, run once in
peace, and compared with a twin that nobody disturbed: warehouse, publication and answers.
SITREP_TORTURE_FOLDER (default var/torture) keeps every result. A run that was stopped goes on with
the same seed where it stopped; `--fresh` begins anew. The exit code is 1 where anything stayed
wrong.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from tests.attack.children import die_with_parent, end_in_order, scratch_folder
from tests.attack.fuzz import road
from tests.attack.torture.damages import DAMAGES, damage, kinds_of_files
from tests.attack.torture.full_disks import fill_stage
from tests.attack.torture.journeys import stages
from tests.attack.torture.kills import kill_stage
from tests.attack.torture.result import Result
from tests.attack.torture.twin import walk

FORK = multiprocessing.get_context("fork")
Told = tuple[str, list[Result]] | None
"""A unit of work that is done, and what came of it."""


def main() -> int:
    """Runs what the command line asks for."""
    end_in_order()
    options = _options()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    seed = _seed(options, folder)
    log = folder / f"{seed}.jsonl"
    done = _done(log)
    print(f"seed {seed}; {len(done)} units are done already", flush=True)
    scratch = Path(mkdtemp(prefix="sitrep-torture-", dir=scratch_folder()))
    try:
        os.environ["SITREP_TORTURE_INPUTS"] = str(scratch / "inputs")
        os.environ.setdefault("AIRFLOW_HOME", str(scratch / "airflow"))
        import dags.collection_dags
        import dags.publish_dag
        import dags.watch_dag  # noqa: F401 - children need not import Airflow

        base = road.prepare(scratch).home
        with log.open("a", encoding="utf-8") as stream:
            for unit, results in _results(base, scratch, options, seed, done):
                line = {"unit": unit, "results": [asdict(one) for one in results]}
                stream.write(json.dumps(line) + "\n")
                stream.flush()
                _tell(unit, results)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _summary(log)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make torture", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=int(os.environ.get("TORTURE_KILLS") or 1000))
    parser.add_argument("--fills", type=int, default=int(os.environ.get("TORTURE_FILLS") or 300))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--only", choices=("kill", "full", "damage"))
    parser.add_argument("--journey", help="Only this journey, like 'publish'.")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--folder", default=os.environ.get("SITREP_TORTURE_FOLDER") or "var/torture"
    )
    return parser.parse_args()


def _seed(options: argparse.Namespace, folder: Path) -> int:
    """The seed that is asked for, else that of the run that was stopped, else a new one."""
    last = folder / "seed"
    if options.seed is not None:
        return int(options.seed)
    if last.exists() and not options.fresh:
        return int(last.read_text("ascii"))
    seed = secrets.randbelow(10**6)
    last.write_text(str(seed), "ascii")
    return seed


def _done(log: Path) -> set[str]:
    if not log.exists():
        return set()
    found = set()
    for line in log.read_text("utf-8").split("\n"):
        try:
            found.add(json.loads(line)["unit"])
        except ValueError:
            continue
    return found


def _results(
    base: Path, scratch: Path, options: argparse.Namespace, seed: int, done: set[str]
) -> Iterator[tuple[str, list[Result]]]:
    """What came of each unit, from all processes, as they are done."""
    queue: SimpleQueue[Told] = FORK.SimpleQueue()
    workers = [
        FORK.Process(
            target=_work,
            args=(base, scratch / f"worker-{share}", options, seed, done, share, queue),
        )
        for share in range(options.processes)
    ]
    for worker in workers:
        worker.start()
    running = len(workers)
    while running:
        told = queue.get()
        if told is None:
            running -= 1
        else:
            yield told
    for worker in workers:
        worker.join()


def _work(
    base: Path,
    folder: Path,
    options: argparse.Namespace,
    seed: int,
    done: set[str],
    share: int,
    queue: "SimpleQueue[Told]",
) -> None:
    die_with_parent()
    try:
        for number in range(share, options.rounds, options.processes):
            for told in _round(base, folder / str(number), options, seed, done, number):
                queue.put(told)
            shutil.rmtree(folder, ignore_errors=True)
    except BaseException as error:
        queue.put((f"{share} failed", [Result("our own", "torture", 0, "", [repr(error)[:2000]])]))
    finally:
        queue.put(None)


def _round(
    base: Path, folder: Path, options: argparse.Namespace, seed: int, done: set[str], number: int
) -> Iterator[tuple[str, list[Result]]]:
    """The journeys of a round, each killed and starved of room; the files of its home, damaged."""
    units = _units(options, number)
    wants_damage = options.only in (None, "damage")
    if not set(units) - done and not wants_damage:
        return
    folder.mkdir(parents=True)
    twin = walk(base, folder / "twin", number)
    work = folder / "work"
    work.mkdir()
    for unit, (kind, name, times) in units.items():
        if unit in done:
            continue
        random = Random(f"{seed}:{unit}")
        if kind == "kill":
            yield unit, list(kill_stage(work, name, number, twin[name], times, random))
        else:
            yield unit, list(fill_stage(work, name, number, twin[name], times, random))
    if wants_damage:
        # What waits in the inbox and in the folders is there before these.
        for name in ("drain", "publish again"):
            files = list(kinds_of_files(twin[name].before).items())
            for at, (kind, path) in enumerate(files):
                for turn, how in enumerate(DAMAGES):
                    unit = f"damage/{name}/{kind}/{how}"
                    if (at * len(DAMAGES) + turn) % options.rounds == number and unit not in done:
                        yield unit, [damage(work, twin[name].before, kind, path, how, number)]


def _units(options: argparse.Namespace, number: int) -> dict[str, tuple[str, str, int]]:
    """Unit → its kind, its journey and how often."""
    names = [name for name in stages() if options.journey in (None, name)]
    writing = [name for name in names if stages()[name].writes]
    units = {}
    for kind, own, times in (("kill", names, options.kills), ("full", writing, options.fills)):
        if options.only not in (None, kind):
            continue
        shares = options.rounds * len(own)
        for at, name in enumerate(own):
            # So that all shares together are `times`.
            place = number * len(own) + at
            own_times = (place + 1) * times // shares - place * times // shares
            units[f"{kind}/{number}/{name}/{own_times}"] = (kind, name, own_times)
    return units


def _tell(unit: str, results: list[Result]) -> None:
    disturbed = sum(one.disturbed for one in results)
    print(f"{time.strftime('%H:%M:%S')} {unit}: {disturbed}", flush=True)
    for one in results:
        for fault in one.faults:
            print(f"  WRONG {one.kind} {one.journey} ({one.told}): {fault}", flush=True)


def _summary(log: Path) -> int:
    """The table of all that was done with this seed; 1 where anything stayed wrong."""
    disturbed: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for line in filter(None, log.read_text("utf-8").split("\n")):
        for one in json.loads(line)["results"]:
            place = (one["kind"], "files of state" if one["kind"] == "damage" else one["journey"])
            disturbed[place] += one["disturbed"]
            wrong[place] += bool(one["faults"])
    print(f"\n{'kind':10} {'journey':20} {'disturbed':>9} {'wrong':>6}")
    for place in disturbed:
        print(f"{place[0]:10} {place[1]:20} {disturbed[place]:9,} {wrong[place]:6,}")
    kills = sum(count for (kind, _), count in disturbed.items() if kind == "kill")
    print(f"{kills:,} kills; {sum(wrong.values()):,} disturbances stayed wrong. Results: {log}")
    return 1 if sum(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
