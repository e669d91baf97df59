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
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
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

NEW_NAME = "Very long indeed"
"""A measure's heading that the feed does not know."""

_REACHED = re.compile(r"\breached\(\s*\"([^\"]+)\"\s*\)")
STEPS = [
    step
    for folder in ("pipelines", "warehouse")
    for path in sorted((PROJECT / folder).rglob("*.py"))
    for step in _REACHED.findall(path.read_text("utf-8"))
]
OF_COLLECT = [step for step in STEPS if step.startswith("collect:")]
OF_LANDING = [step for step in STEPS if step.startswith("landing:")]
OF_PUBLISH = [step for step in STEPS if step.startswith("publish:")]
OF_LOAD = [step for step in STEPS if step.startswith("load:")]
OF_ANSWER = [step for step in STEPS if step.startswith("answer:")]
OF_DRAIN = [step for step in STEPS if step.startswith("validate:")] + OF_LOAD + OF_ANSWER

RENAMES_OF_INGEST = range(1, 14)
"""The object, two manifests, two batches, two settled manifests, two answers of two files."""
RENAMES_OF_PUBLISH = range(1, 5)
"""The Parquet folder, the snapshot, the link, the description."""

Journey = Callable[[], int]
State = dict[str, Any]


@dataclass(frozen=True)
class Prepared:
    """Homes to copy, before and after the second workbook was ingested; all that is published."""

    before: Path
    ingested: Path
    published: State


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """One workbook loaded and published; a changed one ingested by a run that nobody killed.

    Made in this process, so that Great Expectations is imported once for all children.
    """
    folder = tmp_path_factory.mktemp("killed")
    before = folder / "before"
    write_workbook(folder / "first" / FILE_NAME)
    write_changed_workbook(folder / "second" / FILE_NAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(before))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        patch.setenv("SITREP_QUIET_SECONDS", "0")
        settings.cache_clear()
        assert _run(["ingest", str(folder / "first" / FILE_NAME)]) == 0
        assert _run(["publish"]) == 0
        # What follows is an hour later.
        patch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
        ingested = copy_home(before, "ingested")
        assert run(ingested, ingest) == 1, "the changed workbook has rows that are rejected"
        published = copy_home(ingested, "published")
        run(published, publish)
        yield Prepared(before, ingested, read_state(published))
    settings.cache_clear()


def write_changed_workbook(path: Path) -> None:
    """One revision, a negative count, a text, an unknown trust and measure, a wrong England."""
    stays = Sheet(
        LONG_STAY,
        ("> 7 days", "> 14 days", "> 21 days"),
        notes=("Figures of RF4 were corrected on 5 March",),
        extra_rows=(("ZZ9", "Nobody's Hospital"),),
        renamed={("> 21 days", DAYS[2]): NEW_NAME},
    )
    write_workbook(
        path,
        {
            (GA_BEDS, "RF4", "Total beds occ'd", DAYS[0]): 481,
            (GA_BEDS, "R1H", "Core Beds Open", DAYS[1]): -5,
            (LONG_STAY, "RF4", "> 21 days", DAYS[2]): 7,
            (AMBULANCE, "RQM", "Arriving by ambulance", DAYS[2]): "many",
            (AMBULANCE, "R1H", "Delay >60 mins", DAYS[0]): 4,
            (AMBULANCE, ENGLAND, "Delay >60 mins", DAYS[0]): 99,
        },
        sheets=[stays if sheet.name == LONG_STAY else sheet for sheet in SHEETS],
    )


def test_every_step_of_the_pipeline_has_places_to_be_killed_at() -> None:
    assert len(set(STEPS)) == len(STEPS)
    steps_of_all = {step.partition(":")[0] for step in STEPS}
    assert steps_of_all == {"collect", "landing", "validate", "load", "answer", "publish"}


@pytest.mark.parametrize("step", OF_LANDING + OF_DRAIN)
def test_a_killed_ingest_is_made_good_by_the_next_run(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"ingest {step}")
    kill(home, ingest, step)
    if step in OF_LANDING:
        run(home, ingest)
    run(home, drain)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("step", OF_PUBLISH)
def test_a_killed_publish_is_made_good_by_the_next_one(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.ingested, f"publish {step}")
    kill(home, publish, step)
    read_published(home)
    run(home, ingest)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("step", [*OF_COLLECT, *OF_LANDING])
def test_a_killed_collect_is_made_good_by_running_it_again(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"collect {step}")
    shutil.copy(second_workbook(home), home / "incoming" / FILE_NAME)
    kill(home, collect, step)
    for journey in (collect, drain, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)
    left = [path.relative_to(home) for path in (home / "incoming").rglob("*.xlsx")]
    assert left == [Path("incoming") / "collected" / FILE_NAME]


