"""A warehouse of which a part is lost: it is told, no file is refused for it, and it is rebuilt."""

import shutil
from itertools import product
from pathlib import Path

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook

MOST_TRIED = 4


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a workbook and quarter-hours in it, published, and a file that waits."""
    folder = tmp_path_factory.mktemp("damaged")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME), write_slots(folder / FIRST_FILE)])
        steps.drain()
        steps.publish()
        changed = {(SITES[0], SLOTS[0]): {"arrivals": 9}}
        steps.land_files([write_slots(folder / SECOND_FILE, changed)])
    settings.cache_clear()
    return folder / "home"


def cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def overwritten(content: bytes, share: float) -> bytes:
    at = int(len(content) * share)
    return content[:at] + bytes(range(256)) * 16 + content[at + 4096 :]


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of the warehouse that is attached as `w`, with their schemas."""
    sql = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'w'"
    return [name for (name,) in connection.execute(sql).fetchall()]


@pytest.fixture(scope="module")
def everything(sound: Path) -> str:
    """A question for which all of the warehouse is read."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{sound / 'warehouse.duckdb'}' AS w (READ_ONLY)")
        counts = [f"(SELECT count(DISTINCT h) FROM {name} AS h)" for name in tables_of(connection)]
    return f"SELECT {', '.join(counts)}"


def is_met(path: Path) -> bool:
    """Whether DuckDB opens the file and then does not find all that should be in it."""
    with duckdb.connect() as connection:
        try:
            connection.execute(f"ATTACH '{path}' AS w (READ_ONLY)")
        except duckdb.Error:
            return False
        try:
            for table in tables_of(connection):
                connection.execute(f"FROM w.{table}").fetchall()
        except duckdb.Error:
            return True
    return False


@pytest.fixture(scope="module")
def damages(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What is left of the warehouse, in ways that only those find who read that part."""
    content = (sound / "warehouse.duckdb").read_bytes()
    scratch = tmp_path_factory.mktemp("scratch")
    found = []
    for number, (damage, step) in enumerate(product((cut, overwritten), range(1, 40, 3))):
        left = damage(content, step / 40)
        path = scratch / f"{number}.duckdb"
        path.write_bytes(left)
        if is_met(path):
            found.append(left)
    assert len(found) >= MOST_TRIED
    return [found[number * len(found) // MOST_TRIED] for number in range(MOST_TRIED)]


@pytest.mark.parametrize("number", others_are_long(range(MOST_TRIED), 0))
def test_a_damaged_warehouse_is_told_and_made_again(
    sound: Path,
    damages: list[bytes],
    everything: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: int,
) -> None:
    home = Path(shutil.copytree(sound, tmp_path / "home", symlinks=True))
    monkeypatch.setenv("SITREP_HOME", str(home))
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    settings.cache_clear()
    (home / "warehouse.duckdb").write_bytes(damages[number])
    told = 0
    asked = ["query", "--ledger", everything]
    for command in (["drain"], ["publish"], ["status"], ["watch"], asked):
        code = _run(command)
        said = "".join(capfd.readouterr())
        assert "unexpected" not in said, f"{command}: {said[-500:]}"
        told += "is damaged: put a sound one back (`sitrep restore`)" in said
        assert code in (0, 3) or "is damaged" in said
    assert told
    assert _run(["rebuild"]) == 0
    assert _run(["drain"]) == 0
    assert Landing(home).waiting() == []
    (counted,) = ask_ledger(
        home, "SELECT count(*) AS n, count_if(status = 'rejected') AS rejected FROM ops.submission"
    )
    assert (counted["n"], counted["rejected"]) == (4, 0)
    settings.cache_clear()
