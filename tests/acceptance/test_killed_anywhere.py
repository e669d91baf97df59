"""Promise 3: killed for real at any step, then run again, the home is as after one clean run.

The command line brings on all collections together, the DAGs one in each process: both are killed
everywhere.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.base.state import folder_state
from pipelines.cli.app import _run
from pipelines.landing.crash_guard import LIMIT
from pipelines.landing.landing import Landing
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from tests.support import small_slots
from tests.support.children import (
    KILLED,
    OF_DRAIN,
    OF_LANDING,
    OF_PUBLISH,
    ONE_WAY,
    STEPS,
    WAYS,
    bring_in,
    copy_home,
    die,
    drain,
    end_at,
    end_of,
    few,
    kill,
    killed_before_each_rename,
    publish,
    run,
    steps_of,
)
from tests.support.compared_homes import (
    State,
    assert_ledger_is_sound,
    assert_same_as_clean,
    read_published,
    read_state,
    read_warehouse,
)
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import ask_ledger, submissions
from tests.support.small_slots import write_slots
from tests.support.small_workbook import (
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
from tests.support.warehouse import tamper_with

PROJECT = Path(__file__).resolve().parents[2]
NEW_NAME = "Very long indeed"
"""A measure's heading that the feed does not know."""


@dataclass(frozen=True)
class Prepared:
    """Homes to copy: before the second files came, as they had landed, as they were ingested.

    And all that is published by a run that nobody killed.
    """

    before: Path
    landed: Path
    ingested: Path
    published: State


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """A workbook and a file of slots loaded and published; changed ones ingested without a kill.

    Made in this process, so that Great Expectations is imported once for all children.
    """
    folder = tmp_path_factory.mktemp("killed")
    before = folder / "before"
    first = [
        write_workbook(folder / "first" / FILE_NAME),
        write_slots(folder / "first" / small_slots.FIRST_FILE),
    ]
    write_changed_workbook(folder / "second" / FILE_NAME)
    write_changed_slots(folder / "second" / small_slots.SECOND_FILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(before))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        patch.setenv("SITREP_QUIET_SECONDS", "0")
        settings.cache_clear()
        assert _run(["ingest", *map(str, first)]) == 0
        assert _run(["publish"]) == 0
        # What follows is an hour later.
        patch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
        landed = copy_home(before, "landed")
        run(landed, land)
        ingested = copy_home(before, "ingested")
        assert run(ingested, ingest) == 1, "the changed workbook has rows that are rejected"
        published = copy_home(ingested, "published")
        run(published, publish)
        yield Prepared(before, landed, ingested, read_state(published))
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


def write_changed_slots(path: Path) -> None:
    """One revision, one slot more, nothing to remark: its answer stands in the day's file only."""
    site, last = small_slots.SITES[0], small_slots.SLOTS[1]
    write_slots(path, {(site, last): {"arrivals": 9}}, slots=(last, "2019-03-08T11:45:00Z"))


def test_every_step_of_the_pipeline_has_places_to_be_killed_at() -> None:
    assert {step.partition(":")[0] for step in STEPS} == {
        "collect", "landing", "validate", "load", "answer", "publish",
        "give back",
        "backup", "restore", "rebuild", "retain", "stages", "pack",  # in tests of their own
        "bucket", "share",  # of state that machines share, in tests of their own
    }  # fmt: skip


def test_the_clean_run_has_something_of_everything(prepared: Prepared) -> None:
    """What is compared would be equal too if nothing were loaded."""
    state = prepared.published
    for part in (
        *("history.acute_realtime", "history.acute_sitrep", "history.ambulance_handover"),
        *("history.published_total", "mart.national_daily", "mart.national_slot"),
        *("ops.issue", "ops.quarantine", "ops.submission", "ops.submission_slot", "ops.feed_day"),
        *("published acute_realtime", "published national_slot", "published feed_status"),
    ):
        assert state[part], part
    for collection in ("acute_realtime", "acute_sitrep", "ambulance_handover"):
        held = [row["is_held"] for row in state[f"history.{collection}"]]
        assert held.count(False) == 1, "the second file revises one row of each collection"


# Killed at a step


@pytest.mark.long
@pytest.mark.parametrize(
    "step", others_are_long(OF_LANDING + OF_DRAIN, "landing: object written", "load: committed")
)
def test_a_killed_ingest_is_made_good_by_the_next_run(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"ingest {step}")
    kill(home, ingest, step)
    if step in OF_LANDING:
        run(home, ingest)
    run(home, drain)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.long
