"""A delivery that kills the process while it is read is not tried for ever."""

from pathlib import Path

import pytest

from pipelines.landing.crash_guard import LIMIT, CrashGuard
from pipelines.parse.formats.file_format import file_format
from pipelines.registry.format import Format
from tests.support.small_tables import csv_table, json_rows, small_feed, xlsx_table

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
