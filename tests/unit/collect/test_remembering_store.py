"""A store that keeps its files: what is whole, what was taken, and what is put away."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from pipelines.base.clock import now
from pipelines.base.settings import settings
from pipelines.collect.listed_files import A_FOLDER, Fetched, Listed, Unread
from pipelines.collect.remembering_store import RememberingStore
from pipelines.collect.taken import taken_memory

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
OLD = NOON - timedelta(hours=1)


class Attic(RememberingStore):
    """Files in memory, which may refuse to be put away."""

    kind: Literal["attic"] = "attic"
    endpoint: str = "attic://north"
    pattern: str = "*"
    lying: ClassVar[dict[str, Listed]] = {}
    away: ClassVar[dict[str, Listed]] = {}
    stuck: ClassVar[set[str]] = set()

    def list_all(self, home: Path) -> Sequence[Listed]:
        return list(self.lying.values())

    def list_put_away(self, home: Path) -> Sequence[Listed]:
        return list(self.away.values())

    def put_away(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        for one in files:
            if one.key not in self.stuck and one.key in self.lying:
                self.away[one.key] = self.lying.pop(one.key)
        return {one.key: "it is stuck" for one in files if one.key in self.stuck}

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        return (Fetched(one, b"") for one in files)

    def drop(self, home: Path, file: Listed) -> None:
        del self.lying[file.key]

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        lay(name, changed_at=sent_at)

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        return {}


def lay(name: str, version: str = "1", changed_at: datetime | None = OLD, **words: Any) -> Listed:
    one = Listed(name, name, 1, version=version, changed_at=changed_at, **words)
    Attic.lying[name] = one
    return one


@pytest.fixture(autouse=True)
def attic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    at(monkeypatch, NOON)
    yield
    for things in (Attic.lying, Attic.away, Attic.stuck):
        things.clear()
    settings.cache_clear()


def at(patch: pytest.MonkeyPatch, moment: datetime) -> None:
    patch.setenv("SITREP_NOW", moment.isoformat())
    settings.cache_clear()
    assert now() == moment


def store(**words: Any) -> Attic:
    return Attic(connection="north", **words)


def names(home: Path, **words: Any) -> list[str]:
    return [one.name for one in store(**words).list(home)]


def take(home: Path, **words: Any) -> list[str]:
    """What was listed has landed."""
    own = store(**words)
    listed = own.list(home)
    assert own.done_all(home, listed) == {}
    return [one.name for one in listed]


def test_files_are_taken_once_oldest_first_and_a_new_version_is_new(tmp_path: Path) -> None:
    lay("b.csv", changed_at=OLD)
    lay("a.csv", changed_at=OLD)
    lay("first.csv", changed_at=OLD - timedelta(days=9))
    assert take(tmp_path) == ["first.csv", "a.csv", "b.csv"]
    assert take(tmp_path) == []
    lay("a.csv", "2")
    lay("late.csv", changed_at=OLD - timedelta(days=30))
    assert take(tmp_path) == ["late.csv", "a.csv"]


def test_a_store_without_times_is_listed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay("a.csv", changed_at=None)
    lay("b.csv")
    assert names(tmp_path) == ["b.csv"]
    at(monkeypatch, NOON + timedelta(seconds=10))
    assert names(tmp_path) == ["a.csv", "b.csv"]


@pytest.mark.parametrize("ahead", [0, 600, 10**9], ids=str)
def test_a_file_is_whole_when_it_was_listed_alike_for_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    lay("a.csv", changed_at=NOON + timedelta(seconds=ahead))
    assert names(tmp_path, quiet_seconds=60) == []
    at(monkeypatch, NOON + timedelta(seconds=50))
    lay("a.csv", "2", NOON + timedelta(seconds=ahead + 50))
    assert names(tmp_path, quiet_seconds=60) == [], "it grew"
    at(monkeypatch, NOON + timedelta(seconds=109))
    assert names(tmp_path, quiet_seconds=60) == []
    at(monkeypatch, NOON + timedelta(seconds=110))
    assert names(tmp_path, quiet_seconds=60) == ["a.csv"]


def test_a_marker_says_that_a_file_is_whole(tmp_path: Path) -> None:
    marked = {"whole_when": "marker", "marker": ".ok"}
    lay("a.csv", changed_at=NOON)
    lay("b.csv", changed_at=NOON)
    lay("a.csv.ok", changed_at=NOON)
    assert take(tmp_path, **marked) == ["a.csv"]
    assert take(tmp_path, **marked) == []


def test_a_marker_of_the_file_before_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay("a.csv", changed_at=NOON)
    lay("a.csv.done", changed_at=NOON - timedelta(minutes=9))
    assert names(tmp_path, whole_when="marker") == []
    at(monkeypatch, NOON + timedelta(seconds=10))
    assert names(tmp_path, whole_when="marker") == ["a.csv"], "or its sender keeps old times"


def test_parts_and_hidden_files_are_none_and_hostile_names_are_no_hidden_ones(
    tmp_path: Path,
) -> None:
    for name in ("a.csv.part", ".a.csv", "b.csv", "../a.csv", "/etc/passwd"):
        lay(name, changed_at=NOON)
    assert set(names(tmp_path, whole_when="renamed")) == {"b.csv", "../a.csv", "/etc/passwd"}


def test_what_is_no_plain_file_is_told_and_does_not_wait(tmp_path: Path) -> None:
    lay("folder", changed_at=NOON, why_not=A_FOLDER)
    assert [one.why_not for one in store().list(tmp_path)] == [A_FOLDER]


def test_a_file_that_has_landed_for_some_is_listed_for_the_others(tmp_path: Path) -> None:
    one = lay("a.csv")
    store().hold(tmp_path, Fetched(one, b""), ["north.feed"])
    assert [one.taken_by for one in store().list(tmp_path)] == [("north.feed",)]
    lay("a.csv", "2")
    assert [one.taken_by for one in store().list(tmp_path)] == [()]


@pytest.mark.parametrize("after_landing", ["move", "delete"])
def test_what_has_landed_is_put_away_with_its_marker_and_forgotten(
    tmp_path: Path, after_landing: str
) -> None:
    words = {"after_landing": after_landing, "whole_when": "marker"}
    for _ in range(2):
        lay("a.csv")
        lay("a.csv.done")
        assert take(tmp_path, **words) == ["a.csv"], "the same version again is new"
        assert Attic.lying == {}
    assert set(Attic.away) == {"a.csv", "a.csv.done"}
    assert taken_memory(tmp_path, "attic://north").taken() == {}


def test_what_is_stuck_is_told_and_put_away_by_the_next_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(9):
        lay(f"{number}.csv")
        Attic.stuck.add(f"{number}.csv")
    assert len(take(tmp_path, after_landing="move")) == 9
    assert caplog.text.count("could not be put away (it is stuck)") == 5
    assert "and 4 more" in caplog.text
    assert take(tmp_path, after_landing="move") == []
    Attic.stuck.clear()
    assert take(tmp_path, after_landing="move") == []
    assert len(Attic.away) == 9


def test_killed_between_remembering_and_putting_away(tmp_path: Path) -> None:
    lay("a.csv")
    taken_memory(tmp_path, "attic://north").note(Attic.lying.values(), is_done=True)
    assert take(tmp_path, after_landing="move") == []
    assert set(Attic.away) == {"a.csv"}


def test_hostile_names_are_remembered_and_never_touched(tmp_path: Path) -> None:
    lay("../a.csv")
    assert take(tmp_path, after_landing="move") == ["../a.csv"]
    assert set(Attic.lying) == {"../a.csv"}
    assert take(tmp_path, after_landing="move") == []


def test_names_that_wait_are_told_and_nothing_changes(tmp_path: Path) -> None:
    lay("taken.csv")
    assert take(tmp_path) == ["taken.csv"]
    lay("new.csv", changed_at=NOON)
    lay("a.part")
    lay("folder", why_not=A_FOLDER)
    memory = taken_memory(tmp_path, "attic://north")
    before = (memory.taken(), memory.seen())
    Attic.lying["taken.csv"] = replace(Attic.lying["taken.csv"], size=2)
    assert store(after_landing="move").waiting_names(tmp_path) == {"new.csv"}
    assert (memory.taken(), memory.seen()) == before
    assert Attic.away == {}


def test_copies_are_looked_for_in_all_places(tmp_path: Path) -> None:
    lay("a.csv")
    Attic.away["b.csv"] = lay("b.csv")
    del Attic.lying["b.csv"]
    lay("folder", why_not=A_FOLDER)
    assert {one.name for one in store().kept(tmp_path)} == {"a.csv", "b.csv"}