@pytest.mark.parametrize("mend", WAYS)
@pytest.mark.parametrize("step", few(OF_DRAIN))
def test_a_killed_task_is_made_good_by_either_way(step: str, mend: str, prepared: Prepared) -> None:
    home = copy_home(prepared.landed, f"task {step} {mend}")
    kill(home, bring_in, step)
    run(home, WAYS[mend])
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.long
@pytest.mark.parametrize("step", few(OF_PUBLISH))
def test_a_killed_publish_is_made_good_by_the_next_one(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.ingested, f"publish {step}")
    kill(home, publish, step)
    read_published(home)
    run(home, ingest)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize(
    "step",
    others_are_long([*steps_of("collect"), *OF_LANDING], "collect: landed"),
)
def test_a_killed_collect_is_made_good_by_running_it_again(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"collect {step}")
    put_second_files(home)
    kill(home, collect, step)
    for journey in (collect, drain, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)
    left = sorted(
        str(path.relative_to(home / "incoming"))
        for path in (home / "incoming").rglob("*")
        if path.is_file()
    )
    assert left == [
        f"acute_realtime/collected/{small_slots.SECOND_FILE}",
        f"collected/{FILE_NAME}",
    ]


@pytest.mark.long
@pytest.mark.parametrize("step", few(OF_DRAIN))
def test_a_killed_reprocess_is_made_good_by_the_next_run(step: str, prepared: Prepared) -> None:
    """What was loaded before the kill is only read once more: nothing is revised twice."""
    clean = copy_home(prepared.ingested, f"reprocess {step} clean")
    assert run(clean, reprocess) == 1
    home = copy_home(prepared.ingested, f"reprocess {step}")
    kill(home, reprocess, step)
    run(home, reprocess)
    expected, state = read_warehouse(clean), read_warehouse(home)
    revised = [row["rows_revised"] for row in expected["ops.submission"] if row["attempt"] == 2]
    assert revised == [1], "under its new name the measure gives one trust another value"
    for part, rows in expected.items():
        if part in ("ops.submission", "ops.issue", "ops.quarantine"):
            continue
        assert state[part] == rows, part
    assert lines_of_last_attempt(state) == lines_of_last_attempt(expected)
    assert_ledger_is_sound(home)


def lines_of_last_attempt(state: State) -> list[dict[str, Any]]:
    """The issues of each submission as it was read last."""
    last = {row["submission_id"]: row["attempt"] for row in state["ops.submission"]}
    return [
        {name: value for name, value in row.items() if name != "attempt"}
        for row in state["ops.issue"]
        if row["attempt"] == last[row["submission_id"]]
    ]


@pytest.mark.parametrize("way", ONE_WAY)
def test_killed_at_each_step_in_turn_on_one_home(way: str, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"in turn {way}")
    for step in [*OF_LANDING, *steps_of("collect")]:
        put_second_files(home)
        kill(home, collect, step)
    run(home, collect)
    # Once it is settled nothing is left to be killed at.
    marks = sorted(OF_DRAIN, key=lambda mark: mark == "load: settled")
    ends = [end_at(home, WAYS[way], step) for step in marks]
    assert ends.count(KILLED) > len(marks) / 2
    # After a death at one of the others the next one is no copy of the one before.
    for step in sorted(OF_PUBLISH, key=lambda mark: mark != "publish: copied"):
        kill(home, publish, step)
    for journey in (ingest, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)


# Killed before a rename, within a write, while reading


@pytest.mark.long
def test_an_ingest_killed_before_any_rename_is_made_good(prepared: Prepared) -> None:
    """A rename is what makes a file or a folder count, so it is the other place to be killed at."""
    killed = 0
    for home in killed_before_each_rename(prepared.before, ingest):
        killed += 1
        run(home, ingest)
        run(home, publish)
        assert_same_as_clean(home, prepared.published)
    # Three objects, their manifests, those manifests settled, two answers of two files.
    assert killed >= 3 + 1 + 1 + 4


@pytest.mark.long
@pytest.mark.parametrize("mend", WAYS)
def test_a_task_killed_before_any_rename_is_made_good(mend: str, prepared: Prepared) -> None:
    killed = 0
    for home in killed_before_each_rename(prepared.landed, bring_in, mend):
        killed += 1
        run(home, WAYS[mend])
        run(home, publish)
        assert_same_as_clean(home, prepared.published)
    # Manifests settled for each collection, two answers of two files.
    assert killed >= 1 + 4


