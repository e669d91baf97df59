"""A home comes back from a backup that was made while everything ran.

Given a backup, when the home is lost, then `sitrep restore` brings back all that it held then, and
`drain` loads what landed since.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from pipelines.storage import backup as backup_module
from tests.support.children import KILLED, copy_home, end_at, run
from tests.support.ledger_questions import ask_ledger, assert_rows_add_up
from tests.support.small_slots import write_slots
from tests.support.warehouse import warehouse_file
from tests.support.whole_home import FEED, fill_home, name_of, use, whole_warehouse

_COUNT = f"SELECT count(*) AS n FROM ops.submission WHERE feed_id = '{FEED}'"
NOW = "2019-03-08T14:00:00Z"
SECRET = "kept-in-the-environment-only"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("backup") / "home"
    with pytest.MonkeyPatch.context() as patch:
        fill_home(patch, home)
        yield home
    settings.cache_clear()


@pytest.fixture
def home(filled: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    copy = copy_home(filled, request.node.name)
    use(monkeypatch, copy, NOW)
    return copy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "disk two"


def files_of(home: Path) -> dict[str, bytes]:
    """What a backup is for: without locks, the folders of sources and older publications."""
    current = json.loads((home / "publications" / "current.json").read_text())["publication"]
    return {
        str(path.relative_to(home)): path.read_bytes()
        for part in ("landing", "answers", "publications", "warehouse.duckdb")
        for path in ([home / part] if (home / part).is_file() else (home / part).rglob("*"))
        if path.is_file() and ("uec-" not in str(path) or current in str(path))
        if path.name != ".swept"
    }


def test_a_lost_home_comes_back(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_ALERT_WEBHOOK", SECRET)
    assert _run(["backup", str(folder)]) == 0
    assert _run(["backup", str(folder), "--verify"]) == 0
    before, state = files_of(home), whole_warehouse(home)
    assert SECRET.encode() not in b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    lost = home.rename(home.with_name(f"{home.name} lost"))
    assert _run(["restore", str(folder)]) == 0
    assert files_of(home) == before
    assert whole_warehouse(home) == state
    for path in (lost / "landing" / "objects").rglob("*"):
        same = home / path.relative_to(lost)
        assert same.stat().st_mtime_ns == path.stat().st_mtime_ns or path.is_dir()
    assert Landing(home).waiting() == []
    assert _run(["restore", str(folder)]) == 2, "a home that is not empty is left alone"


def test_only_what_is_new_is_copied_again(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(["backup", str(folder)]) == 0
    use(monkeypatch, home, "2019-03-08T14:01:00Z")
    capsys.readouterr()
    assert _run(["backup", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["copied"] == 1, "the warehouse only"
    use(monkeypatch, home, "2019-03-08T14:02:00Z")
    assert _run(["backup", str(folder), "--keep", "1"]) == 0
    assert len(list((folder / "backups").iterdir())) == 1
    assert _run(["backup", str(folder), "--verify"]) == 0


@pytest.mark.long
def test_what_landed_since_is_loaded_beside_an_older_warehouse(home: Path, folder: Path) -> None:
    assert _run(["backup", str(folder)]) == 0
    later = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": 14}}
    path = write_slots(home.parent / "later" / name_of(58), later)
    assert _run(["ingest", str(path)]) == 0
    held = "SELECT arrivals FROM history.acute_realtime WHERE superseded_at IS NULL ORDER BY ALL"
    expected = ask_ledger(home, held)
    warehouse_file(home).unlink()
    assert _run(["restore", str(folder), "--force"]) == 0
    assert [one.file_name for one in Landing(home).waiting()] == [name_of(58)]
    assert _run(["restore", str(folder), "--force"]) == 0, "twice does no harm"
    assert [one.file_name for one in Landing(home).waiting()] == [name_of(58)]
    assert _run(["drain"]) == 0
    assert ask_ledger(home, held) == expected
    assert_rows_add_up(home)
    rebuilt = whole_warehouse(home)
    warehouse_file(home).unlink()
    assert _run(["rebuild"]) == 0
    again = whole_warehouse(home)
    for table in rebuilt.keys() - {"ops.watch", "ops.publication"}:
        assert again[table] == rebuilt[table], table


@pytest.mark.parametrize("step", ["backup: warehouse copied", "backup: files copied"])
def test_half_a_backup_is_never_taken_for_whole(home: Path, folder: Path, step: str) -> None:
    assert end_at(home, lambda: _run(["backup", str(folder)]), step) == KILLED
    assert _run(["restore", str(folder), "--force"]) == 2
    assert run(home, lambda: _run(["backup", str(folder)])) == 0
    assert _run(["backup", str(folder), "--verify"]) == 0
    assert not list((folder / "files").glob(".*"))


@pytest.mark.parametrize("step", ["restore: files there", "rebuild: in place"])
def test_a_restore_that_was_killed_goes_on(home: Path, folder: Path, step: str) -> None:
    assert _run(["backup", str(folder)]) == 0
    before = whole_warehouse(home)
    home.rename(home.with_name(f"{home.name} lost"))
    home.mkdir()
    assert end_at(home, lambda: _run(["restore", str(folder)]), step) == KILLED
    assert run(home, lambda: _run(["restore", str(folder)])) == 0
    assert whole_warehouse(home) == before


@pytest.mark.parametrize("damage", ["changed", "lost", "cut list"])
def test_damage_to_a_backup_is_found(
    home: Path, folder: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["backup", str(folder)]) == 0
    listed = next((folder / "backups").iterdir())
    if damage == "cut list":
        listed.write_bytes(b"\n".join(listed.read_bytes().split(b"\n")[:-1]))
    else:
        some = next((home / "landing" / "objects").glob("*/*/*")).name
        path = folder / "files" / some[:2] / some
        path.unlink() if damage == "lost" else path.write_bytes(path.read_bytes()[::-1])
    assert _run(["backup", str(folder), "--verify"]) == 3
    home.rename(home.with_name(f"{home.name} lost"))
    assert _run(["restore", str(folder)]) == 3
    assert "damaged" in capsys.readouterr().err or damage == "lost"
    assert not (home / "warehouse.duckdb").exists()


def test_patient_data_that_was_found_later_is_in_no_backup(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had landed and was not yet read when the first backup was made."""
    path = write_slots(home.parent / "patient" / name_of(57))
    path.write_text(path.read_text() + "943 476 5919\n")
    steps.land_files([path])
    assert _run(["backup", str(folder)]) == 0
    _run(["drain"])
    use(monkeypatch, home, "2019-03-08T14:05:00Z")
    assert _run(["backup", str(folder)]) == 0
    kept = b"".join(one.read_bytes() for one in (folder / "files").rglob("*") if one.is_file())
    assert b"943 476 5919" not in kept
    assert _run(["backup", str(folder), "--verify"]) == 0
    shutil.rmtree(home)
    first = sorted((folder / "backups").iterdir())[0].stem
    assert _run(["restore", str(folder), "--backup", first]) == 0


