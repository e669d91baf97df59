"""What the table of stages in the docs says of a feed's values is what happens."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import ask_publication
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots

ARRIVALS = "SELECT list(arrivals ORDER BY slot_start, site_code) AS n FROM {}acute_realtime"
ENGLAND = "SELECT count(*) AS n FROM national_slot WHERE measure = 'arrivals'"


@pytest.fixture
def set_stage(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Gives the feed another stage, at that time."""
    feeds = shutil.copytree(PROJECT / "pipelines" / "feeds", tmp_path / "feeds")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    path = feeds / "acute_realtime" / "r0a.yaml"

    def set_it(stage: str, moment: str) -> None:
        text = re.sub("^(stage|slots_from): .*\n", "", path.read_text("utf-8"), flags=re.M)
        path.write_text(f"stage: {stage}\n{text}", "utf-8")
        monkeypatch.setenv("SITREP_NOW", moment)
        settings.cache_clear()

    return set_it


def send(path: Path, arrivals: int, slot: int) -> None:
    """A row for each of two sites in one slot."""
    changes = {(site, SLOTS[slot]): {"arrivals": arrivals} for site in SITES}
    steps.land_files([write_slots(path, changes, SLOTS[slot : slot + 1])])
    steps.drain()


def published(home: Path) -> tuple[list[int] | None, list[int] | None]:
    """The arrivals in the national table and in that of testing, after a publication."""
    assert _run(["publish"]) == 0
    live, testing = (ask_publication(home, ARRIVALS.format(one)) for one in ("", "testing."))
    return live[0]["n"], testing[0]["n"]


def test_a_feed_that_goes_back_to_testing_keeps_what_it_gave_of_earlier_days(
    home: Path, tmp_path: Path, set_stage: Callable[[str, str], None]
) -> None:
    set_stage("testing", "2019-03-08T12:00:00Z")
    send(tmp_path / FIRST_FILE, 8, 0)
    assert published(home) == (None, [8, 8])
    set_stage("live", "2019-03-08T13:00:00Z")
    assert published(home) == (None, [8, 8]), "values sent while testing stay apart"
    send(tmp_path / SECOND_FILE, 9, 1)
    assert published(home) == ([9, 9], [8, 8])
    set_stage("testing", "2019-03-09T00:00:01Z")
    send(tmp_path / "R0A_acute_realtime_20190308T133500.csv", 7, 1)
    assert published(home) == ([9, 9], [8, 8, 7, 7]), "those of the live time stay as they were"
    assert ask_publication(home, ENGLAND) == [{"n": 1}]
    assert _run(["reprocess", "--feed", FEED]) == 0
    assert _run(["publish", "--allow-shrink"]) == 0
    assert published(home) == (None, [8, 8, 7, 7]), "read again, they go where the feed is now"
    assert ask_publication(home, ENGLAND) == [{"n": 0}]


@pytest.mark.long
def test_a_feed_that_goes_back_to_testing_takes_values_out_from_that_day_on(
    home: Path, tmp_path: Path, set_stage: Callable[[str, str], None]
) -> None:
    set_stage("live", "2019-03-08T13:00:00Z")
    send(tmp_path / SECOND_FILE, 9, 1)
    assert published(home) == ([9, 9], None)
    assert ask_publication(home, ENGLAND) == [{"n": 1}]
    set_stage("testing", "2019-03-08T23:59:59Z")
    assert published(home) == (None, [9, 9]), "no value is lost, and nothing counts as shrunk"
    assert ask_publication(home, ENGLAND) == [{"n": 0}]


@pytest.mark.long
def test_a_suspended_feed_keeps_what_it_gave(
    home: Path, tmp_path: Path, set_stage: Callable[[str, str], None]
) -> None:
    set_stage("live", "2019-03-08T12:00:00Z")
    send(tmp_path / FIRST_FILE, 8, 0)
    set_stage("suspended", "2019-03-08T13:00:00Z")
    assert not load_registry().feed(FEED).accepts_files
    assert published(home) == ([8, 8], None)


def test_the_table_of_the_docs_has_a_line_for_each_stage() -> None:
    text = (PROJECT / "docs" / "onboarding.md").read_text("utf-8")
    table = text.split("| stage |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?`[^|]*) \|", table, re.MULTILINE)
    assert rows == [
        "`onboarding`, `testing`",
        "`live`",
        "`live`, then back to `testing`",
        "`suspended`, `retired`",
    ]
