"""Promise 6: readers never wait, and never see a part of a publication.

The reader is a process of its own that knows nothing but DuckDB, as a dashboard would be.
"""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.small_workbook import CLOSURES, DAYS, FILE_NAME, GA_BEDS, write_workbook
from warehouse.publish import publish as publishing
from warehouse.publish import turned_links
from warehouse.publish.publish import PublicationFault, publish
from warehouse.publish.snapshot import Snapshot, build_snapshot

COLLECTIONS = {
    "acute_realtime",
    "acute_sitrep",
    "ambulance_handover",
    "ambulance_sitrep",
    "nhs111",
}
TABLES = {
    *COLLECTIONS,
    *(f"testing.{name}" for name in COLLECTIONS),
    *("national_daily", "national_slot", "organisation", "feed_status", "submission"),
    "publication",
}
"""What readers rely on; there may be more."""
KEPT = 3

READER = """
import sys, duckdb
held = duckdb.connect(sys.argv[1], read_only=True)
QUESTION = "SELECT count(*), sum(ga_beds_occupied) FROM acute_sitrep"
print(held.execute(QUESTION).fetchall(), flush=True)
for line in sys.stdin:
    print(held.execute(QUESTION).fetchall(), flush=True)
"""
"""Holds the snapshot open all the while, and asks it again at each line of its input."""

WATCHER = """
import json, os, sys, duckdb
link, described = sys.argv[1:]
names, seen = {}, 0
print("watching", flush=True)
while not os.path.exists(sys.argv[1] + ".stop"):
    path = os.path.realpath(link)
    with duckdb.connect(path, read_only=True) as reader:
        counts = reader.execute(
            "SELECT (SELECT count(*) FROM acute_sitrep), (SELECT count(*) FROM submission), "
            "(SELECT count(*) FROM publication), (SELECT count(*) FROM national_daily)"
        ).fetchall()
    assert names.setdefault(path, counts) == counts, "a publication changed under its name"
    with open(described) as stream:
        told = json.load(stream)
    assert os.path.exists(os.path.join(os.path.dirname(link), told["file"]))
    seen += 1
print(json.dumps({"looks": seen, "counts": sorted(map(str, names.values()))}), flush=True)
"""
"""Opens whatever is current again and again, until a file says stop."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one publication, to copy."""
    folder = tmp_path_factory.mktemp("readers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.drain()
        steps.publish()
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def published(prepared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one publication, where few publications are kept."""
    monkeypatch.setenv("SITREP_KEEP_PUBLICATIONS", str(KEPT))
    settings.cache_clear()
    return Path(shutil.copytree(prepared, home, symlinks=True))


@pytest.mark.long
def test_a_reader_keeps_its_snapshot_while_others_are_made(published: Path, tmp_path: Path) -> None:
    current = published / "publications" / "current.duckdb"
    with reader_of(current) as reader:
        first = answer_of(reader)
        for number in range(KEPT + 2):
            ingest_change(tmp_path, number)
            assert ask(reader) == first, "loading changes nothing for the reader"
            steps.publish()
            assert ask(reader) == first, "nor does publishing, even when its file is gone"
        with reader_of(current) as newcomer:
            assert answer_of(newcomer) != first
            assert ask(newcomer) == ask(newcomer)


def test_whoever_opens_the_current_publication_finds_a_whole_one(
    published: Path, tmp_path: Path
) -> None:
    link = published / "publications" / "current.duckdb"
    description = link.with_name("current.json")
    command = [sys.executable, "-c", WATCHER, str(link), str(description)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "watching\n"
        for number in range(2):
            ingest_change(tmp_path, number)
            steps.publish()
        # Nobody reads this file name; it tells the watcher to end.
        Path(f"{link}.stop").touch()
        told = json.loads(watcher.stdout.read())
    assert watcher.returncode == 0
    assert told["looks"] > 0
    # Closures of nine trust-days, one publication row, and every measure of every day.
    assert all(counts.startswith("[(9, ") for counts in told["counts"])


def test_a_publication_is_whole_before_anything_points_to_it(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each step the link and the description lead to a file that verifies."""
    folder = published / "publications"
    seen: list[str] = []

    def look(step: str) -> None:
        seen.append(step)
        told = json.loads((folder / "current.json").read_text("utf-8"))
        assert_described(folder, told)
        assert count_rows((folder / "current.duckdb").resolve())["acute_sitrep"] == 9

    ingest_change(tmp_path, 1)
    for module in (publishing, turned_links):
        monkeypatch.setattr(module, "reached", look)
    steps.publish()
    assert {"publish: built", "publish: named", "publish: linked", "publish: current"} <= set(seen)


def test_the_description_and_the_parquet_files_tell_the_same(published: Path) -> None:
    folder = published / "publications"
    told = json.loads((folder / "current.json").read_text("utf-8"))
    assert_described(folder, told)
    assert (folder / "current.duckdb").resolve().name == told["file"]
    assert set(told["rows"]) >= TABLES
    assert told["data_as_of"] == dict.fromkeys(load_registry().collections) | {
        "acute_sitrep": DAYS[-1].isoformat(),
        "ambulance_handover": DAYS[-1].isoformat(),
    }
    copies = folder / told["parquet"]
    assert (folder / "current").resolve() == copies.resolve()
    files = {str(path.relative_to(copies)) for path in copies.rglob("*.parquet")}
    assert files == {f"{table.replace('.', '/')}.parquet" for table in told["rows"]}
    assert {path.name for path in copies.iterdir() if path.is_dir()} == {"testing", "revisions"}
    with duckdb.connect(str((folder / "current.duckdb").resolve()), read_only=True) as reader:
        for table in told["rows"]:
            file = copies / f"{table.replace('.', '/')}.parquet"
            for one, other in ((table, f"'{file}'"), (f"'{file}'", table)):
                differences = reader.execute(
                    f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})"
                ).fetchall()
                assert differences == [(0,)], table