def test_a_file_that_one_feed_did_not_take_stays_in_the_backup_for_another(
    home: Path, folder: Path
) -> None:
    kept = next(
        path for path in (home / "landing/objects").glob(f"{FEED}/*/*") if len(path.name) == 64
    )
    note = home / "landing/objects/acute_realtime.ra7" / kept.name[:2] / f"{kept.name}.withheld"
    note.parent.mkdir(parents=True)
    note.write_text("it was not taken", "utf-8")
    assert _run(["backup", str(folder)]) == 0
    assert (folder / "files" / kept.name[:2] / kept.name).read_bytes() == kept.read_bytes()
    assert any((home / "landing/refused").iterdir()), "hashes of patient data come along"
    listed = next((folder / "backups").iterdir()).read_text("utf-8")
    assert "landing/refused/" in listed


def test_what_is_loaded_while_it_is_made_waits_after_a_restore(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Landing is copied after the warehouse, and so may be ahead of it."""
    path = write_slots(home.parent / "while" / name_of(59), {("R0A02", "2019-03-08T11:15:00Z"): {}})
    path.write_text(path.read_text().replace("60", "62"))
    really = backup_module._Backup._add_warehouse

    def load_after(one: backup_module._Backup) -> None:
        really(one)
        assert _run(["ingest", str(path)]) == 0

    monkeypatch.setattr(backup_module._Backup, "_add_warehouse", load_after)
    assert _run(["backup", str(folder)]) == 0
    monkeypatch.setattr(backup_module._Backup, "_add_warehouse", really)
    expected = ask_ledger(home, _COUNT)
    shutil.rmtree(home)
    assert _run(["restore", str(folder)]) == 0
    assert len(Landing(home).waiting()) == 1
    assert _run(["drain"]) == 0
    found = ask_ledger(home, _COUNT)
    assert found == expected
