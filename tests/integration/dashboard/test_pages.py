"""The pages of a publication: its figures, whole, linked, and safe to read."""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest
from starlette.testclient import TestClient

from dashboard.server import make_app
from dashboard.site import Site, Switch, current_of
from dashboard.words import figure
from pipelines.base.settings import settings
from tests.support.figures_of_now import NOW, make_home

_VOID = {"meta", "link", "input", "img", "br", "hr", "line", "circle", "path"}
BASE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a publication whose figures were worked out by hand; it is the settings' own."""
    folder = tmp_path_factory.mktemp("pages")
    made = make_home(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(made))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", NOW)
        settings.cache_clear()
        yield made
    settings.cache_clear()


@pytest.fixture(scope="module")
def switch(home: Path) -> Switch:
    switch = Switch(current_of(home))
    switch.look()
    assert switch.fault is None
    return switch


@pytest.fixture(scope="module")
def site(switch: Switch) -> Site:
    assert switch.site is not None
    return switch.site


@pytest.fixture(scope="module")
def client(switch: Switch, home: Path) -> TestClient:
    return TestClient(make_app(switch, home), base_url=BASE)


class Read(HTMLParser):
    """What stands on a page, and whether its elements are closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: set[str] = set()
        self.attributes: Counter[str] = Counter()
        self.scripts: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.attributes.update(told.keys())
        if one := told.get("id"):
            self.ids[one] += 1
        if tag == "a" and (address := told.get("href")):
            self.links.add(address)
        if tag == "script":
            self.scripts.append(told)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.update(dict(attrs).keys())

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another element"


def read(site: Site) -> Iterator[tuple[str, Read]]:
    for address, made in site.made.items():
        if made.media_type.startswith("text/html"):
            yield address, Read(made.body.decode())


def text_of(client: TestClient, address: str) -> str:
    done = client.get(address)
    assert done.status_code == 200, address
    return str(done.text)


def test_every_page_is_whole_and_has_one_heading_of_its_own(site: Site) -> None:
    for address, page in read(site):
        assert page.open == [], address
        assert not {one for one, count in page.ids.items() if count > 1}, address
        assert page.headings.count("h1") == 1, address


def test_every_link_leads_to_a_page(site: Site, client: TestClient) -> None:
    links = {link for _, page in read(site) for link in page.links if not link.startswith("#")}
    assert len(links) > 100
    missing = {link for link in links if client.get(unquote(link)).status_code != 200}
    assert not missing


def test_a_page_has_no_style_or_script_inside_it(site: Site) -> None:
    for address, page in read(site):
        assert not {one for one in page.attributes if one == "style" or one.startswith("on")}, (
            address
        )
        scripts = ["/assets/ages.js", *(["/assets/wall.js"] if address == "/wall" else [])]
        assert [one.get("src") for one in page.scripts] == scripts, address


def test_all_pages_are_of_one_publication(site: Site) -> None:
    told = f'data-publication="{site.file.stem}"'.encode()
    for address, made in site.made.items():
        if made.media_type.startswith("text/html"):
            assert told in made.body, address


def test_the_figures_are_those_of_the_publication(site: Site, client: TestClient) -> None:
    with duckdb.connect(str(site.file), read_only=True) as reader:
        england = reader.execute(
            "SELECT collection, measure, value, unit, reporting, expected, organisations "
            "FROM now_england"
        ).fetchall()
    assert len(england) > 40
    for collection, measure, value, unit, reporting, expected, organisations in england:
        page = text_of(client, f"/measure/{collection}/{measure}")
        card = page[page.index('<li class="card">') :]
        assert f'<p class="value">{figure(value, unit)} ' in card, measure
        assert f"{reporting} of {expected} {organisations}" in card, measure


def test_a_partial_figure_says_so_and_names_who_is_missing(client: TestClient) -> None:
    page = text_of(client, "/measure/acute_realtime/ambulances_waiting")
    card = page[page.index('<li class="card">') :].split("</li></ul>", 1)[0]
    assert '<p class="value">10 ' in card
    assert "<strong>Partial:</strong> 2 of 5 trusts" in card
    assert "3 missing" in card
    for code in ("RQF", "RWE", "RX1"):
        assert f'<a href="/trust/{code}">{code} ' in card


def test_what_nobody_gave_is_no_zero(client: TestClient) -> None:
    page = text_of(client, "/measure/acute_realtime/arrivals")
    assert '<p class="value">no value ' in page
    assert "0 of 5 trusts" in page


def test_a_trust_says_which_sites_are_missing(client: TestClient) -> None:
    page = text_of(client, "/trust/R0A")
    assert "1 of 2 sites, missing R0A07" in page
    assert "Measured <time" in page


def test_a_trust_has_its_sites_with_the_age_of_each_and_who_gave_nothing(
    client: TestClient,
) -> None:
    page = text_of(client, "/trust/R0A")
    table = page[page.index("Accident and emergency: sites") :].split("</table>", 1)[0]
    assert '<th scope="col" class="n">Ambulances waiting</th>' in table
    rows = {
        row.split("</th>", 1)[0]: row.split("</th>", 1)[1]
        for row in table.split('<tr><th scope="row">')[1:]
    }
    # R0A02 gave 4 ambulances and 900 of 900 beds at 11:45, and R0A07 gave 2 ambulances at 11:30.
    assert '<td class="n">4</td>' in rows["R0A02"] and "100.0%" in rows["R0A02"]
    assert "Wed 25 Nov 12:00</time>" in rows["R0A02"]
    assert '<td class="n">2</td>' in rows["R0A07"] and "no value" in rows["R0A07"]
    assert "Wed 25 Nov 11:45</time>" in rows["R0A07"]
    silent = text_of(client, "/trust/RWE")
    for site in ("RWE01", "RWE02"):
        row = silent[silent.index(f'<th scope="row">{site}</th>') :].split("</tr>", 1)[0]
        assert "nothing lately" in row and "no value" in row
    assert ": sites" not in text_of(client, "/trust/RRU"), "a row of an ambulance service is none"


def test_a_trust_in_testing_is_in_no_figure(client: TestClient) -> None:
    assert client.get("/trust/RTD").status_code == 404
    assert "1,000" not in text_of(client, "/measure/acute_realtime/ambulances_waiting")


def test_the_data_behind_a_page_are_the_same(client: TestClient, site: Site) -> None:
    told = client.get("/api/england").json()
    assert told["publication"] == site.file.stem
    waiting = next(one for one in told["rows"] if one["measure"] == "ambulances_waiting")
    assert (waiting["value"], waiting["reporting"], waiting["expected"]) == (10, 2, 5)
    assert waiting["slot_end"] == "2026-11-25T11:45:00Z"
    assert waiting["slot_end_london"] == "2026-11-25T11:45:00"
    series = client.get("/api/series/acute_realtime/ambulances_waiting").json()
    assert dict(zip(series["slot_start"], series["value"], strict=True)) == {
        "2026-11-25T11:15:00Z": 7, "2026-11-25T11:30:00Z": 10, "2026-11-25T11:45:00Z": 4,
    }  # fmt: skip
    as_csv = client.get("/data/measure/acute_realtime/ambulances_waiting.csv").text.splitlines()
    assert as_csv[0].startswith("slot_start_utc,value,all_reported")
    assert as_csv[2] == "2026-11-25T11:30:00Z,10.0,False,,,"


def test_a_day_is_told_as_a_day_and_not_as_an_instant(client: TestClient) -> None:
    series = client.get("/api/series/ambulance_sitrep/incidents").json()
    assert (series["report_date"], series["value"]) == (["2026-11-24"], [7100])
    as_csv = client.get("/data/measure/ambulance_sitrep/incidents.csv").text.splitlines()
    assert as_csv[0].split(",")[0] == "report_date"
    assert as_csv[1].startswith("2026-11-24,7100.0,")
    assert '<th scope="row">Tue 24 Nov</th>' in text_of(
        client, "/measure/ambulance_sitrep/incidents"
    )


def test_tables_can_be_taken_away(client: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    file.write_bytes(client.get("/data/now_england.parquet").content)
    assert duckdb.sql(f"SELECT count(*) > 40 FROM '{file}'").fetchall() == [(True,)]
    for name in ("watch", "..%2fcurrent", "nothing"):
        assert client.get(f"/data/{name}.parquet").status_code == 404


def test_the_api_describes_itself(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert {"/api/{table}", "/api/series/{collection}/{measure}", "/data/{table}.parquet"} <= set(
        described["paths"]
    )
    assert "/api/england" in text_of(client, "/about")


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("guy", "/trust/RJ1"),
        ("rj1", "/trust/RJ1"),
        ("north west", "/region/Y62"),
        ("bed occupancy", "/measure/acute_realtime/ga_bed_occupancy"),
    ],
)
def test_places_and_measures_are_found(client: TestClient, asked: str, address: str) -> None:
    assert f'href="{address}"' in client.get("/search", params={"q": asked}).text


def test_what_is_asked_is_text_and_no_markup(client: TestClient) -> None:
    page = client.get("/search", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    assert "0 found for “&lt;script&gt;alert(1)&lt;/script&gt;”" in page
    assert client.get("/search", params={"q": "x" * 101}).status_code == 422


def test_from_a_feed_to_its_submission_and_the_answer(client: TestClient, site: Site) -> None:
    page = text_of(client, "/feed/acute_realtime.r0a")
    (address,) = {one for one in Read(page).links if one.startswith("/submission/")}
    told = text_of(client, unquote(address))
    assert "R0A_1.csv" in told
    assert "3 read, 3 loaded" in told
    refused: Any = client.get("/submission/nothing")
    assert refused.status_code == 404
    assert "There is no such page" in refused.text


def test_a_past_day_is_told_as_it_was_published(client: TestClient) -> None:
    page = text_of(client, "/day/2026-11-24")
    assert "Tuesday 24 November 2026" in page
    row = page[page.index(">Incidents<") :].split("</tr>", 1)[0]
    assert "7,100 " in row and "<td>3 services</td>" in row
    today = text_of(client, "/day/2026-11-25")
    departures = today[today.index(">Departures<") :].split("</tr>", 1)[0]
    assert "9 " in departures and "<td>2 trusts, 3 sites</td>" in departures
    assert "Nothing is held of this day." in text_of(client, "/day/2020-02-29")
    assert client.get("/day", params={"day": "2026-11-24"}).url.path == "/day/2026-11-24"
    for wrong in ("2026-02-30", "yesterday"):
        assert client.get(f"/day/{wrong}").status_code == 422
