"""The dashboard in a browser: no error, no overflow, nothing that axe finds, usable by keyboard.

Debian's Chromium is used where it is installed; elsewhere these tests are skipped by name.
"""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.brief.make_brief import make_brief
from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from pipelines.watch.look import look_now
from tests.support.figures_of_now import NOW, make_home
from tests.support.served import free_socket, served
from warehouse.publish.publish import publish

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]
PAGES_EACH_TIME = (
    "/",
    "/collection/acute_realtime",
    "/measure/ambulance_sitrep/response_c2_mean",
    "/trust/R0A",
    "/feeds",
    "/alerts",
    "/quality/acute_realtime.r0a",
    "/collections/ambulance_sitrep",
    "/day/2026-11-24",
    "/seen/2026-11-25T12:00Z/since",
)
"""One of each kind of page; `make test-long` looks at all of them."""
PAGES = (
    "/",
    "/collection/acute_realtime",
    "/collection/ambulance_sitrep",
    "/measure/acute_realtime/ambulances_waiting",
    "/measure/ambulance_sitrep/response_c2_mean",
    "/region/Y62",
    "/trust/R0A",
    "/feeds",
    "/feed/acute_realtime.r0a",
    "/providers",
    "/providers/R0A",
    "/alerts",
    "/opel",
    "/quality",
    "/quality/acute_realtime.r0a",
    "/changes",
    "/collections",
    "/collections/acute_realtime",
    "/collections/ambulance_sitrep",
    "/about",
    "/search?q=trust",
    "/day/2026-11-24",
    "/briefs",
    "/briefs/2026-11-25.html",
    "/wall",
    "/seen/2026-11-25T12:00Z/",
    "/seen/2026-11-25T12:00Z/since",
)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run",
)  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboard is served, over figures that were worked out by hand."""
    folder = tmp_path_factory.mktemp("browser")
    home = make_home(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", NOW)
        settings.cache_clear()
        look_now()
        publish(home, load_registry())
        make_brief(home)
        switch = Switch(current_of(home))
        switch.look()
        listening, where = free_socket()
        with served(make_app(switch, home), listening):
            yield where
    settings.cache_clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def opened(browser: Any, width: int, **options: Any) -> tuple[Any, list[str]]:
    """A page of that width, and what goes wrong on it."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    wrong: list[str] = []
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda asked: _note_failed(asked, wrong))
    page.on("request", lambda asked: _note_elsewhere(asked.url, wrong))
    return page, wrong


def _note_failed(asked: Any, wrong: list[str]) -> None:
    # What a page still asked for when it was left is aborted.
    if asked.failure != "net::ERR_ABORTED":
        wrong.append(f"{asked.url}: {asked.failure}")


def _note_elsewhere(url: str, wrong: list[str]) -> None:
    if not url.startswith("http://127.0.0.1:"):
        wrong.append(f"asked for {url}")


@pytest.mark.parametrize(
    ("width", "pages"),
    [
        pytest.param(360, PAGES_EACH_TIME, id="360"),
        *(
            pytest.param(width, PAGES, id=f"all at {width}", marks=pytest.mark.long)
            for width in (360, 1440, 1920)
        ),
    ],
)
def test_every_page_fits_and_axe_finds_nothing(
    browser: Any, address: str, width: int, pages: tuple[str, ...]
) -> None:
    page, wrong = opened(browser, width)
    for path in pages:
        look_at(page, address, path, width)
        assert axe_finds(page) == [], path
        assert not wrong, path
    page.context.close()


@pytest.mark.parametrize("width", [360, 1920])
def test_every_page_fits(browser: Any, address: str, width: int) -> None:
    page, wrong = opened(browser, width)
    for path in PAGES:
        look_at(page, address, path, width)
        assert not wrong, path
    page.context.close()


def look_at(page: Any, address: str, path: str, width: int) -> None:
    """The page is shown with all that can be opened, and nothing reaches beyond its width."""
    assert page.goto(address + path).status == 200
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def axe_finds(page: Any) -> list[tuple[str, str]]:
    """The rules that the page breaks, each with the first element that does."""
    from axe_playwright_python.sync_playwright import Axe

    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    # What passes is not handed over: that takes as long as to look.
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def test_from_a_figure_to_its_trust_by_keyboard_alone(browser: Any, address: str) -> None:
    page, _ = opened(browser, 1440)
    page.goto(f"{address}/measure/acute_realtime/ambulances_waiting")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the figures"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/trust/RQF$"))
    page.context.close()


def test_ages_grow_while_a_page_stands(browser: Any, address: str) -> None:
    page, _ = opened(browser, 1440)
    page.clock.install(time="2026-11-25T12:10:00Z")
    page.goto(f"{address}/trust/RJ1")
    measured = page.locator(".card .ages time").first
    assert measured.text_content() == "Wed 25 Nov 11:45 (25 min ago)"
    page.clock.run_for(60 * 60 * 1000)
    assert measured.text_content() == "Wed 25 Nov 11:45 (1 h 25 min ago)"
    page.context.close()


def test_a_wall_screen_shows_loudly_that_it_is_cut_off_or_out_of_date(
    browser: Any, address: str
) -> None:
    page, _ = opened(browser, 1920)
    page.clock.install(time="2026-11-25T12:10:00Z")
    page.goto(f"{address}/wall")
    alarm = page.locator("#alarm")
    assert alarm.is_hidden()
    page.clock.run_for(21 * 60 * 1000)
    alarm.wait_for(state="visible")
    assert "OUT OF DATE: nothing was published for 3" in str(alarm.text_content())
    page.route("**/healthz", lambda route: route.abort())
    page.clock.run_for(20 * 1000)
    page.get_by_text("DISCONNECTED: this screen gets no figures.").wait_for(state="visible")
    page.unroute("**/healthz")
    page.route("**/healthz", lambda route: route.fulfill(json={"signed_in": False}))
    page.clock.run_for(20 * 1000)
    page.get_by_text("SIGNED OUT: sign in again to get figures.").wait_for(state="visible")
    page.unroute("**/healthz")
    read_again: list[str] = []
    page.on(
        "request",
        lambda made: read_again.append(made.url) if made.is_navigation_request() else None,
    )
    page.route(
        "**/healthz",
        lambda route: (
            route.continue_() if read_again else route.fulfill(json={"publication": "uec-newer"})
        ),
    )
    with page.expect_navigation():
        page.clock.run_for(40 * 1000)
    page.wait_for_load_state("networkidle")
    assert read_again == [f"{address}/wall"], "it is read once, however often it looked"
    page.context.close()


def test_without_scripts_and_in_print_the_figures_stand(browser: Any, address: str) -> None:
    page, wrong = opened(browser, 1440, java_script_enabled=False)
    page.goto(f"{address}/trust/RJ1")
    card = page.locator(".card", has_text="Ambulances waiting").first
    assert "Wed 25 Nov 11:45" in str(card.text_content())
    assert not wrong
    page.emulate_media(media="print")
    assert page.locator("nav").first.is_hidden()
    assert card.is_visible()
    page.context.close()