@pytest.mark.long
def test_a_publish_killed_before_any_rename_is_made_good(prepared: Prepared) -> None:
    killed = 0
    for home in killed_before_each_rename(prepared.ingested, publish):
        killed += 1
        read_published(home)
        run(home, publish)
        assert_same_as_clean(home, prepared.published)
    # The Parquet folder, the snapshot, the link, the description.
    assert killed >= 4


@pytest.mark.parametrize("written", others_are_long([0, 0.5, 1], 0.5))
def test_killed_while_answers_are_appended(written: float, prepared: Prepared) -> None:
    """A line that is half there is followed by the whole one."""
    home = copy_home(prepared.before, f"appended {written}")
    assert end_of(home, ingest, lambda: die_while_appending(written)) == KILLED
    run(home, drain)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("way", ONE_WAY)
def test_a_workbook_that_kills_its_reader_is_refused_and_all_else_is_loaded(
    way: str, prepared: Prepared
) -> None:
    home = copy_home(prepared.landed, f"deadly {way}")
    # Two feeds expect the workbook, and each is given its chances.
    ends = [end_of(home, WAYS[way], die_while_reading) for _ in range(2 * LIMIT + 1)]
    assert ends[:-1] == [KILLED] * (2 * LIMIT)
    assert ends[-1] in (0, 1), "nobody reads it any more"
    run(home, drain)
    found = submissions(home)
    assert found["acute_sitrep.winter_timeseries"]["status"] == "rejected"
    assert found["ambulance_handover.winter_timeseries"]["status"] == "rejected"
    assert found[small_slots.FEED]["status"] == "accepted"
    codes = ask_ledger(home, "SELECT code FROM ops.issue WHERE code = 'FILE-011'")
    assert len(codes) == 2
    assert_ledger_is_sound(home)
    assert Landing(home).waiting() == []


def test_the_comparison_sees_a_row_that_is_lost(prepared: Prepared) -> None:
    home = copy_home(prepared.ingested, "lost")
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM history.acute_sitrep WHERE org_code = 'RQM'")
    run(home, publish)
    with pytest.raises(AssertionError):
        assert_same_as_clean(home, prepared.published)


# What a journey does, in a child of its own.


def second_files(home: Path) -> list[Path]:
    return sorted((home.parent / "second").iterdir())


def put_second_files(home: Path) -> None:
    """The second files stand in the folders that they are collected from."""
    (home / small_slots.ENDPOINT).mkdir(parents=True, exist_ok=True)
    slots, workbook = second_files(home)
    shutil.copy(workbook, home / "incoming")
    shutil.copy(slots, home / small_slots.ENDPOINT)


def ingest() -> int:
    return _run(["ingest", *map(str, second_files(settings().root))])


def land() -> int:
    steps.land_files(second_files(settings().root))
    return 0


def reprocess() -> int:
    """Reads what came last again, after the feed has learnt the new name of a measure."""
    feeds = settings().root / "feeds"
    shutil.copytree(settings().feeds_dir, feeds, dirs_exist_ok=True)
    feed = feeds / "acute_sitrep" / "winter_timeseries.yaml"
    feed.write_text(feed.read_text("utf-8").replace("Over 21 days", NEW_NAME), "utf-8")
    os.environ["SITREP_FEEDS_DIR"] = str(feeds)
    settings.cache_clear()
    feed_id = "acute_sitrep.winter_timeseries"
    return _run(["reprocess", "--feed", feed_id, "--since", "2019-03-08T12:30Z"])


def collect() -> int:
    for endpoint in ("incoming", small_slots.ENDPOINT):
        steps.collect(endpoint)
    return 0


def die_while_appending(share: float) -> None:
    """Only so much of the first day's file is written."""

    def append_a_part(contents: dict[Path, bytes]) -> None:
        path, content = next(iter(contents.items()))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as stream:
            stream.write((content + b"\n")[: int(len(content) * share) + int(share)])
        die()

    pytest.MonkeyPatch().setattr(folder_state, "append_all_durably", append_a_part)


def die_while_reading() -> None:
    """The reader dies at the workbook."""
    really = WinterTimeseries.read

    def die_at_workbook(form: WinterTimeseries, content: bytes, name: str, *others: Any) -> Any:
        if name == FILE_NAME:
            die()
        return really(form, content, name, *others)

    pytest.MonkeyPatch().setattr(WinterTimeseries, "read", die_at_workbook)
