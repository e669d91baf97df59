"""Publications that machines share: whichever makes the next one goes on from the store's."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.base.state.shared_bucket import SharedBucket, shared_bucket
from pipelines.local_servers.postgres_server import LocalPostgres
from tests.support.restless_home import RestlessHome
from tests.support.shared_home import SharedPlace, shared_place
from tests.support.shared_objects import objects_at, objects_of_tests
from tests.support.whole_beside import assert_like_a_whole_one, is_patched
from warehouse.publish.publications import copy_path, current_path, read_description
from warehouse.publish.shared_publications import bring_current, offer_current

BEGIN = datetime(2026, 1, 20, 21, 40, tzinfo=UTC)


@pytest.fixture
def place(postgres: LocalPostgres, tmp_path: Path) -> Iterator[SharedPlace]:
    with (
        objects_of_tests(tmp_path / "objects") as objects,
        shared_place(postgres, objects, tmp_path / "place", "turns") as made,
    ):
        yield made


def use(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process is the machine of that home."""
    monkeypatch.setenv("SITREP_HOME", str(home))
    settings.cache_clear()
    return home


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[list[Path]]:
    """Two machines with an object store."""
    with objects_of_tests(tmp_path / "objects") as objects, objects_at(objects, tmp_path):
        yield [tmp_path / "north", tmp_path / "south"]


def make(home: Path, name: str, minute: int, tables: dict[str, bytes]) -> Path:
    """The home has a current publication of these tables; its folder."""
    folder = home / "publications"
    (folder / name / "testing").mkdir(parents=True)
    (folder / f"{name}.duckdb").write_bytes(name.encode())
    for table, content in tables.items():
        copy_path(folder / name, table).write_bytes(content)
    copies = {table: hashlib.sha256(content).hexdigest() for table, content in tables.items()}
    told = {
        "publication": name,
        "file": f"{name}.duckdb",
        "made_at": f"2026-01-20T12:{minute:02}:00Z",
        "build": {"copies": copies},
    }
    (folder / "current.json").write_text(json.dumps(told), "utf-8")
    return folder / name


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_machine_brings_only_what_it_has_not(
    is_damaged: bool, homes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = homes
    use(north, monkeypatch)
    make(north, "uec-1", 1, {"submission": b"as before", "testing.nhs111": b"then"})
    offer_current(north)
    use(south, monkeypatch)
    bring_current(south, now=True)
    brought = south / "publications"
    assert (brought / "uec-1" / "testing" / "nhs111.parquet").read_bytes() == b"then"
    use(north, monkeypatch)
    make(north, "uec-2", 2, {"submission": b"as before", "testing.nhs111": b"now"})
    offer_current(north)
    own = brought / "uec-1" / "submission.parquet"
    if is_damaged:
        own.write_bytes(b"damaged")
    use(south, monkeypatch)
    bring_current(south, now=True)
    new = brought / "uec-2"
    assert (brought / "uec-2.duckdb").read_bytes() == b"uec-2"
    assert (brought / "current").resolve() == new
    assert (new / "submission.parquet").read_bytes() == b"as before"
    assert (new / "testing" / "nhs111.parquet").read_bytes() == b"now"
    assert own.samefile(new / "submission.parquet") != is_damaged


def publish(home: Path) -> str:
    steps.publish()
    told = read_description(home)
    assert told is not None
    return str(told["publication"])


@pytest.mark.long
def test_two_machines_that_take_turns_patch_each_other_s_publications(
    place: SharedPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [place.machine("north"), place.machine("south")]
    use(homes[0], monkeypatch)
    restless = RestlessHome(tmp_path / "world", monkeypatch, BEGIN, Random(1))
    restless.send_slots()
    names = [publish(homes[0])]
    sent: list[str] = []
    put_files = SharedBucket.put_files

    def noting(bucket: SharedBucket, files: dict[str, Path]) -> None:
        sent.extend(files)
        put_files(bucket, files)

    monkeypatch.setattr(SharedBucket, "put_files", noting)
    for happens in (restless.send_slots, restless.revise_slots, restless.send_late):
        home = use(homes[len(names) % 2], monkeypatch)
        restless.pass_time(16)
        happens()
        names.append(publish(home))
        assert is_patched(home)
        assert_like_a_whole_one(home, tmp_path / "whole")
    assert len(set(names)) == 4
    bucket = shared_bucket(homes[1])
    assert bucket is not None
    parts = {one.key for one in bucket.find(f"publications/{names[-1]}")}
    local = {f"{file.stem}" for file in (homes[1] / "publications" / names[-1]).rglob("*.parquet")}
    assert {Path(key).stem for key in parts} - {names[-1]} == local
    assert len([key for key in sent if names[-1] in key]) < len(parts), "what is alike is copied"
    # Who comes back has what the other one made, and its own files where nothing changed.
    use(homes[0], monkeypatch)
    path = current_path(homes[0])
    assert path is not None
    assert path.stem == names[-1]
