"""A delivery that kills the process while it is read is not tried for ever."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.landing.crash_guard import LIMIT, CrashGuard
from pipelines.landing.landing import Manifest
from pipelines.parse.formats.file_format import file_format
from pipelines.registry.format import Format
from tests.support.small_tables import csv_table, json_rows, small_feed, xlsx_table

pytestmark = pytest.mark.usefixtures("each_state")
MEGABYTE = 1024 * 1024


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


def waiting(*names: str) -> list[Manifest]:
    """Deliveries `<feed><number>`, in the order in which they came."""
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    return [Manifest(name, name[0], "0" * 64, 1, name, name, noon) for name in names]


def groups(guard: CrashGuard, *names: str) -> list[list[str]]:
    return [[one.delivery_id for one in own] for own in guard.groups(waiting(*names))]


def test_suspects_come_last_in_smaller_groups_and_what_their_feeds_sent_later_after_them(
    tmp_path: Path,
) -> None:
    everything = ("a1", "b1", "c1", "a2", "b2", "c2")
    for _ in range(2):
        assert groups(CrashGuard(tmp_path, "nhs111"), *everything) == [list(everything)]
        CrashGuard(tmp_path, "nhs111").begin_together(waiting("a1", "b2"))
    guard = CrashGuard(tmp_path, "nhs111")
    assert groups(guard, *everything) == [["b1", "c1", "c2"], ["a1"], ["a2"], ["b2"]]
    ordered = [
        [one.delivery_id for one in own] for own in guard.groups_in_order(waiting(*everything))
    ]
    assert ordered == [["a1"], ["b1", "c1", "a2"], ["b2"], ["c2"]]


@pytest.mark.in_folder
@pytest.mark.parametrize(
    ("form", "size_bytes", "is_risky"),
    [
        (xlsx_table(), 1, True),
        (csv_table(), 1, False),
        (json_rows(), MEGABYTE, False),
        (csv_table(), 64 * MEGABYTE, True),
        (json_rows(), 64 * MEGABYTE, True),
    ],
)
def test_notes_are_taken_of_workbooks_and_of_large_files(
    form: Format, size_bytes: int, is_risky: bool
) -> None:
    assert file_format(small_feed(form)).may_kill(size_bytes) == is_risky
