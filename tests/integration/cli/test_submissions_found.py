"""Submissions are found by what a person knows of them, and ids can be copied from any terminal."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.cli.console import say_table
from tests.support.small_workbook import FILE_NAME, write_workbook

FEED = "acute_sitrep.winter_timeseries"
WRONG_NAME = "Winter-data-timeseries-20190401.xlsx"
PIPED = [sys.executable, "-c", "from pipelines.cli import main; main()"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a good workbook, the same bytes again, and a file that is none."""
    folder = tmp_path_factory.mktemp("found")
    good = write_workbook(folder / FILE_NAME)
    (folder / WRONG_NAME).write_bytes(b"no workbook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        settings.cache_clear()
        steps.land_files([good, folder / WRONG_NAME], [FEED])
        steps.drain()
        steps.land_files([good], [FEED])
        steps.drain()
    settings.cache_clear()
    return folder


@pytest.fixture
def home(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SITREP_HOME", str(loaded / "home"))
    settings.cache_clear()
    yield loaded / "home"
    settings.cache_clear()


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], [FILE_NAME, FILE_NAME, WRONG_NAME]),
        (["--status", "rejected"], [WRONG_NAME]),
        (["--status", "duplicate", "--feed", FEED], [FILE_NAME]),
        (["--file", "20190401"], [WRONG_NAME]),
        (["--file", "WINTER-data*0401.XLSX"], [WRONG_NAME]),
        (["--feed", "nhs111.national"], []),
        (["--since", "2099-01-01T00:00Z"], []),
    ],
    ids=" ".join,
)
def test_options_say_which_are_listed(
    home: Path, capsys: pytest.CaptureFixture[str], options: list[str], names: list[str]
) -> None:
    assert _run(["submissions", *options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(one["file_name"] for one in found) == sorted(names)


def test_one_is_found_by_hash_by_the_beginning_of_its_id_and_by_name(
    home: Path, loaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = sha256((loaded / FILE_NAME).read_bytes()).hexdigest()
    told = set()
    for known in (digest, digest[:8].upper(), f"{FEED}@{digest[:10]}", FILE_NAME):
        assert _run(["submissions", known, "--json"]) == 0
        told.add(json.loads(capsys.readouterr().out)["submission_id"])
    assert told == {f"{FEED}@{digest[:16]}"}


def test_a_name_of_several_lists_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["submissions", "Winter-data"]) == 2
    told = capsys.readouterr().err
    assert "2 submissions go by 'Winter-data'" in told
    assert told.count(f"  {FEED}@") == 2


@pytest.mark.parametrize("arguments", [["--feed", "nhs11.national"], ["--status", "reject"]])
def test_what_was_mistyped_is_told_with_what_was_meant(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert _run(["submissions", *arguments]) == 2
    assert "Did you mean" in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 80, 200])
def test_an_id_is_never_cut_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    known = f"{FEED}@0123456789abcdef"
    say_table(("submission_id", "file_name"), [(known, "a name that is rather long.xlsx")])
    assert known in capsys.readouterr().out


def test_the_exit_code_survives_a_reader_that_has_gone(home: Path, loaded: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PIPED, "ingest", "--feed", FEED, str(loaded / WRONG_NAME)],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_to_look_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_HOME", str(tmp_path / "absent"))
    settings.cache_clear()
    assert _run(["status"]) == 0
    assert _run(["submissions"]) == 0
    settings.cache_clear()
    assert list(tmp_path.iterdir()) == []


def test_the_shell_completes_commands() -> None:
    asked = {"_SITREP_COMPLETE": "complete_bash", "COMP_WORDS": "sitrep sub", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'sitrep'; " + PIPED[2]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **asked, "PYTHONPATH": str(PROJECT)},
    )
    assert done.stdout.split() == ["submissions"]


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sitrep ")
