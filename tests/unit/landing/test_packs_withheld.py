"""What must not be kept is gone from packs, whoever dies meanwhile; all else in them stays."""

import fcntl
import os
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.landing.landed_objects import LandedObjects
from pipelines.landing.landing import Delivery, Landing, key_of
from pipelines.landing.object_folder import ObjectFolder
from pipelines.landing.object_store import ObjectKey
from tests.support.children import KILLED, end_at
from tests.support.landed_files import packs_of, writing_folder
from tests.support.packed_files import (
    AT,
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
    with_secret,
)


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("SITREP_HOME", str(tmp_path))
    settings.cache_clear()
    return Landing(tmp_path)


def test_withheld_bytes_are_nowhere_any_more(landing: Landing) -> None:
    landed = land_secret(landing)
    (pack,) = packs_of(landing.home)
    size = pack.stat().st_size
    landing.withhold(landed[AT], "a reason")
    assert SECRET not in all_bytes(landing.home), "in no file, free page, journal or hidden file"
    assert pack.stat().st_size == size
    for again in (landing, Landing(landing.home)):
        with pytest.raises(FileNotFoundError):
            again.content(landed[AT])
        assert again.why_withheld(landed[AT]) == "a reason"
        assert damaged(again, others(landed)) == []
        assert not again.has_bytes(landed[AT])


def test_withheld_bytes_are_not_put_into_a_pack_again(landing: Landing) -> None:
    landed = land_secret(landing)
    landing.withhold(landed[AT], "a reason")
    landing.settle(landed)
    bodies = [*contents(said=b"new"), SECRET]
    again = landing.land_all([*deliveries(bodies)[:-1], with_secret()[AT]], TUESDAY)
    assert again[-1].first_seen_at == MONDAY, "the ledger knows them"
    assert SECRET not in all_bytes(landing.home)
    assert landing.why_withheld(again[-1]) == "a reason"


def test_bytes_that_several_packs_have_are_gone_from_each(landing: Landing) -> None:
    """A pack was damaged and its files came again; or two processes landed them at once."""
    landed = land_secret(landing)
    bodies = [one.content for one in with_secret()]
    assert isinstance(landing.objects, LandedObjects)
    landing.objects._put(dict(zip(map(key_of, landed), bodies, strict=True)), TUESDAY)
    landing.land_all(with_secret()[AT : AT + 1], TUESDAY)
    assert all_bytes(landing.home).count(SECRET) == 2
    Landing(landing.home).withhold(landed[AT], "a reason")
    assert SECRET not in all_bytes(landing.home)
    assert damaged(landing, others(landed)) == []


def test_another_feed_may_keep_what_one_must_not(landing: Landing) -> None:
    landed = land_secret(landing)
    (other,) = landing.land_all([Delivery(SECRET, "x.csv", "another", "in")], MONDAY)
    landing.withhold(landed[AT], "a reason")
    assert landing.content(other) == SECRET
    assert landing.objects.withheld_hashes() == set()
    landing.withhold(other, "a reason")
    assert landing.objects.withheld_hashes() == {other.sha256}


def test_a_note_without_the_deletion_is_made_good_by_the_sweep(landing: Landing) -> None:
    landed = land_secret(landing)
    ObjectFolder(landing.home).withhold(
        ObjectKey(landed[AT].feed_id, landed[AT].sha256), "a reason", MONDAY
    )
    assert SECRET in all_bytes(landing.home)
    assert landing.objects.drop_withheld(landed[AT].sha256) == 1
    assert SECRET not in all_bytes(landing.home)
    assert landing.objects.drop_withheld(landed[AT].sha256) == 0
    assert damaged(landing, others(landed)) == []


@pytest.mark.parametrize("step", ["pack: written", "pack: entered"])
def test_a_pack_whose_writer_died_goes_with_what_is_withheld(landing: Landing, step: str) -> None:
    """Its files were never acknowledged; their sender sends them again."""

    def land() -> int:
        Landing(landing.home).land_all(with_secret(), MONDAY)
        return 0

    assert end_at(landing.home, land, step) == KILLED
    assert len(os.listdir(writing_folder(landing.home))) == 1
    landed = Landing(landing.home).land_all(with_secret(), MONDAY)
    assert damaged(landing, landed) == []
    assert all_bytes(landing.home).count(SECRET) == 2
    Landing(landing.home).withhold(landed[AT], "a reason")
    assert SECRET not in all_bytes(landing.home)
    assert os.listdir(writing_folder(landing.home)) == []
    assert damaged(landing, others(landed)) == []


def test_a_pack_that_is_being_written_stays(landing: Landing) -> None:
    landed = land_secret(landing)
    hidden = writing_folder(landing.home) / ".x.pack.0a.tmp"
    with hidden.open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        landing.withhold(landed[AT], "a reason")
        assert hidden.exists()
    landing.objects.drop_withheld(landed[AT].sha256)
    assert not hidden.exists()


@pytest.mark.parametrize("when", ["written", "placed"])
def test_bytes_that_are_withheld_while_another_lands_them_do_not_stay(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Another delivery of them was judged between the look for them and the new pack."""
    (first,) = landing.land_all(with_secret()[AT : AT + 1], MONDAY)
    landing.objects.expire([ObjectKey(first.feed_id, first.sha256)])
    catalogue = landing.objects._packs.catalogue  # type: ignore[attr-defined]
    really = catalogue.place

    def place(new: object) -> None:
        if when == "written":
            Landing(landing.home).withhold(first, "a reason")
        really(new)
        if when == "placed":
            Landing(landing.home).withhold(first, "a reason")

    monkeypatch.setattr(catalogue, "place", place)
    landed = landing.land_all(with_secret(), TUESDAY)
    assert SECRET not in all_bytes(landing.home)
    assert damaged(landing, others(landed)) == []


# Retention


def test_a_pack_all_of_whose_files_expire_is_gone_and_when_they_came_is_known(
    landing: Landing,
) -> None:
    landed = land_secret(landing)
    landing.withhold(landed[AT], "a reason")
    landing.objects.expire([key_of(one) for one in others(landed)])
    assert packs_of(landing.home) == []
    assert all(landing.is_expired(one) for one in others(landed))
    assert landing.why_withheld(landed[AT]) == "a reason"
    assert landing.objects.expired_feed() is not None
    assert not [body for body in contents() if body in all_bytes(landing.home)]
    landing.settle(landed)
    again = Landing(landing.home).land_all(with_secret(), TUESDAY)
    assert {one.first_seen_at for one in again} == {MONDAY}
    assert damaged(landing, others(again)) == []
    with pytest.raises(FileNotFoundError):
        landing.content(again[AT])


def test_of_a_pack_some_files_can_expire(landing: Landing) -> None:
    landed = land_many(landing)
    landing.objects.expire([key_of(one) for one in landed[:10]])
    assert [one for one in landed if landing.is_expired(one)] == landed[:10]
    assert damaged(landing, landed[10:]) == []
    assert contents()[3] not in all_bytes(landing.home)
    landing.objects.expire([key_of(one) for one in landed])
    assert packs_of(landing.home) == []


@pytest.mark.parametrize("step", ["retain: noted"])
def test_a_retention_that_died_goes_on(landing: Landing, step: str) -> None:
    landed = land_many(landing)
    keys = [key_of(one) for one in landed]

    def expire() -> int:
        Landing(landing.home).objects.expire(keys)
        return 0

    assert end_at(landing.home, expire, step) == KILLED
    assert damaged(landing, landed) == []
    landing.objects.expire(keys)
    assert packs_of(landing.home) == []
    assert all(Landing(landing.home).is_expired(one) for one in landed)
