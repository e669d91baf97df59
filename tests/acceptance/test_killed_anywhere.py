"""Promise 3: killed for real at any step, then run again, the home is as after one clean run.

A child is forked from a process that has imported Great Expectations already, so that a kill
costs a second and not ten; it dies by SIGKILL like any other process. The steps are read from
the source: a new `reached("...")` is tested without a change here.
"""

import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.cli.app import _run
from pipelines.landing import Landing
from pipelines.settings import settings
from tests.small_workbook import (
    AMBULANCE,
    DAYS,
    ENGLAND,
    FILE_NAME,
    GA_BEDS,
    LONG_STAY,
    SHEETS,
    Sheet,
    write_workbook,
)

PROJECT = Path(__file__).resolve().parents[2]
FORK = multiprocessing.get_context("fork")
LONGEST_SECONDS = 60
"""A child needs about a second; after a minute it hangs."""

_REACHED = re.compile(r"\breached\(\s*\"([^\"]+)\"\s*\)")
STEPS = [
    step
    for folder in ("pipelines", "warehouse")
    for path in sorted((PROJECT / folder).rglob("*.py"))
    for step in _REACHED.findall(path.read_text("utf-8"))
]
OF_COLLECT = [step for step in STEPS if step.startswith("collect:")]
OF_PUBLISH = [step for step in STEPS if step.startswith("publish:")]
OF_LOAD = [step for step in STEPS if step.startswith(("validate:", "load:", "answer:"))]
ONCE_IN_A_RUN = {*OF_PUBLISH, *OF_COLLECT, "answer: entered"}
"""The others are reached once for each of the two collections, feeds or submissions."""

Journey = Callable[[], object]
State = dict[str, Any]

