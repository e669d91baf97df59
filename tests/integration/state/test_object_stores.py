"""Landed bytes are kept alike in a folder and in an object store."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.errors import StateUnavailable
from pipelines.base.state.shared_bucket import forget_buckets, shared_bucket
from pipelines.landing.chosen_objects import chosen_objects
from pipelines.landing.landing import Landing
from pipelines.landing.object_bucket import ObjectBucket
from pipelines.landing.object_store import (
    DamagedObject,
    Kept,
    KnownObject,
    MissingObject,
    ObjectKey,
    ObjectStore,
)
from pipelines.local_servers.free_port import free_port
from pipelines.local_servers.s3_server import LocalS3
from tests.support.shared_objects import OBJECTS, objects_at, objects_of_tests
from tests.support.small_slots import FIRST_FILE, write_slots

FIRST = datetime(2026, 11, 27, 12, 0, 0, 250000, tzinfo=UTC)
LATER = FIRST + timedelta(hours=1)


def key_of(content: bytes, feed: str = "a.feed") -> ObjectKey:
    return ObjectKey(feed, hashlib.sha256(content).hexdigest())


ONE, OTHER = b"one", b"other" * 1000
KEY, OTHER_KEY = key_of(ONE), key_of(OTHER)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    with objects_of_tests(tmp_path_factory.mktemp("objects")) as running:
        yield running


@pytest.fixture(params=OBJECTS)
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    if request.param == "folder":
        yield chosen_objects(tmp_path)
        return
    with objects_at(request.getfixturevalue("server"), tmp_path):
        yield chosen_objects(tmp_path)


def test_bytes_are_kept_whole_with_when_they_came_first(objects: ObjectStore) -> None:
    assert objects.look([KEY]) == {}
    assert objects.feeds() == set()
    assert objects.keep({KEY: ONE, OTHER_KEY: OTHER}, FIRST) == {}, "they never came before"
    known = objects.look([KEY, OTHER_KEY, key_of(b"never")])
    assert set(known) == {KEY, OTHER_KEY}
    assert known[KEY].kept is Kept.WHOLE
    assert known[OTHER_KEY].size_bytes == len(OTHER)
    assert abs(known[KEY].first_seen_at - FIRST) < timedelta(milliseconds=1)
    assert [objects.read(key) for key in (KEY, OTHER_KEY)] == [ONE, OTHER]
    assert objects.keep({KEY: ONE}, LATER) == {KEY: known[KEY]}, "it came before"
    assert objects.look([KEY])[KEY] == known[KEY]
    assert objects.feeds() == {"a.feed"}


def test_what_is_expected_is_read_as_it_is(objects: ObjectStore) -> None:
    many = {key_of(b"%d" % number): b"%d" % number for number in range(5)}
    objects.keep(many, FIRST)
    missing, first = key_of(b"missing"), next(iter(many))
    objects.expect({**{key: len(content) for key, content in many.items()}, missing: 3})
    assert [objects.read(key) for key in reversed(many)] == list(reversed(many.values()))
    with pytest.raises(MissingObject):
        objects.read(missing)
    objects.expect({key: 40_000_000 for key in many})
    assert [objects.read(key) for key in many] == list(many.values())
    assert objects.read(first) == many[first], "once more than was expected"


def test_another_feed_has_bytes_of_its_own(objects: ObjectStore) -> None:
    objects.keep({KEY: ONE}, FIRST)
    assert objects.look([key_of(ONE, "b.feed")]) == {}
    with pytest.raises(MissingObject):
        objects.read(key_of(ONE, "b.feed"))


def test_withheld_bytes_are_gone_for_ever_and_the_reason_is_told(objects: ObjectStore) -> None:
    objects.keep({KEY: ONE}, FIRST)
    objects.withhold(KEY, "patient data", LATER)
    assert objects.why_withheld(KEY) == "patient data"
    known = objects.look([KEY])[KEY]
    assert known.kept is Kept.WITHHELD
    assert abs(known.first_seen_at - FIRST) < timedelta(milliseconds=1)
    with pytest.raises(FileNotFoundError) as told:
        objects.read(KEY)
    assert not isinstance(told.value, DamagedObject)
    assert objects.withheld_hashes() == {KEY.sha256}
    assert objects.drop_withheld(KEY.sha256) == 0
    assert objects.why_withheld(OTHER_KEY) is None


def test_bytes_that_were_never_kept_can_be_withheld(objects: ObjectStore) -> None:
    objects.withhold(KEY, "too large", LATER)
    known = objects.look([KEY])[KEY]
    assert (known.kept, known.size_bytes) == (Kept.WITHHELD, 0)
    assert abs(known.first_seen_at - LATER) < timedelta(milliseconds=1)


def test_expired_bytes_are_gone_and_may_come_again(objects: ObjectStore) -> None:
    objects.keep({KEY: ONE}, FIRST)
    assert objects.expired_feed() is None
    objects.expire([KEY])
    known = objects.look([KEY])[KEY]
    assert known.kept is Kept.EXPIRED
    assert abs(known.first_seen_at - FIRST) < timedelta(milliseconds=1)
    assert objects.expired_feed() == "a.feed"
    with pytest.raises(MissingObject):
        objects.read(KEY)
    assert objects.keep({KEY: ONE}, LATER) == {KEY: known}, "what was known before is told"
    assert objects.read(KEY) == ONE
    assert objects.look([KEY])[KEY].kept is Kept.WHOLE


def test_what_a_backup_copies_is_put_back(objects: ObjectStore, tmp_path: Path) -> None:
    objects.keep({KEY: ONE, OTHER_KEY: OTHER}, FIRST)
    objects.withhold(OTHER_KEY, "patient data", FIRST)
    parts = list(objects.parts())
    names = [f"objects/a.feed/{KEY.sha256[:2]}/{KEY.sha256}"]
    names += [f"objects/a.feed/{OTHER_KEY.sha256[:2]}/{OTHER_KEY.sha256}.withheld"]
    assert sorted(part.name for part in parts) == sorted(names)
    copies = []
    for number, part in enumerate(parts):
        copies.append((part, tmp_path / f"copy-{number}"))
        objects.copy_part(*((part.name, copies[-1][1])))
    assert objects.put_parts(copies) == 2
    with pytest.raises(FileNotFoundError):
        objects.copy_part("objects/a.feed/00/gone", tmp_path / "gone")


@pytest.fixture
def bucket(server: LocalS3, tmp_path: Path) -> Iterator[ObjectBucket]:
    with objects_at(server, tmp_path):
        store = chosen_objects(tmp_path)
        assert isinstance(store, ObjectBucket)
        yield store


def test_a_landing_that_goes_on_cannot_bring_withheld_bytes_back(bucket: ObjectBucket) -> None:
    assert bucket.look([KEY]) == {}, "a landing has looked, and is about to put"
    bucket.withhold(KEY, "patient data", FIRST)
    bucket.keep({KEY: ONE}, LATER)
    assert bucket.why_withheld(KEY) == "patient data"


def test_of_many_who_put_the_same_bytes_at_once_the_first_is_kept(bucket: ObjectBucket) -> None:
    times = [FIRST + timedelta(minutes=number) for number in range(6)]
    threads = [threading.Thread(target=bucket.keep, args=({KEY: ONE}, at)) for at in times]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bucket.read(KEY) == ONE
    assert bucket.look([KEY])[KEY].first_seen_at in times


def test_damaged_bytes_are_told_and_mended_by_the_same_bytes(
    bucket: ObjectBucket, tmp_path: Path
) -> None:
    bucket.keep({KEY: ONE}, FIRST)
    store = shared_bucket(tmp_path)
    assert store is not None
    store.put(f"landing/objects/a.feed/{KEY.sha256[:2]}/{KEY.sha256}", b"onf", {})
    with pytest.raises(DamagedObject, match="are not those that came"):
        bucket.read(KEY)
    bucket.keep({KEY: ONE}, LATER)
    assert bucket.read(KEY) == ONE
    assert bucket.look([KEY])[KEY] == KnownObject(Kept.WHOLE, LATER, 3)


def test_a_kill_between_the_two_steps_of_withholding_is_made_good(
    bucket: ObjectBucket, tmp_path: Path
) -> None:
    bucket.keep({KEY: ONE}, FIRST)
    bucket.withhold(KEY, "patient data", FIRST)
    store = shared_bucket(tmp_path)
    assert store is not None
    name = f"landing/objects/a.feed/{KEY.sha256[:2]}/{KEY.sha256}"
    store.delete([f"{name}.withheld"])
    assert bucket.drop_withheld(KEY.sha256) == 0
    assert bucket.withheld_hashes() == {KEY.sha256}
    # By other hands: the bytes stand there again beside their note.
    store.put(name, ONE, {})
    assert bucket.drop_withheld(KEY.sha256) == 1
    assert bucket.why_withheld(KEY) == "patient data"


def test_a_store_that_is_away_is_no_fault_of_a_file(
    server: LocalS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with objects_at(server, tmp_path):
        (landed,) = steps.land_files([write_slots(tmp_path / FIRST_FILE)])
        with monkeypatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
            patch.setattr("pipelines.base.state.shared_bucket._TRIES", 1)
            forget_buckets()
            with pytest.raises(StateUnavailable, match="The object store of SITREP_OBJECTS"):
                steps.drain()
            with pytest.raises(StateUnavailable):
                steps.land_files([tmp_path / FIRST_FILE])
        forget_buckets()
        assert Landing(tmp_path).waiting() == [landed], "it waits, and nobody was refused"
        assert steps.drain() == 1
    forget_buckets()
