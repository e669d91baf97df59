"""What came of each feed by day, against counts worked out by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines import steps
from pipelines.base.settings import settings
from tests.support.figures_of_now import make_home, write_trust
from tests.support.ledger_questions import ask_publication

WRONG = {"ambulances_waiting": -1}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """At 12:15 the trust RX1 has sent a second file: one row in it is good, two are kept out."""
    folder = tmp_path_factory.mktemp("quality")
    made = make_home(folder)
    again = folder / "again"
    again.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(made))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", "2026-11-25T12:15:00Z")
        settings.cache_clear()
        rows = [
            ("RX101", "2026-11-25T11:30", {"ambulances_waiting": 5}),
            ("RX101", "2026-11-24T10:00", WRONG),
            ("RX101", "2026-11-24T10:15", WRONG),
        ]
        steps.land_files([write_trust(again, "RX1", rows)])
        steps.drain()
        steps.publish()
        yield made
    settings.cache_clear()


def days_of(home: Path, feed: str) -> dict[str, tuple[Any, ...]]:
    rows = ask_publication(home, f"FROM main.feed_day_status WHERE feed_id = '{feed}'")
    names = ("expected", "on_time", "late", "missing")
    return {str(row["day"]): tuple(row[name] for name in names) for row in rows}


def test_each_day_counts_its_slots(home: Path) -> None:
    """Slots are due 5 minutes after their end, and late 15 minutes after it."""
    # The first file came at 12:00: late for 11:15, in time for 11:30, which the second gave at
    # 12:15. At 12:15 the slots from 11:45 and 12:00 have ended; only these are still awaited.
    first_days = dict.fromkeys([f"2026-11-{day}" for day in range(20, 25)], (96, 0, 0, 96))
    assert days_of(home, "acute_realtime.rx1") == {**first_days, "2026-11-25": (49, 0, 2, 45)}
    assert days_of(home, "acute_realtime.r0a") == {**first_days, "2026-11-25": (49, 2, 0, 46)}
    assert days_of(home, "acute_realtime.rtd") == {}, "nothing is expected of a feed in testing"
    assert days_of(home, "ambulance_sitrep.rru")["2026-11-24"] == (1, 1, 0, 0)


def test_the_counts_are_those_of_the_slots_themselves(home: Path) -> None:
    by_day = (
        "SELECT feed_id, timezone('Europe/London', timezone('UTC', slot_start))::DATE AS day, "
        "count(*) AS expected, count_if(status = 'on_time') AS on_time, "
        "count_if(status = 'late') AS late, count_if(status = 'missing') AS missing "
        "FROM main.slot_status GROUP BY ALL"
    )
    differing = ask_publication(
        home,
        f"SELECT * FROM ({by_day}) AS s JOIN main.feed_day_status AS d USING (feed_id, day) "
        "WHERE day > DATE '2026-11-22' AND (s.expected, s.on_time, s.late, s.missing) "
        "IS DISTINCT FROM (d.expected, d.on_time, d.late, d.missing)",
    )
    assert differing == []


def test_each_day_counts_what_was_found(home: Path) -> None:
    rows = ask_publication(home, "FROM main.finding_day WHERE severity = 'reject_row'")
    assert [
        (row["feed_id"], str(row["day"]), row["findings"], row["submissions"]) for row in rows
    ] == [("acute_realtime.rx1", "2026-11-25", 2, 1)]


def test_the_pages_tell_it(home: Path) -> None:
    switch = Switch(current_of(home))
    switch.look()
    client = TestClient(make_app(switch, home), base_url="http://127.0.0.1")
    page = client.get("/quality/acute_realtime.rx1").text
    # Of 5 × 96 + 49 slots two came late, and 525 did not come; of four rows two were kept out.
    assert "0.0% on time, 0.4% late, 99.2% missing, of 529" in page
    assert "2, of which 0 refused (0.0%) and 0 duplicates" in page
    assert "4 read, of which 2 kept out (50.0%)" in page
    (code,) = {
        row["code"]
        for row in ask_publication(home, "FROM main.finding_day WHERE severity = 'reject_row'")
    }
    assert f'<tr><th scope="row">{code}</th><td>' in page
    assert "From Fri 20 Nov to Wed 25 Nov" in page, "the chart in words"
    as_csv = client.get("/data/quality/acute_realtime.rx1.csv").text.splitlines()
    assert as_csv[0].startswith("feed_id,day,expected,on_time,late,missing,files,refused")
    assert as_csv[-1] == "acute_realtime.rx1,2026-11-25,49,0,2,45,2,0,0,4,2,2,0"
    told = client.get("/data/quality/acute_realtime.rx1.json").json()
    assert told["days"][-1]["missing"] == 45
    assert {one["feed_id"] for one in client.get("/api/quality").json()["rows"]} >= {
        "acute_realtime.rx1", "ambulance_sitrep.rru",
    }  # fmt: skip
    overview = client.get("/quality").text
    assert '<a href="/quality/acute_realtime.rx1">' in overview
    assert '<a href="/quality/acute_realtime.rx1">' in client.get("/trust/RX1").text
    assert '<a href="/quality/acute_realtime.rx1">' in client.get("/feed/acute_realtime.rx1").text
