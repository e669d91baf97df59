"""The twin that nobody disturbs: the home before and after each journey, and what it held."""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.base.settings import settings
from tests.attack.children import Ended, in_child
from tests.attack.torture.journeys import MOMENT, stages
from tests.support.compared_homes import State, read_published, read_warehouse

_FILE_CALLS = ("open", "replace", "rename", "fsync", "unlink", "mkdir", "symlink", "link", "write")
"""Calls of the operating system, at each of which a process may be killed."""
_HANGS_SECONDS = 300


@dataclass(frozen=True)
class Around:
    """One journey of the twin: the home before it, and what is to be so after it."""

    before: Path
    after: State
    seconds: float
    calls: int
    exit_code: int


def use_home(home: Path) -> None:
    """The pipeline of this process works in that home."""
    os.environ |= {"SITREP_HOME": str(home), "SITREP_NOW": MOMENT, "SITREP_QUIET_SECONDS": "0"}
    settings.cache_clear()


def run_stage(
    home: Path, name: str, number: int, kill_after: float | None = None, die_at: int | None = None
) -> "Ended[tuple[int, int]]":
    """How the journey ended in a child: its exit code and how many calls it made.

    It is killed after so many seconds, or at that call, where it is said.
    """

    def work() -> tuple[int, int]:
        use_home(home)
        calls = _count_calls(die_at)
        return stages()[name].journey(number), calls[0]

    return in_child(work, _HANGS_SECONDS, kill_after)


def _count_calls(die_at: int | None) -> list[int]:
    """Counts calls that change files from now on; the process dies at the one that is named."""
    import signal

    calls = [0]

    def counted(call: Any) -> Any:
        def counting(*arguments: Any, **options: Any) -> Any:
            calls[0] += 1
            if calls[0] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return counting

    for name in _FILE_CALLS:
        setattr(os, name, counted(getattr(os, name)))
    return calls


def last_words(said: str) -> str:
    """What it said of an unexpected failure, else its last line."""
    words = re.search(r"Something unexpected failed: .*", said)
    return words[0][:300] if words else (said.strip().splitlines() or [""])[-1][:300]


def walk(base: Path, folder: Path, number: int, names: Sequence[str] = ()) -> Mapping[str, Around]:
    """Each journey of the round, or those that are named, run once and in peace."""
    home = Path(shutil.copytree(base, folder / "home", symlinks=True))
    around: dict[str, Around] = {}
    for at, name in enumerate(names or stages()):
        before = Path(shutil.copytree(home, folder / f"before-{at}", symlinks=True))
        ended = run_stage(home, name, number)
        if ended.given is None or ended.given[0] not in (0, 1):
            raise RuntimeError(f"undisturbed, '{name}' ended with {ended.given}: {ended.said}")
        code, calls = ended.given
        around[name] = Around(before, read_home(home), ended.wall_seconds, calls, code)
    return around


def read_home(home: Path) -> State:
    """Warehouse, publication and answers, without what tells how often a journey was begun."""
    state = read_warehouse(home)
    last = {row["submission_id"]: row["attempt"] for row in state["ops.submission"]}
    for table in ("ops.issue", "ops.quarantine", "ops.quarantined_value"):
        state[table] = [
            row for row in state[table] if last.get(row["submission_id"]) == row["attempt"]
        ]
    if (home / "publications" / "current.duckdb").exists():
        state |= read_published(home)
    for rows in state.values():
        for row in rows:
            row.pop("attempt", None)
    state["answers"] = _read_answers(home)
    return {name: sorted(map(repr, rows)) for name, rows in state.items()}


_OF_A_RUN = ("settled_at", "attempt")


def _read_answers(home: Path) -> list[dict[str, Any]]:
    """The last answer to each submission but duplicates, of which a kill may add some."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(home.glob("answers/*/*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            if answer["status"] != "duplicate":
                found[answer["submission_id"]] = answer
    return [
        {name: value for name, value in answer.items() if name not in _OF_A_RUN}
        for answer in found.values()
    ]


def differences(home: Path, twin: State) -> list[str]:
    """The tables in which the home differs from its twin, each with the first difference."""
    own = read_home(home)
    found = []
    for table in sorted({*own, *twin}):
        mine, other = own.get(table), twin.get(table)
        if mine == other:
            continue
        more = sorted(set(mine or ()) - set(other or ()))[:1]
        less = sorted(set(other or ()) - set(mine or ()))[:1]
        counts = f"{len(mine or ())} rows, {len(other or ())} in the twin"
        found.append(f"{table}: {counts}; more: {str(more)[:300]}; less: {str(less)[:300]}")
    return found
