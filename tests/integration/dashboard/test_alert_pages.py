"""What the watch found stands on its page, with where to look; OPEL in the framework's words."""

from collections.abc import Iterator
from html import unescape

import pytest
import yaml

from dashboard.site import Site, make_site
from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from pipelines.watch.look import look_now
from tests.support.figures_of_now import NOW, make_home, write_trust
from warehouse.publish.publications import current_path
from warehouse.publish.publish import publish

WORDS = {"means": "Crews <wait>.", "do": "Call the site team.", "source": "Agreed today."}
LEVEL = {"collection": "acute_realtime", "measure": "ambulances_waiting", "stop": 1, **WORDS}
LEVELS = [{**LEVEL, "area": "england", "at_least": 10}, {**LEVEL, "area": "trust", "at_least": 5}]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of a publication that was made after a look of the watch."""
    folder = tmp_path_factory.mktemp("alerts")
    home = make_home(folder)
    levels = folder / "levels.yaml"
    levels.write_text(yaml.safe_dump({"version": "2026-11-25", "levels": LEVELS}), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_ALERT_LEVELS_FILE", str(levels))
        patch.setenv("SITREP_NOW", NOW)
        settings.cache_clear()
        look_now()
        (folder / "opel").mkdir()
        declared = [("RJ101", "2026-11-25T11:45", {"opel_level": 3})]
        steps.land_files([write_trust(folder / "opel", "RJ1", declared)])
        steps.drain()
        publish(home, load_registry())
        path = current_path(home)
        assert path is not None
        yield make_site(path)
    settings.cache_clear()


def page(site: Site, address: str) -> str:
    return site.made[address].body.decode()


def card(site: Site, words: str) -> str:
    cards = page(site, "/alerts").split('<li class="card">')[1:]
    (found,) = [one for one in cards if words in one]
    return found


def test_alerts_on_figures_stand_first_with_what_to_do_and_where_to_look(site: Site) -> None:
    text = page(site, "/alerts")
    assert text.index("<h2>Figures</h2>") < text.index("<h2>Feeds and files</h2>")
    england = card(site, "ambulances waiting in England at 10")
    assert "England: ambulances_waiting is 10 " in england and "from 2 of 5 trusts" in england
    assert "Crews &lt;wait&gt;." in england
    assert "<strong>Do:</strong> Call the site team." in england
    assert '<time datetime="2026-11-25T11:30:00Z" data-age>Wed 25 Nov 11:30</time>' in england
    assert '<a href="/measure/acute_realtime/ambulances_waiting">Ambulances waiting</a>' in england
    trust = card(site, "ambulances waiting in RJ1 at 5")
    assert '<a href="/trust/RJ1">Guy&#39;s' in trust


def test_what_is_wrong_with_feeds_leads_to_their_pages(site: Site) -> None:
    silent = card(site, '<a href="/feed/acute_realtime.rwe">')
    assert "A provider fell silent" in silent and "Will not help:" in silent


def test_england_and_the_wall_say_how_many_are_open(site: Site) -> None:
    count = page(site, "/alerts").count('<li class="card">')
    assert count > 3
    for address in ("/", "/wall"):
        assert f'<a href="/alerts">{count} alerts are open</a>' in page(site, address)
    assert page(site, "/api/alerts").count('"code":') == count


def test_a_declared_opel_level_is_shown_in_words_with_their_source(site: Site) -> None:
    text = unescape(page(site, "/opel"))
    row = text[text.index('<a href="/trust/RJ1">') :].split("</tr>", 1)[0]
    assert "site RJ101" in row and "OPEL 3" in row and "Pressure is major" in row
    assert "Operational Pressures Escalation Levels Framework, version 2.0" in text
    assert '<a href="/opel">' in page(site, "/measure/acute_realtime/opel_level")