@pytest.mark.parametrize("step", OF_LOAD)
def test_a_killed_reprocess_is_made_good_by_the_next_run(step: str, prepared: Prepared) -> None:
    """What a reprocessing has staged is loaded once, whoever loads it."""
    clean = copy_home(prepared.ingested, f"reprocess {step} clean")
    assert run(clean, reprocess) == 1
    home = copy_home(prepared.ingested, f"reprocess {step}")
    kill(home, reprocess, step)
    run(home, drain)
    expected, state = read_warehouse(clean), read_warehouse(home)
    revised = [row["rows_revised"] for row in expected["submissions"] if row["attempt"] == 2]
    assert revised == [1], "under its new name the measure gives one trust another value"
    for part in ("history.acute_sitrep", "submissions", "issues", "quarantine"):
        assert state[part] == expected[part], part
    assert_one_answer_each(home, state)


def test_killed_at_each_step_in_turn_on_one_home(prepared: Prepared) -> None:
    home = copy_home(prepared.before, "in turn")
    for step in OF_LANDING + OF_COLLECT:
        shutil.copy(second_workbook(home), home / "incoming" / FILE_NAME)
        kill(home, collect, step)
    ends = []
    for step in OF_DRAIN:
        ends.append(finish(start(home, drain, step)))
    assert ends.count(-signal.SIGKILL) > len(OF_DRAIN) / 2
    for step in OF_PUBLISH:
        kill(home, publish, step)
    for journey in (ingest, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("number", RENAMES_OF_INGEST)
def test_an_ingest_killed_before_a_rename_is_made_good(number: int, prepared: Prepared) -> None:
    """A rename is what makes a file or a folder count, so it is the other place to be killed at."""
    home = copy_home(prepared.before, f"ingest rename {number}")
    kill_before_rename(home, ingest, number)
    run(home, ingest)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("number", RENAMES_OF_PUBLISH)
def test_a_publish_killed_before_a_rename_is_made_good(number: int, prepared: Prepared) -> None:
    home = copy_home(prepared.ingested, f"publish rename {number}")
    kill_before_rename(home, publish, number)
    read_published(home)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


def test_there_are_no_other_renames(prepared: Prepared) -> None:
    for base, journey, numbers in (
        (prepared.before, ingest, RENAMES_OF_INGEST),
        (prepared.ingested, publish, RENAMES_OF_PUBLISH),
    ):
        home = copy_home(base, f"no more renames {journey.__name__}")
        process = FORK.Process(target=_die_at_rename, args=(home, journey, len(numbers) + 1))
        process.start()
        assert finish(process) in (0, 1), f"extend the renames of {journey.__name__}"


def test_killed_while_a_loaded_batch_is_being_removed(prepared: Prepared) -> None:
    home = copy_home(prepared.before, "half removed")
    process = FORK.Process(target=_die_while_removing, args=(home,))
    process.start()
    assert finish(process) == -signal.SIGKILL
    run(home, ingest)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


def test_the_comparison_sees_a_row_that_is_lost(prepared: Prepared) -> None:
    home = copy_home(prepared.ingested, "lost")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("DELETE FROM history.acute_sitrep WHERE org_code = 'RQM'")
    run(home, publish)
    with pytest.raises(AssertionError):
        assert_same_as_clean(home, prepared.published)


# What a journey does, in a child of its own.


def second_workbook(home: Path) -> Path:
    return home.parent / "second" / FILE_NAME


def ingest() -> int:
    return _run(["ingest", os.environ["SITREP_TEST_WORKBOOK"]])


def drain() -> int:
    return _run(["drain"])


def publish() -> int:
    return _run(["publish"])


def reprocess() -> int:
    """Reads what came last again, after the feed has learnt the new name of a measure."""
    home = Path(os.environ["SITREP_HOME"])
    feeds = home / "feeds"
    shutil.copytree(settings().feeds_dir, feeds, dirs_exist_ok=True)
    feed = feeds / "acute_sitrep" / "winter_timeseries.yaml"
    feed.write_text(feed.read_text("utf-8").replace("Over 21 days", NEW_NAME), "utf-8")
    os.environ["SITREP_FEEDS_DIR"] = str(feeds)
    settings.cache_clear()
    feed_id = "acute_sitrep.winter_timeseries"
    return _run(["reprocess", "--feed", feed_id, "--since", "2019-03-08T12:30Z"])


def collect() -> int:
    steps.collect("incoming")
    return 0


def copy_home(home: Path, name: str) -> Path:
    target = home.parent / re.sub(r"\W+", "_", name)
    shutil.copytree(home, target, symlinks=True)
    (target / "incoming").mkdir(exist_ok=True)
    return target


def start(home: Path, journey: Journey, step: str | None = None) -> BaseProcess:
    process = FORK.Process(target=_child, args=(home, journey, step))
    process.start()
    return process


def finish(process: BaseProcess) -> int:
    """The exit code of the child, which ends within a minute."""
    process.join(LONGEST_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        pytest.fail(f"{process.name} hung for {LONGEST_SECONDS} seconds")
    return process.exitcode


def run(home: Path, journey: Journey) -> int:
    """The exit code of the journey, which nobody kills: 0 or 1."""
    code = finish(start(home, journey))
    assert code in (0, 1), f"{journey.__name__} ended with {code}"
    return code


def kill(home: Path, journey: Journey, step: str) -> None:
    """The journey was killed when it reached the step."""
    code = finish(start(home, journey, step))
    assert code == -signal.SIGKILL, f"{journey.__name__} reached no '{step}': it ended with {code}"


def kill_before_rename(home: Path, journey: Journey, number: int) -> None:
    """The journey was killed before that rename, counted from 1."""
    process = FORK.Process(target=_die_at_rename, args=(home, journey, number))
    process.start()
    assert finish(process) == -signal.SIGKILL, f"{journey.__name__} makes fewer renames"


def _child(home: Path, journey: Journey, step: str | None) -> None:
    _move_to(home)
    if step is not None:
        os.environ["SITREP_KILL_AT"] = step
    sys.exit(journey())


def _move_to(home: Path) -> None:
    os.environ["SITREP_TEST_WORKBOOK"] = str(second_workbook(home))
    os.environ["SITREP_HOME"] = str(home)
    settings.cache_clear()


def _die_at_rename(home: Path, journey: Journey, number: int) -> None:
    _move_to(home)
    rename, calls = os.replace, [0]

    def die_at(source: Any, target: Any, **options: Any) -> None:
        calls[0] += 1
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target, **options)

    os.replace = die_at  # type: ignore[assignment]
    sys.exit(journey())


def _die_while_removing(home: Path) -> None:
    _move_to(home)

    def remove_a_part(folder: Any, **options: Any) -> None:
        for path in sorted(Path(folder).iterdir())[:2]:
            path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    shutil.rmtree = remove_a_part  # type: ignore[assignment]
    sys.exit(ingest())


# What is compared.


def assert_same_as_clean(home: Path, clean: State) -> None:
    state = read_state(home)
    for part, expected in clean.items():
        if part not in ("answers", "duplicates"):
            assert state[part] == expected, f"{home.name}: {part}"
    assert_one_answer_each(home, state)
    assert_nothing_is_left_over(home)


def assert_one_answer_each(home: Path, state: State) -> None:
    submissions = [(row["submission_id"], row["attempt"]) for row in state["submissions"]]
    submissions += [(row["submission_id"], 1) for row in state["duplicates"]]
    answered = [(row["submission_id"], row["attempt"]) for row in state["answers"]]
    assert len(answered) == len(set(answered)), "a submission was answered twice"
    assert set(submissions) <= set(answered), "a submission has no answer"
    for submission_id, _ in answered:
        feed, _, name = submission_id.partition("@")
        answer = json.loads((home / "answers" / feed / f"{name}.json").read_text("utf-8"))
        assert answer["submission_id"] == submission_id
        assert (home / "answers" / feed / f"{name}.md").stat().st_size


def assert_nothing_is_left_over(home: Path) -> None:
    assert Landing(home).waiting() == []
    assert not list((home / "staging").glob("*/*"))
    publications = home / "publications"
    names = {path.stem for path in publications.glob("uec-*.duckdb")}
    made = {f"{name}.duckdb" for name in names} | names | {"current.duckdb", "current.json"}
    assert {path.name for path in publications.iterdir()} == made
    described = json.loads((publications / "current.json").read_text("utf-8"))
    assert (publications / "current.duckdb").resolve().name == described["file"]


def read_state(home: Path) -> State:
    """All that a home holds and that does not depend on when and how often it was run."""
    return {**read_warehouse(home), **read_published(home)}


def read_warehouse(home: Path) -> State:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        history = {
            f"history.{table}": rows_of(
                warehouse,
                "SELECT * EXCLUDE (received_at, recorded_at, superseded_at), "
                f"superseded_at IS NULL AS is_held FROM history.{table}",
            )
            for table in ("acute_sitrep", "ambulance_handover", "published_total")
        }
        ledger = {
            name: rows_of(warehouse, sql)
            for name, sql in {
                "issues": "FROM ops.issue",
                "quarantine": "FROM ops.quarantine",
                "mart": "FROM mart.national_daily",
                "answers": "SELECT submission_id, attempt FROM ops.answer",
                "submissions": "SELECT * EXCLUDE (delivery_id, batch_id, settled_at, source) "
                "FROM ops.submission WHERE status != 'duplicate'",
                "duplicates": "SELECT submission_id FROM ops.submission WHERE status = 'duplicate'",
            }.items()
        }
    return {**history, **ledger}


def read_published(home: Path) -> State:
    current = (home / "publications" / "current.duckdb").resolve()
    with duckdb.connect(str(current), read_only=True) as publication:
        return {
            f"published {table}": rows_of(publication, f"SELECT {columns} FROM {table}")
            for table, columns in {
                "acute_sitrep": "* EXCLUDE (recorded_at)",
                "ambulance_handover": "* EXCLUDE (recorded_at)",
                "national_daily": "*",
                "organisation": "*",
                "feed_status": "feed_id, stage, data_as_of, rows_accepted, rows_quarantined",
            }.items()
        }


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return sorted((dict(zip(names, row, strict=True)) for row in cursor.fetchall()), key=repr)