pytestmark = pytest.mark.xdist_group("killed_anywhere")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with one workbook loaded and published, and a changed workbook that waits outside.

    Made in this process, so that Great Expectations is imported once for all children.
    """
    folder = tmp_path_factory.mktemp("killed")
    home = folder / "home"
    write_workbook(folder / "first" / FILE_NAME)
    write_changed_workbook(folder / "second" / FILE_NAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        patch.setenv("SITREP_QUIET_SECONDS", "0")
        settings.cache_clear()
        assert _run(["ingest", str(folder / "first" / FILE_NAME)]) == 0
        assert _run(["publish"]) == 0
        # What follows is an hour later.
        patch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
        yield home
    settings.cache_clear()


@pytest.fixture(scope="module")
def clean(before: Path) -> State:
    """The home after one run that nobody killed."""
    home = copy_home(before, "clean")
    assert run(home, ingest) == 1, "the changed workbook has rows that are rejected"
    assert run(home, publish) == 0
    return read_state(home)


@pytest.fixture(scope="module")
def clean_reprocess(before: Path) -> State:
    """The home after its submissions were read again, and nobody killed that."""
    home = copy_home(before, "clean_reprocess")
    assert run(home, reprocess) == 0
    assert run(home, publish) == 0
    return read_state(home)


def write_changed_workbook(path: Path) -> None:
    """One revision, a negative count, a text, an unknown trust and measure, a wrong England."""
    stays = Sheet(
        LONG_STAY,
        ("> 7 days", "> 14 days", "> 21 days"),
        notes=("Figures of RF4 were corrected on 5 March",),
        extra_rows=(("ZZ9", "Nobody's Hospital"),),
        renamed={("> 21 days", DAYS[2]): "Very long indeed"},
    )
    write_workbook(
        path,
        {
            (GA_BEDS, "RF4", "Total beds occ'd", DAYS[0]): 481,
            (GA_BEDS, "R1H", "Core Beds Open", DAYS[1]): -5,
            (AMBULANCE, "RQM", "Arriving by ambulance", DAYS[2]): "many",
            (AMBULANCE, "R1H", "Delay >60 mins", DAYS[0]): 4,
            (AMBULANCE, ENGLAND, "Delay >60 mins", DAYS[0]): 99,
        },
        sheets=[stays if sheet.name == LONG_STAY else sheet for sheet in SHEETS],
    )


def test_every_step_of_the_pipeline_has_places_to_be_killed_at() -> None:
    assert len(set(STEPS)) == len(STEPS)
    assert {step.partition(":")[0] for step in STEPS} >= {
        "collect",
        "landing",
        "validate",
        "load",
        "answer",
        "publish",
    }


@pytest.mark.parametrize(
    ("step", "time"),
    [(step, 1) for step in STEPS if step not in OF_COLLECT]
    + [(step, 2) for step in STEPS if step not in ONCE_IN_A_RUN],
)
def test_a_killed_ingest_or_publish_is_made_good_by_running_it_again(
    step: str, time: int, before: Path, clean: State
) -> None:
    home = copy_home(before, f"ingest {step} {time}")
    journey = publish if step in OF_PUBLISH else ingest
    if step in OF_PUBLISH:
        run(home, ingest)
    kill(home, journey, step, time)
    let_an_hour_pass(home)
    drained = copy_home(home, "drained")

    run(home, ingest)
    run(home, publish)
    assert_same_as_clean(home, clean)

    if not step.startswith("landing:"):
        # What has landed needs no second ingest: the next run of the scheduler finds it.
        run(drained, drain)
        run(drained, publish)
        assert_same_as_clean(drained, clean)


@pytest.mark.parametrize("step", [*OF_COLLECT, "landing: object written"])
def test_a_killed_collect_is_made_good_by_running_it_again(
    step: str, before: Path, clean: State
) -> None:
    home = copy_home(before, f"collect {step}")
    shutil.copy(second_workbook(), home / "incoming" / FILE_NAME)
    kill(home, collect, step)
    for journey in (collect, drain, publish):
        run(home, journey)
    assert_same_as_clean(home, clean)
    assert [path.name for path in (home / "incoming").rglob("*.xlsx")] == [FILE_NAME]


@pytest.mark.parametrize("step", OF_LOAD)
def test_a_killed_reprocess_is_made_good_by_the_next_run(
    step: str, before: Path, clean_reprocess: State
) -> None:
    home = copy_home(before, f"reprocess {step}")
    kill(home, reprocess, step)
    let_an_hour_pass(home)
    if step == "validate: written":
        run(home, reprocess)
    run(home, drain)
    run(home, publish)
    state, expected = read_state(home), clean_reprocess
    assert held_values(state) == held_values(expected)
    attempts = [(row["submission_id"], row["attempt"]) for row in state["submissions"]]
    if step.startswith(("load:", "answer:")):
        done = [row for row in expected["submissions"] if "acute_sitrep" in row["submission_id"]]
        assert [row for row in state["submissions"] if row in done] == done, attempts
    assert_one_answer_each(state)
    assert_nothing_is_left_over(home)


def test_killed_at_each_step_in_turn_on_one_home(before: Path, clean: State) -> None:
    home = copy_home(before, "in turn")
    (home / "incoming").mkdir(exist_ok=True)
    for step in OF_COLLECT:
        shutil.copy(second_workbook(), home / "incoming" / FILE_NAME)
        kill(home, collect, step)
    for step in STEPS:
        if step.startswith(("validate:", "load:", "answer:")):
            process = start(home, drain, step)
            process.join(LONGEST_SECONDS)
            assert process.exitcode in (-signal.SIGKILL, 0, 1), step
    for step in OF_PUBLISH:
        kill(home, publish, step)
    let_an_hour_pass(home)
    for journey in (ingest, drain, publish):
        run(home, journey)
    assert_same_as_clean(home, clean)


def test_killed_before_and_after_every_rename(before: Path, clean: State) -> None:
    """A rename is what makes a file or folder count, so it is the other place to be killed at."""
    wrong: list[str] = []
    number = 0
    while True:
        number += 1
        home = copy_home(before, f"rename {number}")
        process = FORK.Process(target=_die_at_rename, args=(home, number))
        process.start()
        process.join(LONGEST_SECONDS)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        let_an_hour_pass(home)
        run(home, ingest)
        run(home, publish)
        try:
            assert_same_as_clean(home, clean)
        except AssertionError as error:
            wrong.append(f"rename {number}: {error}")
    assert number > 20, "landing, staging, settling, answers and publication all rename"
    assert not wrong, "\n".join(wrong)


def test_killed_while_a_loaded_batch_is_being_removed(before: Path, clean: State) -> None:
    home = copy_home(before, "half removed")
    process = FORK.Process(target=_die_while_removing, args=(home,))
    process.start()
    process.join(LONGEST_SECONDS)
    assert process.exitcode == -signal.SIGKILL
    let_an_hour_pass(home)
    assert run(home, ingest) == 0, "the same files again are duplicates"
    run(home, publish)
    assert_same_as_clean(home, clean)


def test_the_comparison_sees_a_row_that_is_lost(before: Path, clean: State) -> None:
    home = copy_home(before, "lost")
    run(home, ingest)
    run(home, publish)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("DELETE FROM history.acute_sitrep WHERE org_code = 'RQM'")
    with pytest.raises(AssertionError):
        assert_same_as_clean(home, clean)


# What a journey does, in a child of its own.


def second_workbook() -> Path:
    return Path(os.environ["SITREP_HOME"]).parent / "second" / FILE_NAME


def ingest() -> int:
    return _run(["ingest", os.environ["SITREP_TEST_WORKBOOK"]])


def drain() -> int:
    return _run(["drain"])


def publish() -> int:
    return _run(["publish"])


def reprocess() -> int:
    return _run(["reprocess", "--since", "2019-01-01T00:00Z"])


def collect() -> int:
    steps.collect("incoming")
    return 0


def copy_home(home: Path, name: str) -> Path:
    target = home.parent / re.sub(r"\W+", "_", f"{home.name} {name}")
    shutil.copytree(home, target, symlinks=True)
    (target / "incoming").mkdir(exist_ok=True)
    return target


def start(
    home: Path, journey: Journey, step: str | None = None, time: int = 1
) -> "multiprocessing.process.BaseProcess":
    process = FORK.Process(target=_child, args=(home, journey, step, time))
    process.start()
    return process


def run(home: Path, journey: Journey) -> int:
    """The exit code of the journey, which nobody kills."""
    process = start(home, journey)
    process.join(LONGEST_SECONDS)
    assert process.exitcode in (0, 1), f"{journey.__name__} ended with {process.exitcode}"
    return int(process.exitcode)


def kill(home: Path, journey: Journey, step: str, time: int = 1) -> None:
    """The journey was killed when it reached the step for that time."""
    process = start(home, journey, step, time)
    process.join(LONGEST_SECONDS)
    assert process.exitcode == -signal.SIGKILL, (
        f"{journey.__name__} did not die at '{step}' but ended with {process.exitcode}"
    )


def _child(home: Path, journey: Journey, step: str | None, time: int) -> None:
    _move_to(home)
    if step is not None:
        os.environ["SITREP_KILL_AT"] = step
    _pass_over(time - 1)
    sys.exit(journey())


def _move_to(home: Path) -> None:
    os.environ["SITREP_TEST_WORKBOOK"] = str(second_workbook())
    os.environ["SITREP_HOME"] = str(home)
    settings.cache_clear()


def _pass_over(times: int) -> None:
    """The first `times` kills do not happen."""
    really_kill, left = os.kill, [times]

    def kill_later(pid: int, sign: int) -> None:
        if left[0] == 0:
            really_kill(pid, sign)
        left[0] -= 1

    os.kill = kill_later


def _die_at_rename(home: Path, number: int) -> None:
    """Dies before (odd numbers) or after (even numbers) a rename; ends with 0 after the last."""
    _move_to(home)
    rename, calls = os.replace, [0]

    def die_at(source: Any, target: Any, **options: Any) -> None:
        calls[0] += 1
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target, **options)
        calls[0] += 1
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = die_at
    ingest()
    publish()
    sys.exit(0)


def _die_while_removing(home: Path) -> None:
    _move_to(home)

    def remove_a_part(folder: Any, **options: Any) -> None:
        for path in sorted(Path(folder).iterdir())[:2]:
            path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    shutil.rmtree = remove_a_part  # type: ignore[assignment]
    sys.exit(ingest())


def let_an_hour_pass(home: Path) -> None:
    """Half-written batches are old enough to be nobody's work."""
    for path in home.glob("staging/*/.*.tmp"):
        os.utime(path, (0, 0))


