"""A provider that is turned off is on every page at once, and told once: the control room's story.

Given four trusts that report each quarter of an hour, when one is turned off, then within two ticks
its feed is silent on the page, every figure of England that it was part of says one fewer and names
it, and one alert is out; when it is turned on again, all of this is over.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dashboard.site import Site, make_site
from pipelines import steps
from pipelines.base.settings import settings
from pipelines.watch.look import watch
from tests.support.mail_server import WebService, web_service
from tests.support.watching import (
    QUARTER,
    TRUSTS,
    nothing,
    of_feed,
    send,
    unchanged,
    use,
    write_feeds,
)
from warehouse.publish.publications import current_path

START = datetime(2026, 11, 30, tzinfo=UTC)
OFF = "acute_realtime.r0a"
NAME = "R0A Manchester University NHS Foundation Trust"


@pytest.fixture
def webhook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebService]:
    """Where the alerts go of a home with four trusts."""
    feeds = write_feeds(tmp_path / "feeds", [f"acute_realtime.{name}" for name in TRUSTS], START)
    with web_service() as service:
        monkeypatch.setenv("SITREP_ALERT_WEBHOOK", f"http://localhost:{service.port}/hook")
        use(monkeypatch, tmp_path / "home", feeds, START)
        yield service
    settings.cache_clear()


def tick(patch: pytest.MonkeyPatch, slot: datetime, *, is_off: bool = False) -> Site:
    """The pages after the slot's files have come; the watch looks five minutes later."""
    send(patch, slot, slot + QUARTER, of_feed(OFF, nothing) if is_off else unchanged)
    steps.publish()
    path = current_path(settings().root)
    assert path is not None
    patch.setenv("SITREP_NOW", (slot + QUARTER + timedelta(minutes=25)).isoformat())
    watch()
    return make_site(path)


def england(site: Site) -> dict[str, Any]:
    rows = msgspec.json.decode(site.made["/api/england"].body)["rows"]
    return {row["measure"]: row for row in rows}


def page(site: Site, address: str) -> str:
    return site.made[address].body.decode()


@pytest.mark.long
def test_a_provider_turned_off_is_seen_named_and_told_once_until_it_is_back(
    webhook: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [START + number * QUARTER for number in range(5)]
    whole = tick(monkeypatch, slots[0])
    assert {row["missing"] for row in england(whole).values()} == {None}
    assert webhook.posts == []

    one, two = (tick(monkeypatch, slot, is_off=True) for slot in slots[1:3])
    assert "a slot did not come" in page(one, f"/feed/{OFF}")
    assert "silent, the newest slots did not come" in page(two, f"/feed/{OFF}")
    assert f'<a href="/feed/{OFF}">' in page(two, "/").split("Feeds to look at")[1]
    for site in (one, two):
        for measure, before in england(whole).items():
            after = england(site)[measure]
            assert (before["reporting"], before["expected"]) == (4, 4), measure
            assert (after["reporting"], after["expected"], after["missing"]) == (3, 4, NAME)
            told = page(site, f"/measure/acute_realtime/{measure}")
            assert "<strong>Partial:</strong> 3 of 4 trusts" in told, measure
            assert f'<a href="/trust/R0A">{NAME}</a>' in told, measure
    ((_, alert),) = webhook.posts
    assert [(row["state"], row["feed_id"]) for row in alert["findings"]] == [("new", OFF)]

    back = tick(monkeypatch, slots[3])
    assert "1 alert is open" in page(back, "/"), "it was published before the watch looked"
    assert {row["missing"] for row in england(back).values()} == {None}
    assert [row["state"] for row in webhook.posts[-1][1]["findings"]] == ["over"]
    later = tick(monkeypatch, slots[4])
    assert "0 alerts are open" in page(later, "/")
    assert "A provider fell silent" in page(later, "/alerts").split("Over in the last day")[1]
    assert len(webhook.posts) == 2
