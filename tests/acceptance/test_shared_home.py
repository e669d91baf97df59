"""Two machines that share a state are as one: the same tables, one status and one answer for each.

What they share is a Postgres, an object store and a lake; each has a folder of scratch of its own.
Children are forked from a process that holds no lake, as Airflow forks tasks.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.local_servers.postgres_server import LocalPostgres
from pipelines.local_servers.s3_server import LocalS3
from pipelines.registry.registry import load_registry
from tests.support import children
from tests.support.children import FORK, KILLED, end_at, end_of
from tests.support.compared_homes import State, read_state
from tests.support.ledger_questions import ask_ledger
from tests.support.shared_home import SharedPlace, shared_place
from tests.support.shared_objects import objects_of_tests
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from warehouse.store.connection import close_duckdb

_numbers = count(1)
LONGEST_SECONDS = 600
THEN = "2019-03-08T12:00:00Z"


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    with objects_of_tests(tmp_path_factory.mktemp("objects")) as server:
        yield server


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A workbook for two collections, and files of quarter-hours, one of which revises."""
    folder = tmp_path_factory.mktemp("files")
    return [
        write_workbook(folder / FILE_NAME),
        write_slots(folder / FIRST_FILE),
        write_slots(folder / SECOND_FILE, {(SITES[0], SLOTS[1]): {"arrivals": 9}}),
    ]


@pytest.fixture(scope="module")
def alone(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """What one machine gives."""
    home = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_NOW", THEN)
        settings.cache_clear()
        assert _run(["ingest", *map(str, files)]) == 0
        assert _run(["publish"]) == 0
        yield read_state(home)
    settings.cache_clear()


@pytest.fixture
def place(
    postgres: LocalPostgres,
    objects: LocalS3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    alone: State,
) -> Iterator[SharedPlace]:
    assert alone
    monkeypatch.setenv("SITREP_NOW", THEN)
    # The first of them makes the lake, for which a busy machine takes as long as for all else.
    monkeypatch.setattr(children, "LONGEST_SECONDS", LONGEST_SECONDS)
    with shared_place(postgres, objects, tmp_path / "place", f"place_{next(_numbers)}") as made:
        yield made


def land(files: list[Path]) -> Callable[[], int]:
    def landed() -> int:
        steps.land_files(files)
        return 0

    return landed


def bring_in() -> int:
    """As the DAGs of the collections do."""
    for name in load_registry().collections:
        steps.bring_in(name, endpoints=())
    return 0


def publish() -> int:
    steps.publish()
    return 0


def look_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """What a machine sees, its copy of the publication among it."""
    monkeypatch.setenv("SITREP_HOME", str(home))
    settings.cache_clear()
    from warehouse.publish.publications import current_path

    assert current_path(home) is not None
    try:
        return read_state(home)
    finally:
        close_duckdb()


def assert_as_alone(place: SharedPlace, alone: State, monkeypatch: pytest.MonkeyPatch) -> None:
    home = place.machine("looking")
    state = look_at(home, monkeypatch)
    assert set(state) == set(alone)
    for part, rows in alone.items():
        assert state[part] == rows, part
    settled = ask_ledger(home, "SELECT submission_id, attempt FROM ops.submission")
    answered = ask_ledger(home, "SELECT submission_id, attempt FROM ops.answer")
    close_duckdb()
    assert sorted(map(repr, settled)) == sorted(map(repr, answered))
    assert len({one["submission_id"] for one in settled}) == len(settled)


def test_two_machines_at_once_bring_in_what_one_does(
    place: SharedPlace, alone: State, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = place.machine("north"), place.machine("south")
    assert end_of(north, land(files)) == 0
    both = [FORK.Process(target=end_of, args=(home, bring_in)) for home in (north, south)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    assert end_of(south, publish) == 0
    assert_as_alone(place, alone, monkeypatch)
    assert not (north / "landing").exists(), "nothing of the state stands in a machine's folder"
    assert not (south / "answers").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    "step",
    [
        "landing: object written",
        "validate: judged",
        "load: before commit",
        "load: committed",
        "answer: written",
        "load: settled",
    ],
)
def test_what_a_killed_machine_left_another_one_finishes(
    step: str,
    place: SharedPlace,
    alone: State,
    files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    north, south = place.machine("north"), place.machine("south")

    def land_and_bring_in() -> int:
        return land(files)() or bring_in()

    assert end_at(north, land_and_bring_in, step) == KILLED
    assert end_of(south, land(files) if step.startswith("landing") else bring_in) == 0
    assert end_of(south, bring_in) == 0
    assert end_of(south, publish) == 0
    assert_as_alone(place, alone, monkeypatch)


@pytest.mark.long
def test_a_publication_that_was_not_shared_is_followed_by_one_that_is(
    place: SharedPlace, alone: State, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = place.machine("north"), place.machine("south")
    assert end_of(north, land(files)) == 0
    assert end_of(north, bring_in) == 0
    assert end_at(north, publish, "share: offered") == KILLED
    assert end_of(south, publish) == 0
    assert_as_alone(place, alone, monkeypatch)
