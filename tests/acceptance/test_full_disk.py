"""A disk that takes no more: nothing is acknowledged that is not durable, and it goes on by itself.

Given a home, when its disk is full from any step on, then the command says so and ends with 3; when
there is room again, then the next run leaves what a run on an empty disk would have left.
"""

import pytest

from pipelines.landing.landing import Landing
from tests.acceptance.test_killed_anywhere import (
    Prepared,
    collect,
    ingest,
    prepared,
    put_second_files,
)
from tests.support.children import (
    OF_DRAIN,
    OF_LANDING,
    ONE_WAY,
    WAYS,
    bring_in,
    copy_home,
    drain,
    publish,
    run,
)
from tests.support.compared_homes import assert_same_as_clean, read_published
from tests.support.each_time import others_are_long
from tests.support.full_disk import end_when_full

__all__ = ["prepared"]

AT_ONCE = [None]


def assert_told(code: int, said: str) -> None:
    """It could not run and says which disk is to blame, or it had nothing to write any more."""
    assert code in (0, 1, 3), said
    if code == 3:
        assert "The disk of " in said and "done by the next run" in said, said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    "step", others_are_long([*AT_ONCE, *OF_LANDING, *OF_DRAIN], "landing: object written")
)
def test_an_ingest_on_a_full_disk_is_made_good_by_the_next_run(
    step: str | None, prepared: Prepared
) -> None:
    home = copy_home(prepared.before, f"full ingest {step}")
    code, said = end_when_full(home, ingest, step)
    assert_told(code, said)
    assert not [*home.rglob(".*.tmp")], "a part of a file may be of patients: nothing is left"
    if step not in ("answer: entered", "load: settled"):
        assert code == 3, f"{step}: {said}"
    for journey in (ingest, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.long
@pytest.mark.parametrize("mend", ONE_WAY)
@pytest.mark.parametrize("step", ["load: before commit"])
def test_a_drain_on_a_full_disk_is_made_good(
    step: str | None, mend: str, prepared: Prepared
) -> None:
    """No file is refused for it."""
    home = copy_home(prepared.landed, f"full drain {step} {mend}")
    assert_told(*end_when_full(home, drain, step))
    run(home, WAYS[mend])
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.long
@pytest.mark.parametrize(
    "step",
    others_are_long([*AT_ONCE, "landing: object written", "collect: landed"], "collect: landed"),
)
def test_a_source_keeps_what_could_not_be_landed(step: str | None, prepared: Prepared) -> None:
    home = copy_home(prepared.before, f"full collect {step}")
    put_second_files(home)
    before = Landing(home).waiting()
    end_when_full(home, collect_and_tell, step)
    landed = {one.file_name for one in Landing(home).waiting()}
    listed = {path.name for path in (home / "incoming").rglob("*") if path.is_file()}
    taken = {path.name for path in (home / "incoming").rglob("collected/*")}
    assert before == []
    assert taken <= landed, "a file is marked as taken that has not landed"
    assert len(listed) == 2
    for journey in (collect, drain, publish):
        run(home, journey)
    assert_same_as_clean(home, prepared.published)


def collect_and_tell() -> int:
    from pipelines.base.errors import DiskFault

    try:
        return collect()
    except DiskFault:
        return 3


@pytest.mark.parametrize(
    "step", others_are_long([*AT_ONCE, "publish: built", "publish: linked"], "publish: linked")
)
def test_readers_keep_the_publication_while_the_disk_is_full(
    step: str | None, prepared: Prepared
) -> None:
    home = copy_home(prepared.ingested, f"full publish {step}")
    before = read_published(home)
    code, said = end_when_full(home, publish, step)
    assert_told(code, said)
    if step in (None, "publish: built"):
        assert code == 3
        assert read_published(home) == before
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


@pytest.mark.long
def test_a_process_that_goes_on_can_work_again(prepared: Prepared) -> None:
    """A worker that met a full disk need not be started anew."""
    home = copy_home(prepared.landed, "full and free")
    code, said = end_when_full(home, drain_twice, "load: before commit")
    assert code in (0, 1), said
    run(home, publish)
    assert_same_as_clean(home, prepared.published)


def drain_twice() -> int:
    """The disk is full in the first drain, and has room in the second."""
    import os
    import resource

    assert drain() == 3
    os.environ.pop("SITREP_KILL_AT")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return bring_in()