# What is compared.


def assert_same_as_clean(home: Path, clean: State) -> None:
    state = read_state(home)
    for part, expected in clean.items():
        if part not in ("answers", "duplicates"):
            assert state[part] == expected, f"{home.name}: {part}"
    assert_one_answer_each(state)
    assert_nothing_is_left_over(home)


def assert_one_answer_each(state: State) -> None:
    submissions = {(row["submission_id"], row["attempt"]) for row in state["submissions"]}
    submissions |= {(one, 1) for one in state["duplicates"]}
    answered = [(row["submission_id"], row["attempt"]) for row in state["answers"]]
    assert len(answered) == len(set(answered)), "a submission was answered twice"
    assert submissions <= set(answered), "a submission has no answer"
    assert all(row["is_on_disk"] for row in state["answers"])


def assert_nothing_is_left_over(home: Path) -> None:
    assert Landing(home).waiting() == []
    assert not list((home / "staging").glob("*/*"))
    publications = home / "publications"
    names = {path.stem for path in publications.glob("uec-*.duckdb")}
    made = {f"{name}.duckdb" for name in names} | names | {"current.duckdb", "current.json"}
    assert {path.name for path in publications.iterdir()} == made
    described = json.loads((publications / "current.json").read_text("utf-8"))
    assert (publications / "current.duckdb").resolve().name == described["file"]


