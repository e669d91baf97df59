"""The pages of months, on a publication of monthly and daily figures."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dashboard.access.narrowed import NarrowedPages, narrowed_picture
from dashboard.site import Site, make_site
from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import use_home
from warehouse.publish.publications import current_path

FEED = "ambulance_quality.ambsys"
DAYS = [date(2026, 10, number) for number in range(1, 32)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """October of two services, and all its days of one of them."""
    folder = tmp_path_factory.mktemp("months")
    issue = folder / "AmbSYS-to-Oct-2026.csv"
    issue.write_text(
        "Year,Month,Region,Org Code,Org Name,A7,A31\n2026,10,Eng,Eng,England,1200,125\n"
        "2026,10,Y60,RX9,A,650,130\n2026,10,Y60,RYA,B,550,120\n"
    )
    daily = folder / "RX9_ambulance_sitrep_20261101T090000.csv"
    lines = [f"RX9,{day},20,2,100" for day in DAYS]
    heading = "org_code,report_date,incidents,incidents_c2,response_c2_mean_seconds"
    daily.write_text("\n".join((heading, *lines)) + "\n")
    feeds = folder / "feeds"
    _copy_feed(feeds, "ambulance_sitrep", "rx9", "reports_for: own\namendment_days: unlimited\n")
    _copy_feed(feeds, "ambulance_quality", "ambsys", "")
    with pytest.MonkeyPatch.context() as patch:
        home = use_home(
            patch,
            folder / "home",
            SITREP_NOW="2026-11-13T10:00:00Z",
            SITREP_FEEDS_DIR=str(feeds),
        )
        steps.land_files([issue, daily])
        steps.drain()
        steps.publish()
        file = current_path(home)
        assert file is not None
        yield make_site(file)
    settings.cache_clear()


def _copy_feed(feeds: Path, collection: str, name: str, more: str) -> None:
    """The project's feed, with its layouts, and more lines."""
    import shutil

    from pipelines.base.settings import PROJECT

    source = PROJECT / "pipelines" / "feeds" / collection
    target = feeds / collection
    target.mkdir(parents=True)
    (target / f"{name}.yaml").write_text((source / f"{name}.yaml").read_text() + more)
    if (source / "layouts").exists():
        shutil.copytree(source / "layouts", target / "layouts")


def text_of(site: Site, address: str) -> str:
    return site.made[address].body.decode()


def test_england_has_its_months_and_what_their_days_say(site: Site) -> None:
    page = text_of(site, "/months")

    assert '<th scope="col" class="n">Oct 2026</th>' in page
    assert "1,200" in page and "2 min 5 s" in page
    assert '<td class="n">620</td><td>31 of 31</td><td class="n">+580</td>' in page
    assert '<td class="n">+25 s</td><td class="n">+20.0%</td>' in page
    assert '<a href="/months/ambulance_quality">' in page


def test_each_of_those_who_report_stands_beside_its_days(site: Site) -> None:
    page = text_of(site, "/months/ambulance_quality")

    assert "October 2026" in page
    assert '<a href="/trust/RX9">East Midlands Ambulance Service NHS Trust</a>' in page
    assert '<td class="n">650</td><td class="n">620</td><td>31 of 31</td>' in page
    assert "West Midlands" not in page, "it has no days to be set beside"


def test_pages_of_collections_without_months_say_so(site: Site) -> None:
    assert "no month yet" in text_of(site, "/months/iuc_adc")


def test_a_monthly_feed_leads_to_its_months(site: Site) -> None:
    page = text_of(site, f"/feed/{FEED}")

    assert '<a href="/months/ambulance_quality">' in page
    assert "/collection/ambulance_quality" not in site.made
    assert '<a href="/months">Months</a>' in page


def test_somebody_of_a_trust_sees_the_months_of_england_and_its_own(site: Site) -> None:
    narrowed = narrowed_picture(site.pages.picture, {"RYA"})
    pages = NarrowedPages(narrowed, load_registry())
    made = {address: body.decode() for address, _, body in pages.all()}

    assert "1,200" in made["/months"]
    assert "East Midlands" not in made["/months/ambulance_quality"]
