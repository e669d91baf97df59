"""A fault of the reader stays with its file, and reading it again after the cure loads it."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import reprocess, steps, validate
from pipelines.crash_guard import LIMIT, CrashGuard
from tests.small_workbook import FILE_NAME, write_workbook

FEED = "acute_sitrep.winter_timeseries"


def ledger(home: Path) -> tuple[Any, ...]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        row = connection.execute(
            "SELECT status, rows_read, rows_accepted + rows_quarantined + rows_skipped, "
            "(SELECT count(*) FROM history.acute_sitrep WHERE superseded_at IS NULL) "
            "FROM ops.submission WHERE feed_id = ?",
            [FEED],
        ).fetchone()
    assert row is not None
    return row


def test_a_fault_after_parsing_refuses_the_file_and_its_rows_add_up(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TypeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(validate, "reconcile", fail)
        steps.land_file(write_workbook(tmp_path / FILE_NAME), [FEED])
        steps.drain()
    assert ledger(home) == ("rejected", 0, 0, 0)
    reprocess.reprocess(FEED, None, lambda _: None)
    status, read, told, held = ledger(home)
    assert (status, read) == ("accepted", told)
    assert held > 0


def test_a_deadly_file_is_read_again_when_asked_for(home: Path, tmp_path: Path) -> None:
    (landed,) = steps.land_file(write_workbook(tmp_path / FILE_NAME), [FEED])
    for _ in range(LIMIT):
        CrashGuard(home, "acute_sitrep").begin(landed.delivery_id)
    steps.drain()
    assert ledger(home)[0] == "rejected"
    reprocess.reprocess(FEED, None, lambda _: None)
    assert ledger(home)[0] == "accepted"


def test_what_is_empty_under_a_new_mapping_takes_its_rows_away(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.land_file(write_workbook(tmp_path / FILE_NAME), [FEED])
    steps.drain()
    assert ledger(home)[3] > 0

    def read_nothing(content: bytes, file_name: str, feed: Any) -> Any:
        from pipelines.rows import ParsedRows

        return ParsedRows({}, (), nothing_expected=True)

    monkeypatch.setattr("pipelines.formats.winter_timeseries.read", read_nothing)
    reprocess.reprocess(FEED, None, lambda _: None)
    status, *_, held = ledger(home)
    assert (status, held) == ("empty", 0)