def test_only_the_last_publications_are_kept_and_the_current_always(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = published / "publications"
    names = [os.path.realpath(folder / "current.duckdb")]
    for number in range(KEPT + 2):
        monkeypatch.setenv("SITREP_NOW", f"2030-01-01T00:00:{number:02d}Z")
        publish(published, load_registry())
        names.append(os.path.realpath(folder / "current.duckdb"))
    kept = sorted(str(path) for path in folder.glob("uec-*.duckdb"))
    assert kept == [os.path.realpath(name) for name in names[-KEPT:]]
    folders = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    assert sorted(path.name for path in folders) == [Path(name).stem for name in kept]
    assert (folder / "current.duckdb").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    "moment",
    ["2020-01-01T00:00:00Z", pytest.param("2030-01-01T00:00:00Z", marks=pytest.mark.long)],
)
def test_the_current_publication_stays_although_the_clock_stands_or_goes_back(
    published: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Names of one second are told apart by chance; here each sorts before the last."""
    monkeypatch.setenv("SITREP_NOW", moment)
    falling = (f"{number:08x}" for number in range(2**32 - 1, 0, -1))
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(falling))
    folder = published / "publications"
    for _ in range(2 * KEPT):
        before = (folder / "current.duckdb").resolve().name
        name = publish(published, load_registry()).name
        assert (folder / "current.duckdb").resolve().name == f"{name}.duckdb"
        told = json.loads((folder / "current.json").read_text("utf-8"))
        assert_described(folder, told)
        assert (folder / before).exists(), "the one before it still has readers"


def test_a_snapshot_that_lacks_rows_does_not_become_current(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = published / "publications"
    before = (folder / "current.duckdb").resolve(), (folder / "current.json").read_bytes()
    really = build_snapshot

    def lose_a_row(connection: Any, registry: Any, path: Path, *others: Any) -> Snapshot:
        built = really(connection, registry, path, *others)
        with duckdb.connect(str(path)) as snapshot:
            snapshot.execute("DELETE FROM acute_sitrep WHERE org_code = 'RF4'")
        return built

    ingest_change(tmp_path, 1)
    monkeypatch.setattr(publishing, "build_snapshot", lose_a_row)
    with pytest.raises(PublicationFault, match="acute_sitrep"):
        steps.publish()
    assert ((folder / "current.duckdb").resolve(), (folder / "current.json").read_bytes()) == before
    monkeypatch.setattr(publishing, "build_snapshot", really)
    steps.publish()
    assert not list(folder.glob("*.tmp*")) and not list(folder.glob("*.parquet"))


@contextmanager
def reader_of(path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdin is not None
        yield reader
        reader.stdin.close()
    assert reader.returncode == 0


def answer_of(reader: "subprocess.Popen[str]") -> str:
    assert reader.stdout is not None
    answer = reader.stdout.readline()
    assert answer, "the reader has died"
    return answer


def ask(reader: "subprocess.Popen[str]") -> str:
    assert reader.stdin is not None
    reader.stdin.write("again\n")
    reader.stdin.flush()
    return answer_of(reader)


def ingest_change(folder: Path, number: int) -> None:
    """One more workbook is loaded, in which two figures differ from all before."""
    changes = {
        (GA_BEDS, "RF4", "Total beds occ'd", DAYS[0]): 400 + number,
        (CLOSURES, "RQM", "Closures", DAYS[1]): number,
    }
    steps.land_files([write_workbook(folder / f"change{number}" / FILE_NAME, changes)])
    assert steps.drain() == 2


def assert_described(folder: Path, told: dict[str, Any]) -> None:
    """The description fits the file that it names."""
    content = (folder / told["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    assert told["file"] == f"{told['publication']}.duckdb"
    assert count_rows(folder / told["file"]) == told["rows"]


def count_rows(path: Path) -> dict[str, int]:
    with duckdb.connect(str(path), read_only=True) as reader:
        tables = reader.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return {
            table if schema == "main" else f"{schema}.{table}": reader.execute(
                f"SELECT count(*) FROM {schema}.{table}"
            ).fetchall()[0][0]
            for schema, table in tables
        }
