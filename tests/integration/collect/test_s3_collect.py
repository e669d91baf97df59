"""Collecting from a bucket: each object lands once, by key and version, and is put away or not."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck
from pipelines.collect.collect import collect_endpoint
from pipelines.collect.file_store import Fetched
from pipelines.landing.landing import Landing
from pipelines.local_servers.s3_server import LocalS3, running_s3
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import assert_answered_once
from tests.support.s3_place import NEEDS_SERVER, S3Place, s3_place
from tests.support.simulated import failed
from tests.support.small_slots import write_slots

pytestmark = [NEEDS_SERVER, pytest.mark.xdist_group("s3")]
FIRST, SECOND = "R0A_20261126T111500.csv", "R0A_20261126T113000.csv"
TEST_NUMBER = "9991234578"
"""Of the range from 999, which no patient has."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    with running_s3(tmp_path_factory.mktemp("s3"), page_objects=20) as running:
        yield running


@pytest.fixture
def place(server: LocalS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Place]:
    with s3_place(server, tmp_path, monkeypatch) as made:
        yield made


def test_each_object_lands_once_and_one_that_was_overwritten_is_new(place: S3Place) -> None:
    place.put(FIRST, b"a")
    place.put(SECOND, b"b")
    assert place.collect() == 2
    assert place.landed() == [FIRST, SECOND]
    assert {one.source for one in Landing(place.home.home).waiting()} == {
        f"{place.endpoint}/{FIRST}",
        f"{place.endpoint}/{SECOND}",
    }
    assert place.collect() == 0
    place.put(FIRST, b"other")
    assert place.collect() == 1
    assert place.collect() == 0
    assert place.all_keys() == [f"r0a/{FIRST}", f"r0a/{SECOND}"], "nothing is put away"


def test_one_that_comes_in_the_second_of_another_is_new(place: S3Place) -> None:
    place.put(FIRST)
    assert place.collect() == 1
    place.put(SECOND)
    assert place.collect() == 1


def test_a_file_that_no_feed_expects_is_landed_to_be_answered(place: S3Place) -> None:
    place.put("holiday.jpg")
    assert place.collect() == 1
    assert [one.feed_id for one in Landing(place.home.home).waiting()] == ["unmatched"]


