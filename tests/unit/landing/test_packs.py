"""Files that land together stand in packs; whatever becomes of those, each file keeps its fate."""

import hashlib
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.landing.landing import Delivery, Landing
from pipelines.landing.object_store import ObjectKey
from pipelines.landing.pack_file import PackedFile, ScannedPack, scan_pack
from pipelines.landing.pack_index import PackedObject, PackIndex
from tests.support.landed_files import index_file, objects_folder, packs_of
from tests.support.packed_files import (
    LEAST_PACKED,
    MONDAY,
    TUESDAY,
    all_bytes,
    contents,
    damaged,
    deliveries,
    land_many,
)


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("SITREP_HOME", str(tmp_path))
    return Landing(tmp_path)


# What lands


@pytest.mark.parametrize("number", [LEAST_PACKED, LEAST_PACKED + 100])
def test_many_files_that_land_together_are_one_file_on_the_disk(
    landing: Landing, number: int
) -> None:
    landed = land_many(landing, number=number)
    assert [landing.content(one) for one in landed] == contents(number)
    assert [one.first_seen_at for one in landed] == [None] * number
    assert len(packs_of(landing.home)) == 1
    assert not objects_folder(landing.home).exists()
    assert Landing(landing.home).waiting() == landed


def test_few_files_stand_alone(landing: Landing) -> None:
    land_many(landing, number=LEAST_PACKED - 1)
    assert packs_of(landing.home) == []


def test_a_large_file_stands_alone_beside_a_pack(landing: Landing) -> None:
    bodies = [*contents(), b"large" * 500_000]
    landed = landing.land_all(deliveries(bodies), MONDAY)
    assert [landing.content(one) for one in landed] == bodies
    (pack,) = packs_of(landing.home)
    assert pack.stat().st_size < 100_000


