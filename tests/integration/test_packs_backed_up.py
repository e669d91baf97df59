"""Packs in backups: copied once, without what must not be kept, and put back as they were."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.landing.landing import Delivery, Landing, Manifest
from pipelines.landing.object_store import ObjectKey
from pipelines.storage.backup import back_up, verify
from pipelines.storage.disk_use import disk_use
from pipelines.storage.restore import restore
from tests.support.children import KILLED, end_at
from tests.support.landed_files import index_file, packs_of
from tests.support.packed_files import (
    AT,
    LEAST_PACKED,
    MONDAY,
    SECRET,
    TUESDAY,
    all_bytes,
    contents,
    damaged,
    deliveries,
    land_many,
    land_secret,
    others,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITREP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SITREP_NOW", "2026-11-18T08:00:00Z")
    settings.cache_clear()
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "disk two"


def report(_: str) -> None:
    """Nobody looks."""


def later(patch: pytest.MonkeyPatch, minute: int) -> None:
    patch.setenv("SITREP_NOW", f"2026-11-18T08:{minute:02d}:00Z")
    settings.cache_clear()


def in_pool(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_pack_is_copied_once_and_counts_as_one_file(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_many(Landing(home))
    assert disk_use(home)["raw_bytes"]["files"] == 1
    first = back_up(home, folder, report)
    later(monkeypatch, 1)
    second = back_up(home, folder, report)
    assert (first.copied, second.copied) == (first.files, 0)
    later(monkeypatch, 2)
    land_many(Landing(home), TUESDAY, b"second")
    assert back_up(home, folder, report).copied == 2, "the new pack and its manifests"
    assert verify(folder, report)[1] == second.files + 2


def test_a_lost_home_has_its_packs_back(home: Path, folder: Path) -> None:
    landed = land_many(Landing(home))
    expiring = land_many(Landing(home), TUESDAY, b"old")
    Landing(home).objects.expire([ObjectKey(one.feed_id, one.sha256) for one in expiring])
    before = {path: path.read_bytes() for path in packs_of(home)}
    times = {path: path.stat().st_mtime_ns for path in before}
    back_up(home, folder, report)
    shutil.rmtree(home)
    restore(home, folder, report)
    assert {path: path.read_bytes() for path in packs_of(home)} == before
    assert {path: path.stat().st_mtime_ns for path in before} == times
    assert damaged(Landing(home), landed) == []
    assert Landing(home).is_expired(expiring[0])
    Landing(home).settle(landed)
    again = Landing(home).land_all(deliveries(contents()), TUESDAY)
    assert {one.first_seen_at for one in again} == {MONDAY}


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"file 40\n", b"file 4x\n"))


@pytest.mark.parametrize("spoil", [flip, Path.unlink], ids=["changed", "lost"])
def test_a_damaged_pack_is_mended_and_a_whole_one_stays(
    home: Path, folder: Path, spoil: Callable[[Path], object]
) -> None:
    landed = land_many(Landing(home))
    kept = land_many(Landing(home), TUESDAY, b"second")
    back_up(home, folder, report)
    bad, good = packs_of(home)
    spoil(bad)
    before = good.stat()
    Landing(home).withhold(landed[AT], "a reason")
    restore(home, folder, report, force=True)
    assert damaged(Landing(home), others(landed)) == []
    assert damaged(Landing(home), kept) == []
    assert good.stat().st_ino == before.st_ino
    with pytest.raises(FileNotFoundError):
        Landing(home).content(landed[AT])
    assert contents()[AT] not in bad.read_bytes(), "what is withheld by now does not come back"


def test_a_whole_pack_here_with_less_in_it_stays(home: Path, folder: Path) -> None:
    landed = land_secret(Landing(home))
    back_up(home, folder, report)
    Landing(home).withhold(landed[AT], "a reason")
    restore(home, folder, report, force=True)
    assert SECRET not in all_bytes(home)


def two_backups_before_it_is_withheld(
    home: Path, folder: Path, patch: pytest.MonkeyPatch
) -> list[Manifest]:
    landed = land_secret(Landing(home))
    back_up(home, folder, report)
    later(patch, 1)
    land_many(Landing(home), TUESDAY, b"second")
    back_up(home, folder, report)
    assert SECRET in in_pool(folder)
    Landing(home).withhold(landed[AT], "a reason")
    later(patch, 2)
    return landed


def test_what_is_withheld_later_is_in_no_backup(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = two_backups_before_it_is_withheld(home, folder, monkeypatch)
    back_up(home, folder, report)
    assert SECRET not in in_pool(folder)
    for name in sorted(path.stem for path in (folder / "backups").iterdir()):
        verify(folder, report, name)
        shutil.rmtree(home, ignore_errors=True)
        restore(home, folder, report, name)
        assert damaged(Landing(home), others(landed)) == []
    later(monkeypatch, 3)
    assert back_up(home, folder, report).copied <= 3, "packs are not copied again for it"


@pytest.mark.parametrize("step", ["backup: packs without it", "backup: lists without it"])
def test_a_backup_that_dies_while_it_takes_something_out_is_made_good(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    landed = two_backups_before_it_is_withheld(home, folder, monkeypatch)

    def back_up_again() -> int:
        back_up(home, folder, report)
        return 0

    assert end_at(home, back_up_again, step) == KILLED
    for name in sorted(path.stem for path in (folder / "backups").iterdir()):
        verify(folder, report, name)
    back_up(home, folder, report)
    assert SECRET not in in_pool(folder)
    for name in sorted(path.stem for path in (folder / "backups").iterdir()):
        verify(folder, report, name)
    shutil.rmtree(home)
    restore(home, folder, report)
    assert damaged(Landing(home), others(landed)) == []


def test_what_expired_here_and_is_withheld_then_goes_from_backups_too(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = land_secret(Landing(home))
    back_up(home, folder, report)
    Landing(home).objects.expire([ObjectKey(one.feed_id, one.sha256) for one in landed])
    (again,) = Landing(home).land_all(
        [Delivery(SECRET, "again.csv", landed[AT].feed_id, "in")], TUESDAY
    )
    Landing(home).withhold(again, "a reason")
    later(monkeypatch, 1)
    back_up(home, folder, report)
    assert SECRET not in in_pool(folder)


def test_a_damaged_index_of_the_home_is_no_matter(home: Path, folder: Path) -> None:
    land_many(Landing(home))
    back_up(home, folder, report)
    index_file(home).write_bytes(b"garbage")
    restore(home, folder, report, force=True)
    assert len(packs_of(home)) == 1
    assert LEAST_PACKED
