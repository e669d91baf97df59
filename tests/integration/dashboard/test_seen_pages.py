"""The pages as they were seen at an earlier time."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.server import make_app
from dashboard.site import Switch, read_pages
from tests.support.seen import then_and_later

BASE = "http://127.0.0.1"
AT = "/seen/2026-11-25T12:01Z"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    with then_and_later(tmp_path_factory.mktemp("seen")) as files:
        yield files


@pytest.fixture(scope="module")
def client(both: tuple[Path, Path]) -> TestClient:
    switch = Switch(lambda: both[1])
    switch.look()
    assert switch.fault is None
    return TestClient(make_app(switch), base_url=BASE)


def _figures(page: str) -> list[str]:
    return re.findall(r'<p class="value">(.*?) <svg|<p class="value">(.*?)</p>', page)


def test_pages_have_the_figures_of_then(both: tuple[Path, Path], client: TestClient) -> None:
    then = read_pages(both[0])
    for address in ("/", "/collection/acute_realtime", "/region/Y62", "/trust/R0A"):
        _, _, body = then.makers[address]()
        seen = client.get(AT + address).text
        assert _figures(seen) == _figures(body.decode())
        assert _figures(client.get(address).text) != _figures(seen)


def test_page_says_when_and_its_links_stay_at_that_time(client: TestClient) -> None:
    page = client.get(f"{AT}/").text
    assert "As seen on Wed 25 Nov 12:01." in page
    assert '<body data-seen="2026-11-25T12:01:00Z" ' in page
    links = set(re.findall(r'(?:href|action)="([^"#]+)"', page))
    assert {f"{AT}/region/Y62", f"{AT}/since", f"{AT}/search"} <= links
    elsewhere = {one for one in links if not one.startswith((AT, "/assets/"))}
    assert elsewhere == {"/", "/seen", "/briefs", "/wall"}


def test_every_link_is_followed(client: TestClient) -> None:
    left, done = {f"{AT}/"}, set[str]()
    while left:
        address = left.pop()
        done.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.headers["content-type"].startswith("text/html"):
            found = set(re.findall(rf'href="({AT}/[^"#]*)"', answer.text))
            left |= found - done
    kinds = {address.removeprefix(AT).split("/")[1] for address in done}
    assert {"trust", "region", "measure", "feed", "submission", "data", "api", "since"} <= kinds


def test_page_of_what_has_changed_since(client: TestClient) -> None:
    page = client.get(f"{AT}/since").text
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    told = [[cell for cell in row.split("|") if cell] for row in rows]
    changed = [row[:1] + row[-2:] for row in told]
    # Of the slot that England was told of then: Manchester gives 9 and not 3, Nottingham gives 7.
    assert ["Ambulances waiting", "10", "23"] in changed
    assert ["Wed 25 Nov 12:20", "3", "9"] in changed
    assert any(row[1:] == ["rejected", "1", "0"] for row in told)


@pytest.mark.parametrize(
    ("at", "status", "told"),
    [
        ("yesterday", 400, "Write it like"),
        ("2026-10-25T01:30", 400, "the clocks change"),
        ("2026-11-26T08:00", 404, "tells how things stood from"),
        ("1999-01-01T00:00", 404, "tells how things stood from"),
    ],
)
def test_time_that_cannot_be_told(client: TestClient, at: str, status: int, told: str) -> None:
    answer = client.get(f"/seen/{at}/")
    assert answer.status_code == status
    assert told in answer.text


def test_time_that_is_asked_for_has_an_address(client: TestClient) -> None:
    asked = {"at": "2026-07-01T08:00", "page": "/trust/R0A"}
    answer = client.get("/seen", params=asked, follow_redirects=False)
    assert answer.headers["location"] == "/seen/2026-07-01T07:00Z/trust/R0A"
    answer = client.get("/seen", params={**asked, "page": "//x.test"}, follow_redirects=False)
    assert answer.headers["location"] == "/seen/2026-07-01T07:00Z/"


@pytest.mark.parametrize("address", ["/none", "/day/no-day", "/data/none.parquet", "/submission/x"])
def test_address_without_a_page(client: TestClient, address: str) -> None:
    assert client.get(AT + address).status_code == 404