def test_files_past_what_one_pack_takes_are_in_several(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.landing.packed_objects._MOST_FILES", 50)
    landed = land_many(landing, number=210)
    assert len(packs_of(landing.home)) == 5
    assert damaged(landing, landed) == []


def test_a_pack_can_be_read_by_its_owner_only(landing: Landing) -> None:
    land_many(landing)
    for path in (*packs_of(landing.home), index_file(landing.home)):
        assert path.stat().st_mode & 0o077 == 0


def test_an_empty_file_and_names_of_feeds_that_are_odd(landing: Landing) -> None:
    bodies = contents()
    odd = [
        Delivery(b"", "empty.csv", "acute_realtime.f0", "incoming"),
        Delivery(b"odd 1", "a.csv", "acute realtime.é + - x", "incoming"),
        Delivery(b"odd 2", "b.csv", "two\nlines", "incoming"),
    ]
    landed = landing.land_all([*deliveries(bodies), *odd], MONDAY)
    assert [landing.content(one) for one in landed[-3:]] == [b"", b"odd 1", b"odd 2"]
    index_file(landing.home).unlink()
    assert damaged(Landing(landing.home), landed) == []


# The same again


def test_files_of_a_pack_that_come_again_are_known_since_they_came_first(landing: Landing) -> None:
    first = land_many(landing)
    landing.settle(first)
    before = packs_of(landing.home)
    again = Landing(landing.home).land_all(deliveries(contents()), TUESDAY)
    assert [one.first_seen_at for one in again] == [MONDAY] * LEAST_PACKED
    (one,) = landing.land_all(deliveries(contents())[7:8], TUESDAY)
    assert one.first_seen_at == MONDAY
    assert packs_of(landing.home) == before
    assert not objects_folder(landing.home).exists()


def test_a_file_that_stood_alone_is_known_when_it_comes_with_many(landing: Landing) -> None:
    landing.settle(landing.land_all(deliveries(contents()[:3]), MONDAY))
    landed = land_many(landing, TUESDAY)
    assert [one.first_seen_at for one in landed[:4]] == [MONDAY, MONDAY, MONDAY, None]


def test_the_same_bytes_of_another_feed_are_new_to_it(landing: Landing) -> None:
    land_many(landing)
    (other,) = landing.land_all([Delivery(contents()[0], "0.csv", "other", "in")], TUESDAY)
    assert other.first_seen_at is None
    assert landing.content(other) == contents()[0]


def test_every_tick_costs_the_same_however_many_packs_there_are(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the packs only that is opened which has what is looked for."""
    for number in range(12):
        landing.settle(land_many(landing, MONDAY, b"tick %d" % number))
    opened: list[str] = []
    really = os.open

    def note(path: str, *others: int, **options: int) -> int:
        opened.append(str(path))
        return really(path, *others, **options)

    monkeypatch.setattr(os, "open", note)
    again = Landing(landing.home).land_all(deliveries(contents(said=b"tick 3")), TUESDAY)
    assert {one.first_seen_at for one in again} == {MONDAY}
    assert len({name for name in opened if name.endswith(".pack")}) == 1


def test_files_that_are_expected_are_looked_up_together(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever packs they are in, and in whatever order they are read."""
    ticks = [land_many(landing, MONDAY, b"tick %d" % number) for number in range(3)]
    mixed = [one for three in zip(*ticks, strict=True) for one in three]
    again = Landing(landing.home)
    asked = [0]
    really = PackIndex.find

    def note(self: PackIndex, hashes: Sequence[str]) -> list[PackedObject]:
        asked[0] += 1
        return really(self, hashes)

    monkeypatch.setattr(PackIndex, "find", note)
    again.expect(mixed)
    landing.withhold(mixed[5], "a reason")
    asked[0] = 0
    assert damaged(again, [*mixed[:5], *mixed[6:]]) == []
    assert asked[0] == 0
    with pytest.raises(FileNotFoundError):
        again.content(mixed[5])


# The index


def replace_index(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def spoil_tables(path: Path) -> None:
    with sqlite3.connect(path) as index:
        index.execute("DROP TABLE object")


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


INDEX_DAMAGES: dict[str, Callable[[Path], object]] = {
    "lost": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"no index" * 1000),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "other tables": spoil_tables,
    "a folder": as_folder,
    "a link": as_link,
}


@pytest.mark.parametrize("way", INDEX_DAMAGES)
def test_an_index_that_is_lost_or_damaged_is_made_again(landing: Landing, way: str) -> None:
    landed = [*land_many(landing), *land_many(landing, TUESDAY, b"second")]
    landing.withhold(landed[3], "a reason")
    landing.objects.expire([ObjectKey(landed[5].feed_id, landed[5].sha256)])
    INDEX_DAMAGES[way](index_file(landing.home))
    for one in (Landing(landing.home), landing):
        assert damaged(one, [*landed[:3], *landed[6:]]) == []
        with pytest.raises(FileNotFoundError):
            one.content(landed[3])
        assert one.is_expired(landed[5])
    landing.settle(landed)
    again = Landing(landing.home).land_all(deliveries(contents(said=b"second")), TUESDAY)
    assert {one.first_seen_at for one in again} == {TUESDAY}
    index = index_file(landing.home)
    beside = {one.name for one in index.parent.iterdir() if not one.is_dir()}
    assert beside <= {index.name, f"{index.name}-journal"}


def test_two_that_land_in_turn_know_of_each_other(landing: Landing) -> None:
    other = Landing(landing.home)
    for number, (one, another) in enumerate([(landing, other), (other, landing)] * 2):
        new = land_many(one, MONDAY, b"%d" % number)
        one.settle(new)
        again = land_many(another, TUESDAY, b"%d" % number)
        assert {m.first_seen_at for m in new} == {None}
        assert {m.first_seen_at for m in again} == {MONDAY}


def test_what_one_thread_enters_is_not_known_to_others_before_it_is_durable(tmp_path: Path) -> None:
    index, seen = PackIndex(tmp_path / "index.sqlite"), []
    key = ObjectKey("RJ1", hashlib.sha256(b"one").hexdigest())
    pack = ScannedPack(MONDAY, [PackedFile(key, 30, 3)])
    index.make()

    def packs() -> Iterator[tuple[str, ScannedPack]]:
        yield "packs/2026-01-05/one", pack
        with ThreadPoolExecutor(1) as other:
            seen.append(other.submit(index.find, [key.sha256]).result())

    index.add(packs())
    assert seen == [[]]
    assert [one.file for one in index.find([key.sha256])] == pack.files


def test_a_pack_that_was_copied_in_by_hand_is_found(landing: Landing, tmp_path: Path) -> None:
    landed = land_many(landing)
    (pack,) = packs_of(landing.home)
    aside = shutil.copy(pack, tmp_path / "aside")
    pack.unlink()
    index_file(landing.home).unlink()
    land_many(landing, TUESDAY, b"others")
    assert damaged(Landing(landing.home), landed) == landed
    shutil.copy(aside, pack)
    assert damaged(Landing(landing.home), landed) == []


def test_a_wrong_place_in_the_index_is_no_damage_to_the_pack(landing: Landing) -> None:
    landed = land_many(landing)
    with sqlite3.connect(index_file(landing.home)) as index:
        index.execute("UPDATE object SET place = place + 3")
    assert damaged(Landing(landing.home), landed) == []
    Landing(landing.home).withhold(landed[2], "a reason")
    assert contents()[2] not in all_bytes(landing.home)
    assert damaged(Landing(landing.home), [*landed[:2], *landed[3:]]) == []


# Damage


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.index(b"file 40\n")
    content[at] ^= 1
    path.write_bytes(content)


PACK_DAMAGES: dict[str, tuple[Callable[[Path], object], int | None]] = {
    "one byte": (flip, 1),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-300]), None),
    "empty": (lambda path: path.write_bytes(b""), LEAST_PACKED),
    "lost": (lambda path: path.unlink(), LEAST_PACKED),
    "a folder": (as_folder, LEAST_PACKED),
    "a link": (as_link, LEAST_PACKED),
    "no head": (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), 0),
}


