"""Promise 3: killed for real at any step, then run again, the home is as after one clean run.

The command line brings on all collections together, the DAGs one in each process: both are killed
everywhere.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.answer import answer
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from pipelines.parse.crash_guard import LIMIT
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from tests.support import small_slots
from tests.support.children import (
    KILLED,
    OF_DRAIN,
    OF_LANDING,
    OF_PUBLISH,
    STEPS,
    WAYS,
    bring_in,
    copy_home,
    die,
    drain,
    end_at,
    end_of,
    kill,
    killed_before_each_rename,
    publish,
    run,
    steps_of,
)
from tests.support.ledger_questions import (
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
    submissions,
)
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
from tests.support.warehouse import look_into, tamper_with

PROJECT = Path(__file__).resolve().parents[2]
NEW_NAME = "Very long indeed"
"""A measure's heading that the feed does not know."""

State = dict[str, Any]


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
        "collect", "landing", "validate", "load", "answer", "publish"
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


@pytest.mark.parametrize("step", OF_LANDING + OF_DRAIN)
def test_a_killed_ingest_is_made_good_by_the_next_run(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"ingest {step}")
    kill(home, ingest, step)
    if step in OF_LANDING:
        run(home, ingest)
    run(home, drain)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("mend", WAYS)
@pytest.mark.parametrize("step", OF_DRAIN)
def test_a_killed_task_is_made_good_by_either_way(step: str, mend: str, prepared: Prepared) -> None:
    home = copy_home(prepared.landed, f"task {step} {mend}")
    kill(home, bring_in, step)
    run(home, WAYS[mend])
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


@pytest.mark.parametrize("step", [*steps_of("collect"), *OF_LANDING])
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


@pytest.mark.parametrize("step", OF_DRAIN)
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


@pytest.mark.parametrize("way", WAYS)
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
    for step in OF_PUBLISH:
        kill(home, publish, step)
    for journey in (ingest, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)


# Killed before a rename, within a write, while reading


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


def test_a_publish_killed_before_any_rename_is_made_good(prepared: Prepared) -> None:
    killed = 0
    for home in killed_before_each_rename(prepared.ingested, publish):
        killed += 1
        read_published(home)
        run(home, publish)
        assert_same_as_clean(home, prepared.published)
    # The Parquet folder, the snapshot, the link, the description.
    assert killed >= 4


@pytest.mark.parametrize("written", [0, 0.5, 1])
def test_killed_while_answers_are_appended(written: float, prepared: Prepared) -> None:
    """A line that is half there is followed by the whole one."""
    home = copy_home(prepared.before, f"appended {written}")
    assert end_of(home, ingest, lambda: die_while_appending(written)) == KILLED
    run(home, drain)
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.parametrize("way", WAYS)
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

    pytest.MonkeyPatch().setattr(answer, "append_all_durably", append_a_part)


def die_while_reading() -> None:
    """The reader dies at the workbook."""
    really = WinterTimeseries.read

    def die_at_workbook(form: WinterTimeseries, content: bytes, name: str, *others: Any) -> Any:
        if name == FILE_NAME:
            die()
        return really(form, content, name, *others)

    pytest.MonkeyPatch().setattr(WinterTimeseries, "read", die_at_workbook)


# What is compared.


def assert_same_as_clean(home: Path, clean: State) -> None:
    state = read_state(home)
    assert set(state) == set(clean)
    for part, expected in clean.items():
        assert state[part] == expected, f"{home.name}: {part}"
    assert_ledger_is_sound(home)
    assert_nothing_is_left_over(home)


def assert_ledger_is_sound(home: Path) -> None:
    """Each submission stands there once, is answered once, and is counted once."""
    assert_answered_once(home, after_a_crash=True)
    assert_rows_add_up(home)
    (loaded,) = ask_ledger(home, "SELECT sum(submissions)::INT AS n FROM ops.load")
    (settled,) = ask_ledger(home, "SELECT sum(attempt)::INT AS n FROM ops.submission")
    assert loaded == settled
    counted = ask_ledger(
        home,
        "SELECT feed_id, day, submissions, rejected, duplicates, rows_accepted FROM ops.feed_day",
    )
    expected = ask_ledger(
        home,
        "SELECT feed_id, received_at::DATE AS day, count(*) AS submissions, "
        "count_if(status = 'rejected') AS rejected, count_if(status = 'duplicate') AS duplicates, "
        "sum(rows_accepted)::BIGINT AS rows_accepted FROM ops.submission GROUP BY ALL",
    )
    assert sorted(map(repr, counted)) == sorted(map(repr, expected))


def assert_nothing_is_left_over(home: Path) -> None:
    assert Landing(home).waiting() == []
    assert not list((home / "reading").glob("*/*"))
    publications = home / "publications"
    names = {path.stem for path in publications.glob("uec-*.duckdb")}
    made = {f"{name}.duckdb" for name in names} | names | {"current.duckdb", "current.json"}
    assert {path.name for path in publications.iterdir()} == made
    described = json.loads((publications / "current.json").read_text("utf-8"))
    assert (publications / "current.duckdb").resolve().name == described["file"]


def read_state(home: Path) -> State:
    """All that a home holds and that does not depend on when and how often it was run."""
    return {**read_warehouse(home), **read_published(home)}


WHEN_IT_RAN = {"recorded_at", "superseded_at", "settled_at", "batch_id", "delivery_id", "source"}
HOW_OFTEN_IT_RAN = {
    "feed_day": {"submissions", "duplicates", "last_status"},
    "feed_status": {"submissions", "duplicates", "last_status"},
}
"""A file that is sent again after a kill may be a duplicate."""
OF_EACH_RUN = {"answer", "answer_due", "load", "migration", "publication", "reference"}


def read_warehouse(home: Path) -> State:
    """The tables of the ledger, the histories and the marts."""
    with look_into(home) as connection:
        return _read_tables(connection, ("ops", "history", "mart"), "{schema}.{table}")


def read_published(home: Path) -> State:
    """The tables of the publication."""
    current = (home / "publications" / "current.duckdb").resolve()
    with duckdb.connect(str(current), read_only=True) as connection:
        return _read_tables(connection, ("main", "testing"), "published {table}")


def _read_tables(
    connection: duckdb.DuckDBPyConnection, schemas: tuple[str, ...], label: str
) -> State:
    """Each table without what differs from run to run, and without duplicates."""
    state: State = {}
    for schema, table in connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
    ).fetchall():
        if schema not in schemas or table in OF_EACH_RUN:
            continue
        rows = rows_of(connection, f"FROM {schema}.{table}")
        left_out = WHEN_IT_RAN | HOW_OFTEN_IT_RAN.get(table, set())
        name = label.format(schema=schema, table=table if schema != "testing" else f"t.{table}")
        state[name] = sorted(
            (
                {column: value for column, value in row.items() if column not in left_out}
                | ({"is_held": row["superseded_at"] is None} if schema == "history" else {})
                for row in rows
                if table != "submission" or row["status"] != "duplicate"
            ),
            key=repr,
        )
    return state


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
