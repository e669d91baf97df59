"""Which submissions are read again: all that meet every condition that is given."""

import shutil
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.cli.app import _run
from tests.support.ledger_questions import (
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
    use_home,
)
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from tests.support.warehouse import lay_empty_warehouse

pytestmark = pytest.mark.usefixtures("engine")

NOON, ONE, TWO = (f"2019-03-08T{hour}:00:00Z" for hour in (12, 13, 14))
BOTH = {"slots at noon", "slots at one", "acute", "ambulance"}


@pytest.fixture(scope="module")
def prepared(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Slots at noon and at one, a workbook of two feeds at one, the first slots again at two."""
    folder = tmp_path_factory.mktemp("reprocess")
    first = write_slots(folder / FIRST_FILE)
    changed = {(SITES[0], SLOTS[0]): {"arrivals": 9}}
    at_one = [write_slots(folder / SECOND_FILE, changed), write_workbook(folder / FILE_NAME)]
    with pytest.MonkeyPatch.context() as patch:
        home = use_home(patch, lay_empty_warehouse(folder / "home"))
        for moment, files in ((NOON, [first]), (ONE, at_one), (TWO, [first])):
            patch.setenv("SITREP_NOW", moment)
            steps.land_files(files)
            steps.drain()
    return home


@pytest.mark.long_on_lake
@pytest.mark.parametrize(
    ("options", "read_again"),
    [
        (["--collection", "acute_realtime"], {"slots at noon", "slots at one"}),
        (["--feed", "acute_realtime.r0a"], {"slots at noon", "slots at one"}),
        (["--collection", "acute_sitrep"], {"acute"}),
        (["--collection", "nhs111"], set()),
        (["--since", NOON], BOTH),
        (["--since", "2019-03-08T12:00:01Z"], BOTH - {"slots at noon"}),
        (["--since", NOON, "--until", ONE], {"slots at noon"}),
        (["--since", TWO], set()),
        (["--collection", "acute_realtime", "--since", ONE], {"slots at one"}),
        (["--feed", "acute_realtime.r0a", "--until", ONE], {"slots at noon"}),
        (["--feed", "acute_realtime.r0a", "--collection", "acute_sitrep"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_read_again(
    prepared: Path, home: Path, monkeypatch: pytest.MonkeyPatch, options: list[str],
    read_again: set[str],
) -> None:  # fmt: skip
    """From `--since` on, before `--until`, and never a duplicate."""
    shutil.copytree(prepared, home, dirs_exist_ok=True)
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T15:00:00Z")
    assert _run(["reprocess", *options]) == 0
    rows = ask_ledger(home, "FROM ops.submission ORDER BY received_at, submission_id")
    names = ["slots at noon", "slots at one", "acute", "ambulance", "slots at noon, again"]
    attempts = dict(zip(names, (row["attempt"] for row in rows), strict=True))
    assert {name for name, attempt in attempts.items() if attempt == 2} == read_again
    assert [row["status"] for row in rows] == ["accepted"] * 4 + ["duplicate"]
    held = ask_ledger(home, "FROM history.acute_realtime WHERE superseded_at IS NULL")
    assert sorted(row["arrivals"] for row in held) == [8, 8, 8, 9], "nothing changed"
    assert len(ask_ledger(home, "FROM history.acute_realtime")) == 5
    assert_rows_add_up(home)
    assert_answered_once(home)


@pytest.mark.parametrize(
    "options",
    [
        ["--since", NOON],
        pytest.param(["--since", ONE, "--until", TWO], marks=pytest.mark.long_on_lake),
    ],
)
def test_of_files_made_at_the_same_time_the_one_that_came_last_counts(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """The second file says what the first did of one site; read again, it overrules no third."""
    versions: tuple[dict[tuple[str, str], dict[str, int]], ...] = (
        {},
        {(SITES[1], SLOTS[0]): {"arrivals": 7}},
        {(SITES[0], SLOTS[0]): {"arrivals": 9}},
    )
    for moment, changes in zip((NOON, ONE, TWO), versions, strict=True):
        monkeypatch.setenv("SITREP_NOW", moment)
        steps.land_files([write_slots(tmp_path / moment / FIRST_FILE, changes)])
        steps.drain()
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T15:00:00Z")
    before = ask_ledger(home, "FROM history.acute_realtime ORDER BY ALL")
    assert len(before) == 4 + 1 + 2, "the third file takes the second's correction back"
    for _ in range(2):
        assert _run(["reprocess", *options]) == 0
        assert ask_ledger(home, "FROM history.acute_realtime ORDER BY ALL") == before


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--until", NOON],
        ["--collection", "nothing"],
        ["--feed", "nothing"],
        ["--since", "noon"],
        ["--since", "2026-10-25T01:30"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_for_is_told(
    home: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["reprocess", *options]) == 2
    assert capsys.readouterr().err.strip()
