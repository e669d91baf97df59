"""A run that breaks off forgets nothing of what it and the runs before it have left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pipelines.base.errors import SourceUnavailable
from pipelines.collect.listed_files import Fetched, Listed
from pipelines.collect.taking import Taking
from pipelines.landing.landing import Landing, Manifest
from pipelines.landing.left_at_source import left_at
from pipelines.registry.feed import Feed

FIRST, SECOND = Listed("a", "a.csv", 1, version="1"), Listed("b", "b.csv", 1, version="1")


class Stuck:
    """A store that marks nothing, and breaks off where it is told to."""

    endpoint = "stuck://here"

    def __init__(self, breaks_at: str = "") -> None:
        self.breaks_at = breaks_at

    def expects(self, feed: Feed, file: Listed) -> bool:
        return False

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched]:
        for file in files:
            if file.name == self.breaks_at:
                raise SourceUnavailable("broken off")
            yield Fetched(file, file.name.encode())

    def done_all(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        return {file.key: "not now" for file in files}

    def done(self, home: Path, file: Listed) -> None: ...
    def refuse(self, home: Path, file: Listed) -> None: ...
    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None: ...
    def drop(self, home: Path, file: Listed) -> None: ...
    def drop_copies(self, home: Path, manifests: Sequence[Manifest]) -> int:
        return 0


def run(home: Path, *parts: Sequence[Listed], breaks_at: str = "") -> None:
    taking = Taking(Stuck(breaks_at), home, [], is_held=False)
    with taking.remembered():
        for part in parts:
            taking.take([*taking.to_read(part)])


def left(home: Path) -> set[str]:
    return {one.name for one in left_at(home, Stuck.endpoint).things}


def test_what_could_not_be_marked_is_known_after_a_run_that_broke_off(home: Path) -> None:
    with pytest.raises(SourceUnavailable):
        run(home, [FIRST], [SECOND], breaks_at="b.csv")
    assert left(home) == {"a.csv"}
    run(home, [FIRST], [SECOND])
    assert sorted(one.file_name for one in Landing(home).waiting()) == ["a.csv", "b.csv"]
    assert left(home) == {"a.csv", "b.csv"}


def test_a_run_that_breaks_off_keeps_what_it_did_not_look_at(home: Path) -> None:
    run(home, [FIRST, SECOND])
    with pytest.raises(SourceUnavailable):
        run(home, [FIRST], [SECOND], breaks_at="a.csv")
    assert left(home) == {"a.csv", "b.csv"}
    landing = Landing(home)
    landing.settle(landing.waiting())
    run(home, [FIRST, SECOND])
    assert list(Landing(home).waiting()) == [], "it has landed, and is not landed again"
    run(home, [FIRST])
    assert left(home) == {"a.csv"}, "what is not there any more is not left"
