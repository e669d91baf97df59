"""Alerts on published figures through the real watch: collected, published, looked at, and told."""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.watch.look import WatchFault, watch
from pipelines.watch.state import Watched
from pipelines.watch.watch_memory import read_recent
from tests.support.figures_of_now import TRUST, write_trust
from tests.support.mail_server import WebService, web_service
from warehouse.store.connection import open_warehouse

FIRST = datetime(2026, 11, 30, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NAMES = {"R0A": "Manchester", "RGT": "Cambridge", "RJ1": "Guy's"}
WORDS = {"means": "Few beds are free.", "do": "Call the site team.", "source": "Agreed today."}
BEDS = {"collection": "acute_realtime", "measure": "ga_bed_occupancy", "at_least": 95, "stop": 93}
LEVELS = [
    {**BEDS, "area": "england", "least_reporting": 0.5, **WORDS},
    {**BEDS, "area": "region", **WORDS},
    {**BEDS, "area": "trust", "at_least": 99, "stop": 98, **WORDS},
    {**BEDS, "area": "england", "measure": "four_hour_performance", "at_least": None,
     "at_most": 60, "stop": 70, **WORDS},
]  # fmt: skip


@pytest.fixture
def levels(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of levels of a home with three trusts, whose alerts go to the log."""
    feeds = home.parent / "feeds" / "acute_realtime"
    feeds.mkdir(parents=True)
    for code, name in NAMES.items():
        text = TRUST.format(
            code=code, name=name, stage="live", slots_from="slots_from: 2026-11-30",
            sites=f"sites: [{code}01, {code}02]" if code == "R0A" else f"sites: [{code}01]",
        )  # fmt: skip
        (feeds / f"{code.lower()}.yaml").write_text(text, "utf-8")
    file = home.parent / "levels.yaml"
    write_levels(file, LEVELS[:1])
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds.parent))
    monkeypatch.setenv("SITREP_ALERT_LEVELS_FILE", str(file))
    settings.cache_clear()
    yield file
    settings.cache_clear()


@pytest.fixture
def webhook(levels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebService]:
    with web_service() as service:
        monkeypatch.setenv("SITREP_ALERT_WEBHOOK", f"http://localhost:{service.port}/hook")
        settings.cache_clear()
        yield service


def write_levels(file: Path, levels: list[dict[str, object]]) -> None:
    told = [{name: value for name, value in one.items() if value is not None} for one in levels]
    content = {"version": "2026-11-30", "levels": told}
    file.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


class Ticks:
    """The quarter-hours of that home, one after the other."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self._home, self._patch, self._slot = home, patch, FIRST - QUARTER

    def tick(self, values: Mapping[str, float], missing: str = "", departed: int = 10) -> None:
        """Beds in % by site have come for the next slot, are published, and watched."""
        self._slot += QUARTER
        folder = self._home.parent / f"{self._slot:%H%M}"
        folder.mkdir()
        slot = f"{self._slot:%Y-%m-%dT%H:%M}"
        for code in NAMES:
            rows = [
                (site, slot, {"ga_beds_open": 1000, "ga_beds_occupied": round(value * 10),
                              "departures": 10, "departures_within_4_hours": departed})
                for site, value in values.items()
                if site.startswith(code) and code != missing
            ]  # fmt: skip
            if rows:
                self.at(16)
                steps.land_files([write_trust(folder, code, rows)])
        self.at(31)
        steps.drain()
        steps.publish()
        self.at(35)
        watch()

    def at(self, minutes: int) -> None:
        """It is so many minutes after the slot began."""
        self._patch.setenv("SITREP_NOW", (self._slot + timedelta(minutes=minutes)).isoformat())


def all_at(value: float) -> dict[str, float]:
    return {"R0A01": value, "R0A02": value, "RGT01": value, "RJ101": value}


def episodes(home: Path) -> list[Watched]:
    """Every alert on a figure so far, in the order in which they began."""
    with open_warehouse(home) as connection:
        rows = read_recent(connection, FIRST + timedelta(days=1))
    own = [row for row in rows if row.finding.code == "WATCH-024"]
    return sorted(own, key=lambda row: (row.finding.since, row.finding.subject))


def test_one_alert_an_episode_paused_while_a_provider_is_missing(
    home: Path, levels: Path, webhook: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = Ticks(home, monkeypatch)
    ticks.tick(all_at(96))
    (began,) = episodes(home)
    assert began.is_open and began.finding.since == FIRST
    assert "England: ga_bed_occupancy is 96%" in began.finding.message
    ticks.tick(all_at(80), missing="R0A")
    (paused,) = episodes(home)
    assert paused.is_open
    assert "Paused: only 2 of 3 trusts report; missing R0A M" in paused.finding.message
    ticks.tick(all_at(94))
    (back,) = episodes(home)
    assert back.is_open and "Paused" not in back.finding.message
    assert len(webhook.posts) == 1, "it is one episode so far"
    ticks.tick(all_at(93))
    assert not episodes(home)[0].is_open
    ticks.tick(all_at(95))
    assert [row.finding.since for row in episodes(home)] == [FIRST, FIRST + 4 * QUARTER]
    told = [[one["state"] for one in content["findings"]] for _, content in webhook.posts]
    assert told == [["new"], ["over"], ["new"]]


@pytest.mark.long
def test_regions_and_trusts_have_alerts_of_their_own_and_low_is_bad_for_some(
    home: Path, levels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_levels(levels, LEVELS)
    ticks = Ticks(home, monkeypatch)
    ticks.tick({**all_at(90), "R0A01": 100, "R0A02": 98}, departed=6)
    assert [(row.finding.subject, row.is_open) for row in episodes(home)] == [
        ("four_hour_performance in England at 60", True),
        ("ga_bed_occupancy in R0A at 99", True),
        ("ga_bed_occupancy in Y62 at 95", True),
    ]
    # R0A01 was the full one: what the other has alone ends nothing for the trust.
    ticks.tick({"R0A02": 90, "RGT01": 90, "RJ101": 90}, departed=6)
    low, trust, region = episodes(home)
    assert trust.is_open
    assert "Paused: only 1 of 2 sites report; missing R0A01." in trust.finding.message
    assert not region.is_open, "its one trust reports"
    assert low.is_open
    ticks.tick({**all_at(90), "R0A01": 97}, departed=7)
    assert [row.is_open for row in episodes(home)] == [False, False, False]


def test_wrong_levels_cost_these_alerts_only_and_end_none(
    home: Path,
    levels: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticks = Ticks(home, monkeypatch)
    ticks.tick(all_at(96))
    write_levels(levels, [{**LEVELS[0], "stop": 97}])
    caplog.clear()
    ticks.at(35 + 120)
    with pytest.raises(WatchFault) as caught:
        watch()
    assert str(caught.value).count("WATCH-024") == 1
    assert f"{levels}:6: levels.0.stop: must be below at_least (95), and is 97" in str(caught.value)
    (row,) = episodes(home)
    assert row.is_open and row.last_seen_at == FIRST + timedelta(minutes=35)
    (alert,) = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert "NOTHING COMES FROM A SOURCE" in alert and "WATCH-024" not in alert