@pytest.mark.parametrize("way", PACK_DAMAGES)
@pytest.mark.parametrize("is_alone", [False, True])
def test_damage_to_a_pack_is_told_and_the_same_bytes_mend_it(
    landing: Landing, way: str, is_alone: bool
) -> None:
    spoil, number = PACK_DAMAGES[way]
    landed = land_many(landing)
    others = land_many(landing, MONDAY, b"others")
    pack = next(path for path in packs_of(landing.home) if b"file 40\n" in path.read_bytes())
    spoil(pack)
    again = Landing(landing.home)
    hit = damaged(again, landed)
    assert len(hit) == number or (number is None and 0 < len(hit) < LEAST_PACKED)
    assert damaged(again, others) == []
    assert set(again.damage_among([*landed, *others])) == {one.delivery_id for one in hit}
    same = deliveries(contents())
    for part in [[one] for one in same] if is_alone else [same]:
        for one in again.land_all(part, TUESDAY):
            assert one.first_seen_at in (None, MONDAY), "it still waits, and is the same delivery"
    assert damaged(again, landed) == damaged(Landing(landing.home), landed) == []


def test_whatever_byte_is_damaged_only_what_it_belongs_to_is_lost(landing: Landing) -> None:
    landed = land_many(landing)
    (pack,) = packs_of(landing.home)
    whole, chance = pack.read_bytes(), random.Random(1)
    for _ in range(150):
        spoiled = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2])):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        pack.write_bytes(spoiled)
        assert len(damaged(Landing(landing.home), landed)) <= 2


def test_a_pack_with_damaged_lines_is_scanned_as_far_as_it_goes(landing: Landing) -> None:
    land_many(landing)
    (pack,) = packs_of(landing.home)
    whole, chance = pack.read_bytes(), random.Random(2)
    sound = {one.key for one in scan_pack(pack).files}
    for _ in range(150):
        spoiled = bytearray(whole)
        spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        pack.write_bytes(spoiled)
        try:
            found = {one.key for one in scan_pack(pack).files}
        except ValueError:
            continue
        assert len(found & sound) >= 1
