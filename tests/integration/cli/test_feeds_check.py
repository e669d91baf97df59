"""Files are checked without a warehouse: what would be accepted, what is wrong, what is unusual."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.check.patient_places import patient_places
from pipelines.cli.app import _run
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots

NUMBER = "999 000 0018"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:40:00Z")


def checked(capsys: pytest.CaptureFixture[str], *told: str | Path, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert _run(["feeds", "check", FEED, *map(str, told), "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


class _Page(HTMLParser):
    """What a page loads from elsewhere, and its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [
            str(told) for name, told in attrs if name in ("src", "href") and told and told[0] != "#"
        ]


def test_a_good_file_is_told_and_nothing_is_made(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_slots(tmp_path / FIRST_FILE)
    (told,) = checked(capsys, file)["files"]
    assert told["status"] == "accepted"
    assert told["rows"]["read"] == told["rows"]["accepted"] == 4
    assert told["lines"] == [] and told["lacking"] == []
    assert {one["column"]: one["sent"] for one in told["cells"]}["site_code"] == SITES[1]
    assert not home.exists()


def test_what_would_be_kept_out_is_1_with_place_value_and_fix(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_slots(tmp_path / FIRST_FILE, {(SITES[1], SLOTS[0]): {"ga_beds_open": -4}})
    (told,) = checked(capsys, file, code=1)["files"]
    assert (told["status"], told["rows"]["quarantined"]) == ("accepted_with_rejections", 1)
    line = next(one for one in told["lines"] if one["code"] == "ART-001")
    assert (line["code"], line["row"], line["column"], line["value"]) == ("ART-001", 3, "X", "-4")
    assert line["fix"]


def test_a_value_left_out_is_1(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_slots(tmp_path / FIRST_FILE, {(SITES[0], SLOTS[0]): {"opel_level": 7}})
    (told,) = checked(capsys, file, code=1)["files"]
    assert told["rows"]["values_rejected"] == 1 and told["rows"]["accepted"] == 4


def test_later_files_revise_and_repeat_earlier_ones_in_the_order_of_their_names(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write_slots(tmp_path / FIRST_FILE)
    other = {(SITES[0], SLOTS[0]): {"patients_in_department": 77}}
    second = write_slots(tmp_path / SECOND_FILE, other)
    again = tmp_path / "again.csv"
    again.write_bytes(first.read_bytes())
    files = checked(capsys, second, first, again)["files"]
    assert [one["file_name"] for one in files] == [FIRST_FILE, SECOND_FILE, "again.csv"]
    assert f"1 row would revise values of {FIRST_FILE}." in files[1]["remarks"]
    assert f"3 rows would be as in {FIRST_FILE}." in files[1]["remarks"]
    assert [one["status"] for one in files] == ["accepted", "accepted", "duplicate"]
    assert FIRST_FILE in files[2]["lines"][0]["message"]


def test_the_page_stands_alone_and_takes_no_cell_for_markup(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {(SITES[0], SLOTS[0]): {"arrivals": "<script>alert(1)</script>"}}
    page = tmp_path / "report.html"
    assert _run(["feeds", "check", FEED, str(write_slots(tmp_path / FIRST_FILE, bad)),
                 "--html", str(page)]) == 1  # fmt: skip
    text = page.read_text("utf-8")
    found = _Page(text)
    assert found.loaded == [] and "script" not in found.tags and "link" not in found.tags
    assert "&lt;script&gt;alert(1)" in text and "CELL-001" in text
    assert "@import" not in text and "url(" not in text
    assert str(page) in capsys.readouterr().out


@pytest.mark.parametrize("heading", ["note", "nhs number"])
def test_of_patient_data_nothing_is_shown(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], heading: str
) -> None:
    file = write_slots(tmp_path / FIRST_FILE)
    head, *rows = file.read_text("utf-8").splitlines()
    marked = [f"{row},Jane Doe {NUMBER}" for row in rows]
    file.write_text("\n".join([f"{head},{heading}", *marked]) + "\n", "utf-8")
    page = tmp_path / "report.html"
    told = checked(capsys, file, "--html", page, code=1)["files"][0]
    assert told["has_patient_data"] and told["cells"] == told["headings"] == told["sheets"] == []
    for text in (json.dumps(told), page.read_text("utf-8")):
        assert "Jane" not in text and NUMBER not in text and SITES[0] not in text
    assert "data about patients" in page.read_text("utf-8")
    places = [(line["row"], line["column"]) for line in told["lines"] if line["code"] == "DATA-001"]
    assert places == [(row, "AA") for row in range(2, 6)]
    assert "row 2, column AA" in page.read_text("utf-8")


def test_a_number_of_a_patient_is_found_in_the_cells_of_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Hidden").sheet_state = "hidden"
    book["Hidden"]["C4"] = int(NUMBER.replace(" ", ""))
    book.save(tmp_path / "book.xlsx")
    (place,) = patient_places((tmp_path / "book.xlsx").read_bytes())
    assert (place.sheet, place.row, place.column_letter) == ("Hidden", 4, "C")


def test_of_what_cannot_be_looked_through_nothing_is_shown(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / FIRST_FILE
    file.write_bytes(b"\x00\x01PK\x03\x04Jane Doe" * 200)
    told = checked(capsys, file, code=1)["files"][0]
    assert "cannot be looked through" in told["verdict"]
    assert "DATA-004" in {line["code"] for line in told["lines"]}
    assert "Found in row" not in json.dumps(told)


def test_a_file_larger_than_files_may_be_is_refused_unread(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "100")
    settings.cache_clear()
    told = checked(capsys, write_slots(tmp_path / FIRST_FILE), code=1)["files"][0]
    assert [line["code"] for line in told["lines"]] == ["FILE-016"]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(["no.feed", "{file}"], id="unknown feed"),
        pytest.param([FEED, "absent.csv"], id="no such file"),
        pytest.param([FEED], id="no file"),
        pytest.param([FEED, "{file}", "--publication", "absent.duckdb"], id="no such publication"),
        pytest.param([FEED, "{file}", "--html", "{file}/a.html"], id="no such folder"),
    ],
)
def test_what_cannot_be_checked_is_2(home: Path, tmp_path: Path, told: list[str]) -> None:
    file = write_slots(tmp_path / FIRST_FILE)
    assert _run(["feeds", "check", *(one.format(file=file) for one in told)]) == 2


def test_values_are_compared_with_the_same_time_of_day_of_four_weeks(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in range(1, 8):
        slots = [slot.replace("-08T", f"-{day:02}T") for slot in SLOTS]
        name = FIRST_FILE.replace("20190308", f"201903{day:02}")
        far = [slots[0].replace("T11:15", "T03:00")]
        high = {(site, far[0]): {"longest_wait_minutes": 9000} for site in SITES}
        assert _run(["ingest", "--feed", FEED, str(write_slots(tmp_path / name, {}, slots))]) == 0
        night = write_slots(tmp_path / name.replace("T11", "T10"), high, far)
        assert _run(["ingest", "--feed", FEED, str(night)]) == 0
    assert _run(["publish"]) == 0
    seconds = {(SITES[0], SLOTS[0]): {"median_time_to_treatment_minutes": 2700}}
    found = checked(capsys, write_slots(tmp_path / FIRST_FILE, seconds))
    levels = found["levels"]
    assert "at the same time of day" in levels["told"]
    (look,) = [one for one in levels["lines"] if one["is_far"]]
    assert look["measure"] == "median_time_to_treatment_minutes"
    assert (look["org_code"], look["farthest"]) == (f"R0A {SITES[0]}", 2700)
    assert (look["recent_lowest"], look["recent_highest"], look["recent_values"]) == (45, 45, 7)
    # The nights' long waits are no part of the range of a morning.
    waits = [one for one in levels["lines"] if one["measure"] == "longest_wait_minutes"]
    assert {one["recent_highest"] for one in waits} == {725}
    assert found["files"][0]["status"] == "accepted"


def test_without_a_publication_there_is_nothing_to_compare_with(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = checked(capsys, write_slots(tmp_path / FIRST_FILE))["levels"]
    assert levels["told"].startswith("There is nothing to compare with") and not levels["lines"]


@pytest.mark.parametrize("feed", ["ambulance_sitrep.rx9", "ae_attendances.monthly"])
def test_files_of_days_and_months_are_compared_too(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], feed: str
) -> None:
    path = tmp_path / "example.csv"
    assert (
        _run(["template", feed.partition(".")[0], "--feed", feed, "--example", "--to", str(path)])
        == 0
    )
    steps.land_files([path], [feed])
    steps.drain()
    steps.publish()
    capsys.readouterr()
    assert _run(["feeds", "check", feed, str(path)]) in (0, 1)
    told = capsys.readouterr().out
    assert "There is nothing to compare with" in told or "Compared with" in told
