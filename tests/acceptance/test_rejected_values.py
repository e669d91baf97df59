"""One cell that cannot be used costs its value and not its row, where the contract says so.

Given a value that is held, when a file brings an unusable one beside good figures, then these are
loaded, the value held stays, and the sender is told; nothing is uncounted.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from tests.support.ledger_questions import (
    ACUTE,
    Record,
    answers_of_days,
    ask_ledger,
    ask_publication,
    assert_rows_add_up,
    issues,
    submissions,
    use_home,
)
from tests.support.small_slots import (
    FEED,
    FIRST_FILE,
    SECOND_FILE,
    SITES,
    SLOTS,
    Value,
    write_slots,
)
from tests.support.small_workbook import DAYS, FILE_NAME, SHEETS, TRUSTS, Sheet, write_workbook

ONE, TWO, THREE = (f"2019-03-08T{hour}:00:00Z" for hour in (13, 14, 15))
TEXT, LEVEL = "2 – sustained", 7
SECOND: dict[tuple[str, str], dict[str, Value]] = {
    (SITES[0], SLOTS[0]): {"opel_level": TEXT, "arrivals": 9},
    (SITES[1], SLOTS[0]): {"opel_level": LEVEL, "ga_beds_occupied": 870},
    (SITES[0], SLOTS[1]): {"opel_level": TEXT, "arrivals": -1},
}
"""Two values to reject in rows to load, and one in a row that is kept out."""


@pytest.fixture
def loaded(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good file, and an hour later one with values to reject."""
    for at, name, changes in ((ONE, FIRST_FILE, {}), (TWO, SECOND_FILE, SECOND)):
        monkeypatch.setenv("SITREP_NOW", at)
        steps.land_files([write_slots(tmp_path / name, changes)], [FEED])
        steps.drain()
    return home


def held(home: Path) -> dict[tuple[str, str], Record]:
    rows = ask_ledger(home, "FROM history.acute_realtime WHERE superseded_at IS NULL")
    return {(row["site_code"], f"{row['slot_start']:%Y-%m-%dT%H:%M:%SZ}"): row for row in rows}


@pytest.mark.usefixtures("engine")
@pytest.mark.long_on_lake
def test_the_row_is_loaded_and_the_value_held_stays(loaded: Path) -> None:
    now = held(loaded)
    assert {row["opel_level"] for row in now.values()} == {3}
    assert now[SITES[0], SLOTS[0]]["arrivals"] == 9
    assert now[SITES[1], SLOTS[0]]["ga_beds_occupied"] == 870
    assert now[SITES[0], SLOTS[1]]["arrivals"] == 8, "its row was kept out for another reason"
    (own,) = ask_ledger(loaded, "FROM ops.submission WHERE file_name = ?", SECOND_FILE)
    assert (own["status"], own["values_rejected"]) == ("accepted_with_rejections", 2)
    assert (own["rows_read"], own["rows_accepted"], own["rows_quarantined"]) == (4, 3, 1)
    assert_rows_add_up(loaded)


def test_the_text_is_kept_with_its_place(loaded: Path) -> None:
    kept = ask_ledger(loaded, "FROM ops.quarantined_value ORDER BY row_index")
    told = [(one["column_name"], one["codes"], one["text"]) for one in kept]
    assert told == [("opel_level", ["CELL-001"], TEXT), ("opel_level", ["ART-009"], "7")]
    assert {(one["org_code"], one["slot"]) for one in kept} == {("R0A", SLOTS[0])}
    assert [(one["row_number"], one["column_letter"]) for one in kept] == [(2, "Z"), (3, "Z")]


def test_the_sender_is_told(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [*issues(loaded, "CELL-001", FEED), *issues(loaded, "ART-009", FEED)]
    assert {one["severity"] for one in found} == {"reject_value"}
    assert [one["value"] for one in found] == [TEXT, TEXT, "7"]
    answer = answers_of_days(loaded)[-1]
    assert answer["rows"]["values_rejected"] == 2
    (page,) = loaded.glob("answers/*/*.md")
    assert (
        "In the accepted rows 2 values were left out; what was held before stays"
        in page.read_text("utf-8")
    )
    assert "CELL-001: the value was left out, its row was loaded (2)" in page.read_text("utf-8")
    assert _run(["submissions"]) == 0
    assert "values_rejected" in capsys.readouterr().out


def test_the_tables_of_quality_count_it(loaded: Path) -> None:
    steps.publish()
    (told,) = ask_publication(
        loaded, "SELECT values_rejected FROM submission WHERE file_name = ?", SECOND_FILE
    )
    (feed,) = ask_publication(
        loaded, "SELECT values_rejected FROM feed_status WHERE feed_id = ?", FEED
    )
    assert told == feed == {"values_rejected": 2}
    days = ask_publication(
        loaded, "SELECT code, findings FROM finding_day WHERE severity = 'reject_value' ORDER BY 1"
    )
    assert days == [{"code": "ART-009", "findings": 1}, {"code": "CELL-001", "findings": 2}]


def test_a_value_that_is_loaded_no_more_when_read_again_goes_back(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule is changed between: what the file gave is taken back, and what it replaced held."""
    folder = tmp_path / "expectations"
    shutil.copytree(PROJECT / "expectations", folder, ignore=shutil.ignore_patterns("*.py*"))
    use_home(monkeypatch, home, SITREP_EXPECTATIONS_DIR=str(folder))
    contract = folder / "acute_realtime.yaml"
    strict = contract.read_text("utf-8")
    contract.write_text(strict.replace("min_value: 1, max_value: 4}", "max_value: 9}"), "utf-8")
    changes = {(SITES[0], SLOTS[0]): {"opel_level": LEVEL}}
    for at, name, own in ((ONE, FIRST_FILE, {}), (TWO, SECOND_FILE, changes)):
        monkeypatch.setenv("SITREP_NOW", at)
        steps.land_files([write_slots(tmp_path / name, own)], [FEED])
        steps.drain()
    assert held(home)[SITES[0], SLOTS[0]]["opel_level"] == LEVEL
    contract.write_text(strict, "utf-8")
    settings.cache_clear()
    monkeypatch.setenv("SITREP_NOW", THREE)
    assert _run(["reprocess", "--feed", FEED]) == 1
    assert held(home)[SITES[0], SLOTS[0]]["opel_level"] == 3
    assert_rows_add_up(home)
    settings.cache_clear()


PRESSURES = Sheet("Trusts with Pressures", ("OPEL level",))


def test_a_level_in_words_keeps_no_bed_figure_out(home: Path, tmp_path: Path) -> None:
    """In a workbook of a winter."""
    levels: dict[tuple[str, str, str, date], Value | date | None] = {
        (PRESSURES.name, code, "OPEL level", day): "OPEL 3" for code in TRUSTS for day in DAYS
    }
    levels[PRESSURES.name, "RF4", "OPEL level", DAYS[1]] = f"OPEL {TEXT}"
    steps.land_files(
        [write_workbook(tmp_path / FILE_NAME, levels, sheets=(*SHEETS, PRESSURES))], [ACUTE]
    )
    steps.drain()
    own = submissions(home)[ACUTE]
    assert (own["rows_quarantined"], own["values_rejected"]) == (0, 1)
    rows = ask_ledger(
        home, "SELECT ga_beds_open, opel_level FROM history.acute_sitrep WHERE org_code = 'RF4'"
    )
    assert sorted((row["opel_level"] or 0) for row in rows) == [0, 3, 3]
    assert all(row["ga_beds_open"] for row in rows)
    assert_rows_add_up(home)
