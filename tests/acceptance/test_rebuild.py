"""The warehouse can be made again from landing alone, equal to the cell.

Given a home with files of every fate, when its warehouse is lost, then `sitrep rebuild` makes one
that holds the same: when each value was recorded and superseded, too.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from tests.support.children import KILLED, copy_home, end_at, run
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import answers_of_days, ask_ledger
from tests.support.small_slots import write_slots
from tests.support.warehouse import look_into, tamper_with, warehouse_file
from tests.support.whole_home import fill_home, name_of, use, whole_warehouse
from warehouse.store.engine_note import NOTE

NOW = "2019-03-08T14:00:00Z"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("rebuild") / "home"
    with pytest.MonkeyPatch.context() as patch:
        fill_home(patch, home)
        use(patch, home, NOW)
        yield home
    settings.cache_clear()


@pytest.fixture
def home(filled: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    copy = copy_home(filled, request.node.name)
    use(monkeypatch, copy, NOW)
    return copy


def rebuild() -> int:
    return _run(["rebuild"])


def test_there_is_something_of_everything(filled: Path) -> None:
    rows = ask_ledger(filled, "SELECT DISTINCT status FROM ops.submission")
    statuses = {row["status"] for row in rows}
    assert statuses >= {"accepted", "accepted_with_rejections", "rejected", "duplicate"}
    state = whole_warehouse(filled)
    ledger = ("issue", "quarantine", "quarantined_value", "submission_slot")
    for table in (*ledger, "answer", "load", "publication"):
        assert state[f"ops.{table}"], table
    history = ask_ledger(filled, "FROM history.acute_realtime")
    assert {row["stage"] for row in history} == {"testing", "live"}
    assert any(row["superseded_at"] for row in history)
    assert ask_ledger(filled, "SELECT max(attempt) AS n FROM ops.submission") == [{"n": 2}]


def test_a_lost_warehouse_is_made_again_equal_to_the_cell(home: Path) -> None:
    before, answers = whole_warehouse(home), answers_of_days(home)
    warehouse_file(home).unlink()
    assert rebuild() == 0
    after = whole_warehouse(home)
    for table in before.keys() - {"ops.watch", "ops.publication"}:
        assert after[table] == before[table], table
    names = "SELECT name, sha256 FROM ops.publication ORDER BY number"
    assert len(ask_ledger(home, names)) == len(before["ops.publication"])
    assert answers_of_days(home) == answers, "answers that were given are not given again"
    assert Landing(home).waiting() == []
    assert not (home / "rebuild").exists()


@pytest.mark.long
def test_a_folder_in_place_of_the_warehouse_is_replaced_and_kept(home: Path) -> None:
    before = whole_warehouse(home)
    warehouse_file(home).unlink()
    warehouse_file(home).mkdir()
    assert rebuild() == 0
    assert whole_warehouse(home)["ops.submission"] == before["ops.submission"]
    (kept,) = home.glob("warehouse.duckdb.before-*")
    assert kept.is_dir()


def test_a_warehouse_that_is_wrong_is_replaced_and_kept(home: Path) -> None:
    before = whole_warehouse(home)
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM history.acute_realtime")
        connection.execute("UPDATE ops.submission SET rows_read = 99")
    assert rebuild() == 0
    assert whole_warehouse(home) == before, "the watch and the publications are carried over"
    assert len(list(home.glob("warehouse.duckdb.before-*"))) == 1


@pytest.mark.parametrize("damage", others_are_long([b"no database", None], b"no database"))
def test_a_warehouse_that_cannot_be_opened_is_replaced(home: Path, damage: bytes | None) -> None:
    before, file = whole_warehouse(home), warehouse_file(home)
    cut = file.read_bytes()[:100_000] if damage is None else damage
    file.write_bytes(cut)
    assert rebuild() == 0
    assert whole_warehouse(home)["history.acute_realtime"] == before["history.acute_realtime"]


def test_lost_answers_are_written_anew_and_no_others(home: Path) -> None:
    before = answers_of_days(home)
    warehouse_file(home).unlink()
    path = next(home.glob("answers/acute_realtime.r0a/*.jsonl"))
    lines = path.read_bytes().splitlines()
    lost = json.loads(lines[0])
    path.write_bytes(b"\n".join(lines[1:]) + b"\n")
    assert rebuild() == 0
    after = answers_of_days(home)
    assert sorted(map(repr, after)) == sorted(map(repr, before))
    assert repr(lost) in map(repr, after)


@pytest.mark.long
def test_what_landed_and_is_not_settled_waits_as_before(home: Path) -> None:
    path = write_slots(home.parent / "waiting" / name_of(55), {})
    path.write_text(path.read_text().replace("60", "61"))
    from pipelines import steps

    steps.land_files([path])
    warehouse_file(home).unlink()
    assert rebuild() == 0
    assert [one.file_name for one in Landing(home).waiting()] == [name_of(55)]
    assert _run(["drain"]) == 0


def test_without_the_journal_the_values_are_the_same(home: Path) -> None:
    """Homes made before there was a journal: only when and by which file they came is not known."""
    before = ask_ledger(home, _HELD)
    shutil.rmtree(home / "landing" / "loads")
    warehouse_file(home).unlink()
    assert rebuild() == 0
    assert ask_ledger(home, _HELD) == before


_HELD = (
    "SELECT COLUMNS(c -> c NOT IN ('recorded_at', 'submission_id', 'said_at', 'carried', "
    "'confirmed', 'confirmed_at')) "
    "FROM history.acute_realtime WHERE superseded_at IS NULL AND stage = 'live' ORDER BY ALL"
)


@pytest.mark.parametrize("what", ["landing", "feed", "objects"])
def test_it_refuses_to_lose_what_the_warehouse_holds(
    home: Path, what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = whole_warehouse(home)
    if what == "landing":
        shutil.rmtree(home / "landing")
    elif what == "objects":
        shutil.rmtree(home / "landing" / "settled")
    else:
        feeds = shutil.copytree(home.parent / "feeds", home.parent / f"without {home.name}")
        (feeds / "acute_realtime" / "r0a.yaml").unlink()
        monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
        settings.cache_clear()
    assert rebuild() == 2
    assert "--force" in capsys.readouterr().err
    assert whole_warehouse(home) == before


@pytest.mark.long
@pytest.mark.parametrize("step", ["rebuild: replayed", "rebuild: kept", "rebuild: in place"])
def test_killed_anywhere_it_goes_on(home: Path, step: str) -> None:
    before = whole_warehouse(home)
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM history.acute_realtime")
    assert end_at(home, rebuild, step) == KILLED
    with look_into(home) as connection:
        assert connection.execute("SELECT count(*) FROM ops.submission").fetchall() != [(0,)]
    run(home, rebuild)
    assert whole_warehouse(home) == before


@pytest.fixture(scope="module")
def killed(filled: Path) -> Path:
    """A home whose rebuild was killed when all was in its new warehouse."""
    home = copy_home(filled, "killed when it was filled")
    with pytest.MonkeyPatch.context() as patch:
        use(patch, home, NOW)
        warehouse_file(home).unlink()
        assert end_at(home, rebuild, "rebuild: filled") == KILLED
    (home / "rebuild" / "warehouse.duckdb.wal").unlink(missing_ok=True)
    return home


@pytest.mark.long
@pytest.mark.parametrize("left", others_are_long([0, 1, 4096, 0.5, 0.9, None], 0.5))
def test_what_it_left_and_is_damaged_is_made_anew(
    filled: Path,
    killed: Path,
    left: float | None,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """A full disk once left a file that was no database, and no rebuild went on after it."""
    home = copy_home(killed, request.node.name)
    use(monkeypatch, home, NOW)
    file = home / "rebuild" / "warehouse.duckdb"
    whole = file.read_bytes()
    if left is None:
        file.write_bytes(b"no database" * 1000)
    else:
        file.write_bytes(whole[: int(left if left >= 1 else left * len(whole))])
    assert rebuild() == 0
    assert history(home) == history(filled)
    assert not (home / "rebuild").exists()


def history(home: Path) -> list[Any]:
    return ask_ledger(home, "SELECT * FROM history.acute_realtime ORDER BY ALL")


@pytest.mark.long
def test_it_runs_on_a_lake(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb_extension_ducklake")
    before = whole_warehouse(home)
    (home / NOTE).write_text("ducklake:catalogue.ducklake\n", "utf-8")
    monkeypatch.setenv("SITREP_WAREHOUSE", "ducklake:catalogue.ducklake")
    settings.cache_clear()
    assert rebuild() == 0
    after = whole_warehouse(home)
    for table in before.keys() - {"ops.watch", "ops.publication"}:
        assert after[table] == before[table], table
    assert rebuild() == 2, "a lake that is filled is not filled again"


def test_the_environment_is_left_as_it_was() -> None:
    assert "SITREP_KILL_AT" not in os.environ
