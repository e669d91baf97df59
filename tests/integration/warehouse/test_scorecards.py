"""A scorecard tells what came of a feed in testing, and how it agrees with who is live."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.stage_moves import scorecard_of
from tests.support.ledger_questions import ask_publication
from tests.support.simulated import change_feed
from tests.support.small_slots import FEED, SITES, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from warehouse.marts.shadow.criteria import Criterion

HANDOVER = "ambulance_handover.r0a"
NAME = "R0A_acute_realtime_20190311T{:02d}0000.csv"
PER_SLOT = 2
OF_A_DAY = 96 * PER_SLOT * len(SITES)


def slots_of(day: int, count: int = 96) -> list[str]:
    first = datetime(2019, 3, day, tzinfo=UTC)
    return [
        f"{first + timedelta(minutes=15 * number):%Y-%m-%dT%H:%M:%SZ}" for number in range(count)
    ]


@pytest.fixture
def feeds(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trust sends quarter-hours, in testing, and its handovers by day, which are live."""
    folder = Path(shutil.copytree(PROJECT / "pipelines" / "feeds", tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder))
    monkeypatch.setenv("SITREP_NOW", "2019-03-11T12:00:00Z")
    change_feed(folder, FEED, stage="testing", slots_from="2019-03-10")
    columns = {
        "org_code": {"constant": "$provider"},
        "report_date": {"headings": ["Date"], "format": "%Y-%m-%d"},
        "ambulance_arrivals": ["Arrivals"],
    }
    content = {
        "title": "Handovers by day",
        "provider": {"code": "R0A", "name": "Manchester"},
        "stage": "live",
        "source": {"kind": "directory", "endpoint": "incoming/days", "pattern": "days*.csv"},
        "format": {"kind": "csv", "columns": columns},
    }
    path = folder / "ambulance_handover" / "r0a.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    settings.cache_clear()
    return folder


def send_days(folder: Path) -> None:
    """Whole days of quarter-hours from 8 to 10 March, and some of the 11th."""
    for number, (day, count) in enumerate([(8, 96), (9, 96), (10, 95), (11, 40)]):
        path = write_slots(folder / NAME.format(number), slots=slots_of(day, count))
        steps.land_files([path])
    steps.drain()


def send_figures(folder: Path, *figures: int) -> None:
    """The trust's own figures of the days from 8 March on."""
    lines = [f"2019-03-{8 + number:02d},{figure}" for number, figure in enumerate(figures)]
    path = folder / "days1.csv"
    path.write_text("\n".join(["Date,Arrivals", *lines]) + "\n", "utf-8")
    steps.land_files([path], [HANDOVER])
    steps.drain()


def criterion(name: str) -> Criterion:
    (found,) = [one for one in scorecard_of(FEED).criteria if one.name == name]
    return found


def test_sums_of_whole_days_agree_with_the_daily_file(feeds: Path, tmp_path: Path) -> None:
    send_days(tmp_path)
    assert criterion("agreement").verdict == "not judged"
    send_figures(tmp_path, OF_A_DAY, OF_A_DAY + 19, OF_A_DAY * 2, OF_A_DAY * 2)
    found = criterion("agreement")
    assert (found.verdict, found.found) == ("met", 100.0)
    assert "2 of 2 figures agree with ambulance_handover" in found.told, "days that lack a slot"


def test_a_figure_that_is_far_off_is_named(feeds: Path, tmp_path: Path) -> None:
    send_days(tmp_path)
    send_figures(tmp_path, OF_A_DAY, OF_A_DAY + 40)
    found = criterion("agreement")
    assert (found.verdict, found.found) == ("not met", 50.0)
    told = f"ambulance_arrivals of R0A on 2019-03-09 is {OF_A_DAY}, and ambulance_handover has"
    assert f"{told} {OF_A_DAY + 40}." in found.told


def test_a_trusts_own_file_is_compared_with_the_published_workbook(
    home: Path, feeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2018-12-07T12:00:00Z")
    content = {
        "title": "Barts by itself",
        "provider": {"code": "R1H", "name": "Barts Health NHS Trust"},
        "stage": "testing",
        "slots_from": "2018-12-03",
        "source": {"kind": "directory", "endpoint": "incoming/own", "pattern": "R1H*.csv"},
        "format": {"kind": "csv"},
    }
    path = feeds / "acute_sitrep" / "r1h.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    steps.land_files([write_workbook(tmp_path / FILE_NAME)])
    steps.drain()
    assert _run(["publish"]) == 0
    published = "SELECT report_date, ga_beds_open, ga_beds_occupied FROM acute_sitrep"
    rows = ask_publication(home, f"{published} WHERE org_code = 'R1H' ORDER BY ALL")
    rows[-1]["ga_beds_occupied"] -= 50
    lines = [",".join(("org_code", *rows[0]))]
    lines += [",".join(map(str, ("R1H", *row.values()))) for row in rows]
    own = tmp_path / "R1H_own.csv"
    own.write_text("\n".join(lines) + "\n", "utf-8")
    steps.land_files([own])
    steps.drain()
    told = scorecard_of("acute_sitrep.r1h").criteria[-1].told
    assert told.startswith("5 of 6 figures agree with acute_sitrep (83.3%)"), told
    assert "ga_beds_occupied of R1H on 2018-12-05" in told


def test_what_is_not_live_is_no_reference(feeds: Path, tmp_path: Path) -> None:
    change_feed(feeds, HANDOVER, stage="testing")
    send_days(tmp_path)
    send_figures(tmp_path, OF_A_DAY)
    assert criterion("agreement").verdict == "not judged"


def test_a_publication_tells_the_scorecards_of_feeds_in_testing(
    home: Path, feeds: Path, tmp_path: Path
) -> None:
    send_days(tmp_path)
    assert _run(["publish"]) == 0
    rows = ask_publication(home, "SELECT * FROM scorecard WHERE feed_id = ?", FEED)
    assert [row["criterion"] for row in rows] == [
        *("slots", "on time", "accepted rows", "findings", "agreement")
    ]
    first, second = rows[:2]
    assert (first["verdict"], first["wanted"], first["found"]) == ("not met", 672.0, 142.0)
    assert second["told"].startswith("0 of 142 slots came on time (0%), 135 late, 7 not at all")
    expected = ask_publication(home, "SELECT 1 FROM expected WHERE feed_id = ?", FEED)
    assert expected == [], "nobody misses it in England's figures"
    shown = ask_publication(home, "SELECT DISTINCT stage FROM scorecard")
    assert shown == [{"stage": "testing"}]
    status = ask_publication(
        home,
        "SELECT stage, health, slots_expected > 0 AS n FROM feed_status WHERE feed_id = ?",
        FEED,
    )
    assert status == [{"stage": "testing", "health": "silent", "n": True}]