def held_values(state: State) -> State:
    return {
        part: [row for row in rows if row.get("is_held", True)]
        for part, rows in state.items()
        if part.startswith(("history", "published"))
    }


def read_state(home: Path) -> State:
    """All that a home holds and that does not depend on when and how often it was run."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        state = {
            f"history.{table}": rows_of(
                warehouse,
                "SELECT * EXCLUDE (received_at, recorded_at, superseded_at), "
                f"superseded_at IS NULL AS is_held FROM history.{table}",
            )
            for table in ("acute_sitrep", "ambulance_handover", "published_total")
        }
        state["issues"] = rows_of(warehouse, "SELECT * FROM ops.issue")
        state["quarantine"] = rows_of(warehouse, "SELECT * FROM ops.quarantine")
        state["mart"] = rows_of(warehouse, "SELECT * FROM mart.national_daily")
        state["submissions"] = rows_of(
            warehouse,
            "SELECT * EXCLUDE (delivery_id, batch_id, settled_at, source) FROM ops.submission "
            "WHERE status != 'duplicate'",
        )
        state["answers"] = rows_of(warehouse, "SELECT submission_id, attempt FROM ops.answer")
        duplicates = rows_of(
            warehouse, "SELECT submission_id FROM ops.submission WHERE status = 'duplicate'"
        )
        state["duplicates"] = [row["submission_id"] for row in duplicates]
    for row in state["answers"]:
        feed, _, name = row["submission_id"].partition("@")
        row["is_on_disk"] = all(
            (home / "answers" / feed / f"{name}.{kind}").is_file() for kind in ("json", "md")
        )
    current = (home / "publications" / "current.duckdb").resolve()
    with duckdb.connect(str(current), read_only=True) as publication:
        for table in ("acute_sitrep", "ambulance_handover"):
            state[f"published {table}"] = rows_of(
                publication, f"SELECT * EXCLUDE (recorded_at) FROM {table}"
            )
        for table in ("national_daily", "organisation"):
            state[f"published {table}"] = rows_of(publication, f"FROM {table}")
        state["published submission"] = rows_of(
            publication,
            "SELECT * EXCLUDE (settled_at) FROM submission WHERE status != 'duplicate'",
        )
    return state


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return sorted((dict(zip(names, row, strict=True)) for row in cursor.fetchall()), key=repr)
