"""Absurd slots and numbers are kept out; a file that changes nothing says so."""

import json
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.cli.outcomes import by_delivery
from tests.support.ledger_questions import ask_ledger, issues, use_home
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots

ABSURD = ("0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "9999-12-31T23:45:00Z", SLOTS[0])


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a file of absurd rows, and one that was made before what is held."""
    folder = tmp_path_factory.mktemp("absurd")
    with pytest.MonkeyPatch.context() as patch:
        home = use_home(patch, folder / "home", SITREP_NOW="2019-03-08T13:00:00Z")
        numbers = {(SITES[0], SLOTS[0]): {"patients_in_department": 2_147_483_647}}
        steps.land_files([write_slots(folder / SECOND_FILE, numbers, ABSURD)])
        steps.drain()
        older = {(SITES[1], SLOTS[0]): {"arrivals": 9}}
        first = write_slots(folder / FIRST_FILE, older, SLOTS[:1])
        rows = first.read_text().splitlines()
        first.write_text("\n".join([rows[0], rows[2]]) + "\n")
        steps.land_files([first])
        steps.drain()
    return home


def told(home: Path, code: str) -> list[str]:
    return [line["message"] for line in issues(home, code, FEED)]


def test_an_absurd_slot_is_told_with_the_first_day(settled: Path) -> None:
    assert len(told(settled, "SLOT-002")) == 4
    assert told(settled, "SLOT-002")[0] == (
        "slot_start is '0001-01-01T00:00:00Z', but this collection takes nothing from before "
        "2018-09-01."
    )
    assert len(told(settled, "ART-004")) == 2, "the year 9999 is in the future"


def test_an_absurd_number_is_told_with_its_limit(settled: Path) -> None:
    assert told(settled, "CELL-005") == [
        "patients_in_department is 2147483647; no number beyond 100,000 is taken."
    ]


def test_only_the_sound_row_is_held(settled: Path) -> None:
    held = ask_ledger(settled, "SELECT site_code, arrivals FROM history.acute_realtime")
    assert held == [{"site_code": SITES[1], "arrivals": 8}]


def test_a_file_of_outdated_rows_says_so_in_every_answer(
    settled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_home(monkeypatch, settled)
    sql = f"SELECT delivery_id FROM ops.submission WHERE file_name = '{FIRST_FILE}'"
    ids = [row["delivery_id"] for row in ask_ledger(settled, sql)]
    (outcome,) = by_delivery(ids)
    sentence = "Nothing changed: all 1 rows are older than the values held."
    assert outcome["status"] == "accepted" and outcome["rows_outdated"] == 1
    assert [sentence in finding for finding in outcome["findings"]] == [True]
    page = Path(outcome["answer"])
    assert sentence in page.read_text("utf-8")
    assert (
        sentence in json.loads(page.with_suffix(".json").read_text("utf-8"))["lines"][0]["message"]
    )