def test_an_endpoint_that_no_feed_names_is_told_by_its_form(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put("x.csv", prefix="other/")
    set_clock(monkeypatch, time.time() + 60)
    endpoint = place.endpoint.replace("/r0a", "/other")
    assert collect_endpoint(place.home.home, endpoint, load_registry()) == 1


def test_landed_objects_are_moved(place: S3Place) -> None:
    place.feed(after_landing="move")
    place.put(FIRST)
    place.put("R0A_é +%41&<\x01.csv")
    assert place.collect() == 2
    assert place.all_keys() == [f"r0a/collected/{FIRST}", "r0a/collected/R0A_é +%41&<\x01.csv"]
    assert place.collect() == 0
    place.put(FIRST)
    assert place.collect() == 1, "sent again, it is answered again"
    place.put(FIRST, b"again")
    assert place.collect() == 1
    content = place.client.get_object(Bucket=place.bucket, Key=f"r0a/collected/{FIRST}")
    assert content["Body"].read() == b"again"


def test_landed_objects_are_deleted_but_for_one_that_is_another_by_now(place: S3Place) -> None:
    place.feed(after_landing="delete")
    place.put(FIRST)
    place.put(SECOND)
    assert place.collect() == 2
    assert place.all_keys() == []
    place.put(FIRST)
    [old] = place.source().list_all(place.home.home)
    place.put(FIRST, b"newer")
    source = place.source(after_landing="delete")
    # By one: moto heeds the ETag of one object, and not those of many.
    source.open()._delete_one_by_one([old])
    assert place.all_keys() == [f"r0a/{FIRST}"]


def test_a_marker_says_that_an_object_is_whole(place: S3Place) -> None:
    place.feed(whole_when="marker", after_landing="leave")
    place.put(FIRST)
    assert place.collect() == 0
    place.put(f"{FIRST}.done", b"")
    assert place.collect() == 1
    assert place.landed() == [FIRST]


def test_an_object_of_the_last_seconds_waits_for_the_next_run(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.feed(quiet_seconds=600)
    place.put(FIRST)
    moment = time.time()
    set_clock(monkeypatch, moment + 5)
    assert place.collect() == 0
    set_clock(monkeypatch, moment + 700)
    assert place.collect() == 1


def test_files_are_held_while_a_feed_file_is_broken(place: S3Place) -> None:
    broken = place.feed("RR8")
    sound = broken.read_text("utf-8")
    broken.write_text("title: [")
    place.put(FIRST)
    place.put("RR8_20261126T111500.csv")
    assert place.collect() == 1
    assert place.collect() == 0, "it has landed for the feed that is sound"
    broken.write_text(sound, "utf-8")
    assert place.collect() == 1
    assert place.collect() == 0


def test_a_listing_of_many_pages_is_taken_whole(place: S3Place) -> None:
    contents = {f"{number:03}.csv": b"%d" % number for number in range(45)}
    for name, content in contents.items():
        place.put(name, content)
        place.put("a.csv", prefix=f"r0a/{name}/")
    listed = [one for one in place.source().list_all(place.home.home) if not one.why_not]
    read = place.source().read(place.home.home, listed)
    found = [(one.file.name, one.content) for one in read if isinstance(one, Fetched)]
    assert found == list(contents.items()), "in their order"
    source = place.source(after_landing="delete")
    assert source.put_away(place.home.home, listed) == {}
    assert len(place.all_keys()) == 45


def test_hostile_and_odd_keys_cost_nobody_else(place: S3Place) -> None:
    odd = ["R0A_x\x01y.csv", "R0A_éü.csv", "R0A_a b+c%41&<>.csv", "-rf.csv", "R0А_cyr.csv"]
    for name in (FIRST, *odd, "n" * 700):
        place.put(name, name.encode())
    for key in ("/R0A_z.csv", "./R0A_q.csv", "../../etc/passwd", "sub/R0A_deep.csv", ""):
        place.put(key)
    assert place.collect() == len(odd) + 2
    waiting = Landing(place.home.home).waiting()
    refused = [one for one in waiting if one.size_bytes == 700]
    assert [one.file_name[:10] for one in refused] == ["n" * 10]
    assert all(
        Landing(place.home.home).content(one) == one.file_name.encode()
        for one in waiting
        if one not in refused
    )
    assert place.collect() == 0
    assert not [path for path in place.home.home.rglob("*") if path.name == "passwd"]


def test_one_that_is_too_large_is_refused_unread_and_answered(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "1000")
    settings.cache_clear()
    place.put(FIRST, b"a" * 1001)
    place.put(SECOND, b"b" * 1000)
    assert place.collect() == 2
    assert place.collect() == 0
    assert failed([place.home.call("drain")]) == []
    found = place.home.ask(
        "SELECT file_name, code FROM ops.submission JOIN ops.issue USING (submission_id)"
    )
    assert (FIRST, "FILE-016") in found
    assert (SECOND, "FILE-016") not in found


def test_one_that_is_overwritten_after_the_listing_is_left_for_the_next_run(
    place: S3Place,
) -> None:
    place.put(FIRST)
    place.put(SECOND)
    listed = place.source().list_all(place.home.home)
    place.put(FIRST, b"b")
    place.client.delete_object(Bucket=place.bucket, Key=f"r0a/{SECOND}")
    assert list(place.source().read(place.home.home, listed)) == []
    assert place.collect() == 1


@pytest.mark.parametrize("keeps_versions", [False, True])
@pytest.mark.parametrize("after_landing", ["leave", "move"])
def test_patient_data_goes_at_the_source(
    place: S3Place, after_landing: str, keeps_versions: bool
) -> None:
    if keeps_versions:
        place.client.put_bucket_versioning(
            Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    place.feed(after_landing=after_landing, answers="answers")
    content = f"org_code,comment\nR0A,Waits for a bed {TEST_NUMBER}\n".encode()
    place.put(FIRST, content)
    good = write_slots(place.home.feeds.parent / SECOND, slots=("2026-11-26T11:15:00Z",))
    place.put(SECOND, good.read_bytes())
    assert place.collect() == 2
    assert failed([place.home.call("drain")]) == []
    kept = f"r0a/{'collected/' if after_landing == 'move' else ''}{SECOND}"
    assert [key for key in place.all_keys() if "/answers/" not in key] == [kept]
    assert contents_of_all_versions(place).isdisjoint({content})
    assert_answered_once(place.home.home)
    place.put(FIRST, content)
    assert place.collect() == 1
    assert contents_of_all_versions(place).isdisjoint({content}), "it is known by its bytes"


def test_one_drop_leaves_no_version_of_these_bytes_and_no_other_goes(place: S3Place) -> None:
    versioned = {"Status": "Enabled"}
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration=versioned)
    for content in (b"bad", b"good", b"bad"):
        place.put(FIRST, content)
    [file] = place.source().list_all(place.home.home)
    place.source().drop(place.home.home, file)
    assert contents_of_all_versions(place) == {b"good"}


def test_answers_are_put_under_their_prefix(place: S3Place) -> None:
    source = place.source(answers="answers")
    assert source.put_answers(place.home.home, {"a.json": b"{}", "a.md": b"#"}) == {}
    assert place.all_keys() == ["r0a/answers/a.json", "r0a/answers/a.md"]
    elsewhere = place.source(answers="/answers/r0a")
    assert elsewhere.put_answers(place.home.home, {"a.json": b"{}"}) == {}
    assert "answers/r0a/a.json" in place.all_keys()
    assert place.collect() == 0, "answers are no submissions"


def test_what_is_put_is_collected(place: S3Place) -> None:
    place.source().put(place.home.home, FIRST, b"a")
    assert place.source().waiting_names(place.home.home) == {FIRST}
    assert place.collect() == 1
    assert place.source().waiting_names(place.home.home) == set()


def test_an_object_beyond_one_copy_is_moved_by_parts(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.collect.s3.s3_client._LARGEST_COPY_BYTES", 10)
    place.feed(after_landing="move")
    place.put(FIRST, b"a" * 11)
    assert place.collect() == 1
    assert place.all_keys() == [f"r0a/collected/{FIRST}"]


def test_stores_that_delete_one_by_one_are_served(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "NotImplemented"}}, "DeleteObjects")

    source = place.source(after_landing="delete")
    place.put(FIRST)
    place.put(SECOND)
    bucket = source.open()
    monkeypatch.setattr(bucket._client, "delete_objects", refuse)
    assert bucket.delete_all(source.list_all(place.home.home)) == {}
    assert place.all_keys() == []


def test_nothing_is_taken_or_changed_by_a_check(place: S3Place) -> None:
    place.put(FIRST, b"abc")
    source = place.source(after_landing="move", answers="answers")
    checks = list(source.check(place.home.home))
    assert all(isinstance(one, SourceCheck) and one.is_fine for one in checks), checks
    assert [one.step.value for one in checks] == [
        "connection",
        "name",
        "connect",
        "sign in",
        "list",
        "read one",
        "put away",
        "answer",
    ]
    assert place.all_keys() == [f"r0a/{FIRST}"]
    assert not (place.home.home / "taken").exists()
    assert place.collect() == 1


def contents_of_all_versions(place: S3Place) -> set[bytes]:
    answer = place.client.list_object_versions(Bucket=place.bucket)
    return {
        place.client.get_object(Bucket=place.bucket, Key=one["Key"], VersionId=one["VersionId"])[
            "Body"
        ].read()
        for one in answer.get("Versions", ())
    }


def set_clock(patch: pytest.MonkeyPatch, moment: float) -> None:
    patch.setenv("SITREP_NOW", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)))
    settings.cache_clear()
