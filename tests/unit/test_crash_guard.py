"""A delivery that kills the process while it is read is not tried for ever."""

from pathlib import Path

from pipelines.crash_guard import LIMIT, CrashGuard


def test_a_delivery_that_was_being_read_at_every_death_is_deadly(tmp_path: Path) -> None:
    for _ in range(LIMIT):
        guard = CrashGuard(tmp_path, "acute_sitrep")
        assert not guard.is_deadly("bad")
        guard.begin("bad")
    guard = CrashGuard(tmp_path, "acute_sitrep")
    assert guard.is_deadly("bad")
    assert not guard.is_deadly("good")


def test_a_delivery_that_was_read_to_its_end_is_not_counted(tmp_path: Path) -> None:
    for _ in range(LIMIT + 1):
        guard = CrashGuard(tmp_path, "acute_sitrep")
        guard.begin("good")
        guard.end()
    assert not CrashGuard(tmp_path, "acute_sitrep").is_deadly("good")
