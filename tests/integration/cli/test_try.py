"""A file is tried on a feed: all that would become of it is told, and nothing of it is kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.app import _run
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots
from tests.support.small_workbook import FILE_NAME, GA_BEDS, write_workbook

FEED = "acute_realtime.r0a"


def tried(file: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert _run(["try", FEED, str(file), "--json"]) == code
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def paths_of(home: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def test_a_trial_says_what_a_load_does_then_and_touches_nothing(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    file = write_slots(tmp_path / FIRST_FILE)
    first = tried(file, capsys)
    assert first["repeats"] is None and not home.exists()
    assert _run(["ingest", "--feed", FEED, str(file)]) == 0
    before = paths_of(home)

    again = tried(file, capsys)
    assert again["repeats"]["status"] == "accepted"
    assert again["answer"]["accepted_rows"]["unchanged"] == first["answer"]["accepted_rows"]["new"]

    other = tmp_path / SECOND_FILE
    write_slots(other, {(SITES[0], SLOTS[0]): {"patients_in_department": 77}})
    revised = tried(other, capsys)
    assert revised["answer"]["accepted_rows"]["revised"] == 1
    assert paths_of(home) == before


def test_cells_stand_as_sent_beside_what_is_understood(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    told = tried(write_slots(tmp_path / FIRST_FILE), capsys)
    cell = next(one for one in told["rows"] if one["column"] == "patients_in_department")
    assert cell["sent"] == str(cell["understood"]) and cell["place"]


def test_a_mistyped_heading_is_told_with_what_is_expected(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    file = tmp_path / "R0A.csv"
    file.write_text("site_code,slot_strt,patients_in_department\nR0A02,2019-03-08T11:00:00Z,1\n")
    told = tried(file, capsys, code=1)
    lines = {one["column"] or one["found"]: one for one in told["headings"]}
    assert lines["slot_strt"]["likely"] == "slot_start"
    assert lines["slot_start"]["likely"] == "slot_strt"
    assert told["answer"]["lines"][0]["code"] == "FILE-015"

    assert _run(["try", FEED, str(file)]) == 1
    page = capsys.readouterr().out
    assert "'slot_strt' may be meant" in page and "Nothing was kept or loaded" in page
    assert not home.exists()


@pytest.mark.parametrize("what", [["no.feed", "{file}"], [FEED, "absent.csv"]])
def test_what_cannot_be_tried_is_2(home: Path, tmp_path: Path, what: list[str]) -> None:
    file = tmp_path / "R0A.csv"
    file.write_text("a\n")
    assert _run(["try", *(one.format(file=file) for one in what)]) == 2


def test_patient_data_is_refused_and_the_file_stays_where_it_is(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "R0A.csv"
    file.write_text("site_code,slot_start,note\nR0A02,2019-03-08T11:00:00Z,999 000 0018\n")
    told = tried(file, capsys, code=1)
    assert [one["code"] for one in told["answer"]["lines"]] == ["DATA-001"]
    assert "999" not in json.dumps(told["answer"]["lines"] + told["rows"])
    assert file.exists() and not home.exists()


def test_sources_are_collected_by_hand(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    folder = home / "incoming" / "acute_realtime"
    folder.mkdir(parents=True)
    write_slots(folder / FIRST_FILE)
    assert _run(["collect", "--collection", "acute_realtime", "--json"]) == 0
    landed = json.loads(capsys.readouterr().out)["landed"]
    assert sum(landed.values()) >= 1
    assert not (folder / FIRST_FILE).exists()
    assert _run(["collect", "--feed", "no.feed"]) == 2
    assert _run(["collect", "--collection", "acute_realtim"]) == 2
    assert "Did you mean 'acute_realtime'" in capsys.readouterr().err


def test_the_measures_of_a_winter_workbook_are_told_with_their_sheets(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_workbook(tmp_path / FILE_NAME)
    assert _run(["try", "acute_sitrep.winter_timeseries", str(file), "--json"]) == 0
    lines = {one["column"]: one for one in json.loads(capsys.readouterr().out)["headings"]}
    assert lines["ga_beds_open"]["found"] == GA_BEDS
    assert lines["ae_closures"]["expected"]
    assert not home.exists()
