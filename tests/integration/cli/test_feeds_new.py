"""`sitrep feeds new` on the command line: what it writes, asks and refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.base.settings import settings
from pipelines.cli.app import _run
from tests.support.onboarding_hands import control_room_analyst, early_days, excel_user

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-27T12:00:00Z")


def new(
    capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0
) -> tuple[dict[str, Any], str]:
    capsys.readouterr()
    assert _run(["feeds", "new", *map(str, words), "--json"]) == code
    seen = capsys.readouterr()
    return (json.loads(seen.out) if seen.out else {}), seen.err


def test_a_feed_is_written_that_the_registry_reads_and_the_sample_is_accepted_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = tmp_path / "feeds"
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    sample = excel_user()
    file = tmp_path / sample.file_name
    file.write_bytes(sample.content)

    told, _ = new(capsys, sample.collection, sample.provider, file)
    path = feeds / "acute_sitrep" / "rgt.yaml"
    assert told["file"] == str(path) and path.read_text("utf-8") == told["text"]
    assert told["questions"] == [] and told["trials"][0]["status"] == "accepted"
    written = yaml.safe_load(told["text"])
    assert written["stage"] == "onboarding"
    assert written["provider"]["name"] == "Cambridge University Hospitals NHS Foundation Trust"
    assert _run(["try", "acute_sitrep.rgt", str(file)]) == 0

    _, refused = new(capsys, sample.collection, sample.provider, file, code=2)
    assert "--force" in refused
    new(capsys, sample.collection, sample.provider, file, "--force")


def test_a_question_is_told_stands_in_the_file_and_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = early_days()
    monkeypatch.setenv("SITREP_NOW", sample.now)
    file = tmp_path / sample.file_name
    file.write_bytes(sample.content)
    words = (sample.collection, sample.provider, file, "--to", "-")

    told, _ = new(capsys, *words, code=1)
    (question,) = told["questions"]
    assert question["key"] == "report_date.format"
    assert sorted(question["choices"]) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert "02/11/2026" in question["seen"]
    assert "# OPEN report_date.format" in told["text"]
    assert "report_date" not in yaml.safe_load(told["text"])["format"]["columns"]

    told, _ = new(capsys, *words, "--answer", "report_date.format=%d/%m/%Y")
    assert told["questions"] == []
    columns = yaml.safe_load(told["text"])["format"]["columns"]
    assert columns["report_date"] == {"headings": ["Date"], "format": "%d/%m/%Y"}


def test_a_second_sample_decides_what_the_first_leaves_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / f"RX9_2026110{day}.csv" for day in (3, 4)]
    files[0].write_text("Date,Incidents\n03/11/2026,5\n")
    files[1].write_text("Date,Incidents\n16/11/2026,6\n")
    words = ("ambulance_sitrep", "RX9", "--to", "-")
    told, _ = new(capsys, *words, files[0], code=1)
    assert [one["key"] for one in told["questions"]] == ["report_date.format"]
    told, _ = new(capsys, *words, *files, code=1)  # the first day is closed by now
    assert told["questions"] == [] and "%d/%m/%Y" in told["text"]
    assert [len(told["trials"]), told["trials"][1]["status"]] == [2, "accepted"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ambulance_sitrep", "RX9", "{file}", "--answer", "x.y=1"], "no such question"),
        (["ambulance_sitrep", "RX9", "{file}", "--answer", "nothing"], "key=value"),
        (["ambulance_sitrep", "QQQ", "{file}"], "no organisation 'QQQ'"),
        (["ambulance_sitreps", "RX9", "{file}"], "Did you mean 'ambulance_sitrep'"),
        (["ambulance_sitrep", "RX9", "{file}.gone"], "No such file"),
        (["nhs111", "RX9", "{other}"], "no heading of 'nhs111'"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = control_room_analyst()
    file, other = tmp_path / sample.file_name, tmp_path / "other.csv"
    file.write_bytes(sample.content)
    other.write_text("colour,shape\nred,round\n")
    words = [one.format(file=file, other=other) for one in words]
    _, told = new(capsys, *words, "--to", "-", code=2)
    assert expected in told


def test_a_terminal_is_told_columns_trial_and_open_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "RX9_20261120.csv"
    file.write_text("Date,Calls answered,C1 mean,Calls answered YTD\n20/11/2026,5,450,9\n")
    assert _run(["feeds", "new", "ambulance_sitrep", "RX9", str(file), "--to", "-"]) == 1
    told = capsys.readouterr().out
    assert "--answer 'response_c1_mean_seconds.unit=minutes'" in told
    assert "--answer 'map.Calls answered YTD=ignore'" in told
    assert "Rows read: 1, accepted: 1. Columns found: 3." in told


def test_a_file_with_numbers_of_patients_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "RX9_20261120.csv"
    file.write_text("Date,Calls answered,NHS number\n20/11/2026,5,999 000 0018\n")
    _, told = new(capsys, "ambulance_sitrep", "RX9", file, "--to", "-", code=2)
    assert "999" not in told.replace("999…", "") and "NHS number" in told
