"""A change of stage moves the values of its day and later ones, once, whatever happens."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.clock import parse_instant
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from pipelines.queue import waiting_in_parts
from pipelines.registry.registry import load_registry
from pipelines.registry.stage_journal import StageJournal
from pipelines.settle import Faults, settle
from tests.support.children import FORK, KILLED, copy_home, end_at, steps_of
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import ask_ledger, ask_publication
from tests.support.simulated import change_feed
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots
from tests.support.warehouse import warehouse_file
from tests.support.whole_home import whole_warehouse
from warehouse.publish.as_of import open_as_of

pytestmark = pytest.mark.usefixtures("engine")

OTHER = "acute_realtime.r0a_boards"
AT_TWO = "2019-03-08T14:00:00Z"
DEMOTE = ("feeds", "demote", FEED, "--reason", "It counts twice", "--by", "an engineer")
HELD = (
    "SELECT stage, feed_id, sum(arrivals)::INT AS arrivals FROM history.acute_realtime "
    "WHERE superseded_at IS NULL GROUP BY ALL ORDER BY ALL"
)
ENGLAND = "SELECT sum(value)::INT AS n FROM mart.national_slot WHERE measure = 'arrivals'"


@pytest.fixture
def feeds(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's feeds, of which one trust's is live; it is two o'clock on 8 March 2019."""
    folder = Path(shutil.copytree(PROJECT / "pipelines" / "feeds", tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder))
    monkeypatch.setenv("SITREP_NOW", AT_TWO)
    change_feed(folder, FEED, stage="live", slots_from=None)
    settings.cache_clear()
    return folder


def send(path: Path, arrivals: int, *feed_ids: str) -> None:
    """Two sites give that number in each of two slots."""
    changes = {(site, slot): {"arrivals": arrivals} for site in SITES for slot in SLOTS}
    steps.land_files([write_slots(path, changes)], feed_ids)
    steps.drain()


def held(home: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ask_ledger(home, HELD)]


def england(home: Path) -> int | None:
    ((value,),) = [tuple(row.values()) for row in ask_ledger(home, ENGLAND)]
    return None if value is None else int(value)


@pytest.mark.long_on_lake
def test_a_demotion_takes_the_values_of_its_day_out_and_nothing_is_lost(
    home: Path, feeds: Path, tmp_path: Path
) -> None:
    send(tmp_path / FIRST_FILE, 8)
    assert _run(["publish"]) == 0
    assert (held(home), england(home)) == ([("live", FEED, 32)], 32)
    before = parse_instant("2019-03-08T14:00:01Z")
    assert _run(list(DEMOTE)) == 0
    assert (held(home), england(home)) == ([("testing", FEED, 32)], None)
    assert _run(["publish"]) == 0, "nothing has shrunk"
    assert ask_publication(home, "SELECT count(*) AS n FROM acute_realtime") == [{"n": 0}]
    assert ask_publication(home, "SELECT count(*) AS n FROM testing.acute_realtime") == [{"n": 4}]
    revised = ask_publication(home, "SELECT sum(arrivals)::INT AS n FROM revisions.acute_realtime")
    assert revised == [{"n": 32}]
    (change,) = [one for one in StageJournal(home).read() if one.by == "an engineer"]
    for moment, arrivals in ((change.at, None), (before.replace(second=0), 32)):
        with open_as_of(home, load_registry(), moment) as reader:
            told = reader.execute("SELECT sum(arrivals) FROM acute_realtime").fetchall()
            assert told == [(arrivals,)], moment


@pytest.mark.long_on_lake
def test_a_promotion_brings_the_values_from_its_first_day_on(
    home: Path, feeds: Path, tmp_path: Path, engine: str
) -> None:
    change_feed(feeds, FEED, stage="testing")
    send(tmp_path / FIRST_FILE, 8)
    forced = ["feeds", "promote", FEED, "--force", "--reason", "Winter"]
    assert _run([*forced, "--slots-from", "2019-03-08"]) == 0
    assert (held(home), england(home)) == ([("live", FEED, 32)], 32)


@pytest.mark.long_on_lake
def test_values_of_days_before_stay_apart(
    home: Path, feeds: Path, tmp_path: Path, engine: str
) -> None:
    change_feed(feeds, FEED, stage="testing")
    send(tmp_path / FIRST_FILE, 8)
    forced = ["feeds", "promote", FEED, "--force", "--reason", "Winter"]
    assert _run([*forced, "--slots-from", "2019-03-09"]) == 0
    assert (held(home), england(home)) == ([("testing", FEED, 32)], None)


@pytest.mark.long_on_lake
def test_what_another_live_feed_had_given_stands_again(
    home: Path, feeds: Path, tmp_path: Path, engine: str
) -> None:
    folder = feeds / "acute_realtime"
    shutil.copy(folder / "r0a.yaml", folder / "r0a_boards.yaml")
    change_feed(feeds, OTHER, stage="live")
    send(tmp_path / FIRST_FILE, 8, OTHER)
    send(tmp_path / SECOND_FILE, 9, FEED)
    assert (held(home), england(home)) == ([("live", FEED, 36)], 36)
    assert _run(list(DEMOTE)) == 0
    assert held(home) == [("live", OTHER, 32), ("testing", FEED, 36)]
    assert england(home) == 32


