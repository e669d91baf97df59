"""With the published winters loaded, the page of a past day shows the figures of the workbook."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.board import board
from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines import steps
from pipelines.base.settings import settings
from tests.acceptance.test_published_workbooks import (
    KNOWN_DIFFERENCES,
    WINTER_2016,
    WINTER_2018,
    read_book,
)
from tests.support.ledger_questions import use_home

Told = dict[str, tuple[str, str, bool]]
"""Label → value, published value, and whether the page says that they differ."""


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, winter_2016: Path, winter_2018: Path
) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        home = use_home(patch, tmp_path_factory.mktemp("winters") / "home")
        steps.land_files([winter_2016, winter_2018])
        steps.drain()
        steps.publish()
        switch = Switch(current_of(home))
        switch.look()
        assert switch.fault is None
        yield TestClient(make_app(switch), base_url="http://127.0.0.1")
    settings.cache_clear()


def told_of(client: TestClient, day: date) -> Told:
    found = {}
    for row in client.get(f"/day/{day}").text.split("<tr>")[1:]:
        cells = [
            unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        if cells[0] != "Figure":
            value, stated = cells[1].split(" ")[0], cells[3].split(" ")[0]
            found[cells[0]] = (value, stated, "differs" in row)
    return found


@pytest.mark.parametrize(
    ("day", "differing"), [(date(2019, 1, 3), 0), (date(2017, 1, 8), 8), (date(2017, 1, 1), 9)]
)
def test_a_day_is_as_the_workbook_has_it(
    client: TestClient, winter_2016: Path, winter_2018: Path, day: date, differing: int
) -> None:
    if day.year == 2019:
        book = read_book(winter_2018, WINTER_2018)
    else:
        book = read_book(winter_2016, WINTER_2016)
    stated = {
        measure: figure for (measure, when), (figure, _, _) in book.england.items() if when == day
    }
    told = told_of(client, day)
    assert len(stated) >= 15
    for measure, figure in stated.items():
        value, shown, differs = told[board().label(measure)]
        assert shown == f"{figure:,.0f}", measure
        assert differs == ((measure, day) in KNOWN_DIFFERENCES), measure
        assert (value != shown) == differs, measure
    assert sum(differs for _, _, differs in told.values()) == differing
