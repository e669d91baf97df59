"""`sitrep feeds check`: what would be loaded, each problem, and a page that needs nothing else."""

import json
import re
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.cli import app
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots

NUMBER = "999 000 0018"
"""A number of the range that is never given to anybody."""


def check(*arguments: object) -> int:
    return app._run(["feeds", "check", *map(str, arguments)])


def checked(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, object]]:
    capsys.readouterr()
    check(*arguments, "--json")
    return list(json.loads(capsys.readouterr().out))


def test_a_good_file_ends_with_0_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    assert check(FEED, write_slots(tmp_path / FIRST_FILE)) == 0
    assert not home.exists()


def test_each_problem_is_told_with_place_value_and_fix(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_slots(tmp_path / FIRST_FILE, {("R0A02", SLOTS[0]): {"arrivals": -3}})
    assert check(FEED, path) == 1
    told = capsys.readouterr().out
    assert "Would be accepted, but what is listed would be kept out." in told
    assert re.search(r"ART-001 .*cell G2, R0A, .*arrivals is -3", told)
    assert "What to do: Send the number counted" in told
    assert "3 would be loaded, 1 kept out" in told


def test_files_are_checked_as_if_one_came_after_the_other(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write_slots(tmp_path / FIRST_FILE)
    second = write_slots(tmp_path / SECOND_FILE, {("R0A02", SLOTS[0]): {"arrivals": 9}})
    one, other, again = checked(capsys, FEED, first, second, first)
    assert one["answer"]["accepted_rows"]["new"] == 4  # type: ignore[index]
    counts = other["answer"]["accepted_rows"]  # type: ignore[index]
    assert (counts["revised"], counts["unchanged"]) == (1, 3)
    assert again["answer"]["status"] == "duplicate"  # type: ignore[index]
    assert FIRST_FILE in again["answer"]["lines"][0]["message"]  # type: ignore[index]


def test_a_file_with_patient_data_is_refused_and_its_value_stands_nowhere(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / FIRST_FILE
    content = write_slots(path).read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{content[0]},note", *(f"{x},{NUMBER}" for x in content[1:])]))
    page = tmp_path / "report.html"
    assert check(FEED, path, "--html", page) == 1
    told = capsys.readouterr().out + page.read_text(encoding="utf-8")
    assert "DATA-001" in told
    assert NUMBER not in told and NUMBER.replace(" ", "") not in told


def test_a_file_that_cannot_be_read_has_the_headings_that_are_expected(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / FIRST_FILE
    path.write_text("Trust,Arrived\nR0A,4\n", encoding="utf-8")
    assert check(FEED, path) == 1
    told = capsys.readouterr().out
    assert "FILE-015" in told and "expected: 'org_code'" in told


def test_the_page_needs_nothing_else_and_shows_what_was_sent_as_text(
    home: Path, tmp_path: Path
) -> None:
    evil = "<script>alert(1)</script>"
    path = write_slots(tmp_path / FIRST_FILE, {("R0A02", SLOTS[0]): {"arrivals": evil}})
    page = tmp_path / "report.html"
    assert check(FEED, path, "--html", page) == 1
    html = page.read_text(encoding="utf-8")
    assert evil not in html and "&lt;script&gt;" in html
    assert not re.search(r"<(script|link|img|iframe)|src=|url\(|https?://", html)
    assert html.count("<h2") == 1 and "What to look at" in html


def test_figures_far_outside_of_those_of_lately_are_told_and_cost_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    slots = [f"2019-03-{day:02}T11:15:00Z" for day in range(1, 8)]
    held = {
        (site, slot): {"arrivals": 7 + at % 3} for at, slot in enumerate(slots) for site in SITES
    }
    lately = write_slots(tmp_path / "R0A_acute_realtime_20190307T123500.csv", held, slots)
    steps.land_files([lately])
    steps.drain()
    steps.publish()
    path = write_slots(tmp_path / FIRST_FILE, {("R0A02", SLOTS[0]): {"arrivals": 80}})
    (one,) = checked(capsys, FEED, path)
    levels = {level["measure"]: level for level in one["levels"]}  # type: ignore[attr-defined]
    assert levels["arrivals"]["is_unusual"] and not levels["patients_in_resus"]["is_unusual"]
    assert (levels["arrivals"]["held_least"], levels["arrivals"]["held_most"]) == (7, 9)
    assert one["is_clean"]
    assert "28 days" in str(one["compared_with"])


def test_what_others_reported_is_not_learnt_from_a_file_that_names_them(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    slots = [f"2019-03-{day:02}T11:15:00Z" for day in range(1, 8)]
    steps.land_files([write_slots(tmp_path / "R0A_acute_realtime_20190307T123500.csv", {}, slots)])
    steps.drain()
    steps.publish()
    path = write_slots(tmp_path / "other.csv")
    assert any(one["held"] for one in checked(capsys, FEED, path)[0]["levels"])  # type: ignore[attr-defined]
    assert not checked(capsys, "acute_realtime.ra7", path)[0]["levels"]


def test_without_a_publication_it_says_that_there_is_nothing_to_compare_with(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(FEED, write_slots(tmp_path / FIRST_FILE)) == 0
    assert "nothing to compare" in capsys.readouterr().out
    assert check(FEED, tmp_path / FIRST_FILE, "--publication", tmp_path / "none.duckdb") == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("acute_realtime.nobody", "{file}"), "There is no feed"),
        ((FEED, "no_such_file.csv"), "No such file"),
        ((FEED,), "Missing argument"),
    ],
    ids=["feed", "file", "nothing"],
)
def test_what_cannot_be_checked_is_an_error_of_usage(
    arguments: tuple[str, ...],
    told: str,
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_slots(tmp_path / FIRST_FILE)
    assert check(*(one.format(file=path) for one in arguments)) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_too_large_is_refused_unread(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_slots(tmp_path / FIRST_FILE)
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "10")
    settings.cache_clear()
    assert check(FEED, path) == 1
    assert "FILE-016" in capsys.readouterr().out