@pytest.mark.long_on_lake
def test_a_value_that_was_read_before_the_demotion_is_loaded_after_it_as_testing(
    home: Path, feeds: Path, tmp_path: Path, engine: str
) -> None:
    send(tmp_path / FIRST_FILE, 8)
    registry, landing = load_registry(), Landing(home)
    changes = {(site, slot): {"arrivals": 9} for site in SITES for slot in SLOTS}
    steps.land_files([write_slots(tmp_path / SECOND_FILE, changes)])
    assert _run(list(DEMOTE)) == 0
    faults: Faults = {}
    (waiting,) = waiting_in_parts(landing, registry, ["acute_realtime"])
    assert registry.feed(FEED).stage == "live"
    assert settle(landing, registry, waiting, faults) == 1
    assert not faults
    assert held(home) == [("testing", FEED, 36)]


@pytest.mark.long
def test_a_file_that_is_edited_afterwards_counts_and_is_recorded(
    home: Path, feeds: Path, tmp_path: Path, engine: str
) -> None:
    assert _run(list(DEMOTE)) == 0
    change_feed(feeds, FEED, stage="suspended")
    assert load_registry().feed(FEED).stage == "suspended"
    assert _run(["publish"]) == 0
    change_feed(feeds, FEED, stage="live")
    assert load_registry().feed(FEED).stage == "live", "and not what was recorded before"
    assert _run(["publish"]) == 0
    told = [
        (one.from_stage, one.to_stage, one.by)
        for one in StageJournal(home).read()
        if one.feed_id == FEED
    ]
    assert told == [
        (None, "live", "feed file"),
        ("live", "testing", "an engineer"),
        ("testing", "suspended", "feed file"),
        ("suspended", "live", "feed file"),
    ]


@pytest.mark.long
def test_a_feed_whose_file_was_taken_away_is_recorded_and_one_that_is_broken_is_not(
    home: Path, feeds: Path, engine: str
) -> None:
    assert _run(["publish"]) == 0
    before = len(StageJournal(home).read())
    (feeds / "acute_realtime" / "r0a.yaml").unlink()
    broken = feeds / "acute_realtime" / "r1h.yaml"
    broken.write_text("stage: nowhere\n", "utf-8")
    _run(["publish"])
    told = [(one.feed_id, one.to_stage) for one in StageJournal(home).read()[before:]]
    assert told == [(FEED, "retired")]


def demote() -> int:
    return _run(list(DEMOTE))


@pytest.fixture
def sent(home: Path, feeds: Path, tmp_path: Path) -> Iterator[Path]:
    """A home with values of a live feed, published."""
    send(tmp_path / FIRST_FILE, 8)
    assert _run(["publish"]) == 0
    yield home


@pytest.mark.long_on_lake
@pytest.mark.parametrize("step", others_are_long(steps_of("stages"), "stages: committed"))
def test_killed_at_any_step_the_next_run_ends_as_a_clean_one(
    sent: Path, monkeypatch: pytest.MonkeyPatch, engine: str, step: str
) -> None:
    clean = copy_home(sent, "clean")
    for home in (clean, sent):
        monkeypatch.setenv("SITREP_HOME", str(home))
        settings.cache_clear()
        if home == sent:
            assert end_at(sent, demote, step) == KILLED
            assert load_registry().feed(FEED).stage == "testing"
            assert _run(list(DEMOTE)) == 2, "it is testing already"
        else:
            assert demote() == 0
        assert _run(["publish"]) == 0
    tables = ("history.acute_realtime", "ops.stage_change", "mart.national_slot")
    states = [whole_warehouse(home) for home in (clean, sent)]
    for table in tables:
        assert states[0][table] == states[1][table], table


@pytest.mark.long_on_lake
def test_of_two_at_once_one_is_refused_and_one_change_is_recorded(sent: Path, engine: str) -> None:
    queue = FORK.SimpleQueue()
    children = [FORK.Process(target=lambda: queue.put(demote())) for _ in range(2)]
    for child in children:
        child.start()
    codes = sorted(queue.get() for _ in children)
    for child in children:
        child.join()
    assert codes == [0, 2]
    changes = "SELECT count(*) AS n FROM ops.stage_change WHERE from_stage = 'live'"
    assert ask_ledger(sent, changes) == [{"n": 1}]
    assert held(sent) == [("testing", FEED, 32)]


@pytest.mark.long_on_lake
def test_a_lost_warehouse_is_made_again_with_every_move(
    sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    if engine != "duckdb":
        pytest.skip("a lake is made again in an empty one")
    assert demote() == 0
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T15:00:00Z")
    send(tmp_path / SECOND_FILE, 9)
    forced = ["feeds", "promote", FEED, "--force", "--reason", "Mended"]
    assert _run(forced) == 0
    assert _run(["feeds", "suspend", FEED, "--reason", "It stops"]) == 0
    before = whole_warehouse(sent)
    assert (held(sent), england(sent)) == ([("live", FEED, 36)], 36)
    warehouse_file(sent).unlink()
    assert _run(["rebuild"]) == 0
    after = whole_warehouse(sent)
    for table in before.keys() - {"ops.watch", "ops.publication", "ops.slot"}:
        assert after[table] == before[table], table


@pytest.mark.long
def test_a_lost_journal_is_written_again_from_the_warehouse(sent: Path, engine: str) -> None:
    assert demote() == 0
    journal = StageJournal(sent)
    before = journal.read()
    journal.path.unlink()
    assert load_registry().feed(FEED).stage == "live", "the file says so"
    assert _run(["publish"]) == 0
    assert journal.read() == before
    assert load_registry().feed(FEED).stage == "testing"
    status = ask_publication(sent, "SELECT stage FROM feed_status WHERE feed_id = ?", FEED)
    assert status == [{"stage": "testing"}], "already in the publication that found it"
    lines = journal.path.read_bytes().splitlines()
    journal.path.write_bytes(b"\n".join([*lines[:5], b"damaged", *lines[6:], b""]))
    assert _run(["publish"]) == 0
    assert journal.read() == before
