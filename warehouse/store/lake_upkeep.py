"""Keeps a DuckLake small: what loads leave behind in its catalogue and among its files.

Each load leaves rows in the catalogue, small files, and a snapshot. Without upkeep a day of
quarter-hours leaves hundreds of files, and every question opens them all.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.kill_points import reached
from warehouse.store.connection import attached_warehouse, warehouse_lock
from warehouse.store.engines import DuckLake, chosen_engine

SNAPSHOTS_KEPT = timedelta(days=2)
"""Time for readers of an old snapshot to end, and to look at what a load has done."""
_DELETED = 0.001
"""Share of deleted rows from which a file is written anew. A file with deleted rows is merged with
no other, so that of a figure that is revised each hour's file would stay for ever."""
_STEPS = (
    ("flush", "CALL ducklake_flush_inlined_data('warehouse')"),
    ("rewrite", "CALL ducklake_rewrite_data_files('warehouse', delete_threshold => {deleted})"),
    ("merge", "CALL ducklake_merge_adjacent_files('warehouse')"),
    (
        "expire",
        "CALL ducklake_expire_snapshots('warehouse', older_than => now() - INTERVAL {days} DAY)",
    ),
    (
        "clean",
        "CALL ducklake_cleanup_old_files('warehouse', older_than => now() - INTERVAL {days} DAY)",
    ),
)
_log = logging.getLogger(__name__)


@dataclass
class Tidied:
    """What a lake's upkeep did: seconds of each step, and its files of data before and after."""

    files_before: int = 0
    files_after: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def is_lake(home: Path) -> bool:
    """Whether the home's warehouse is a lake."""
    return isinstance(chosen_engine(home), DuckLake)


@disk_faults_told()
def tidy_lake(home: Path) -> Tidied:
    """The lake's small files are merged, its rows in the catalogue are files, old snapshots gone.

    Each step commits by itself, so that one that is killed costs nothing. Raises `WarehouseBusy`
    as a load does, and `StateUnavailable` where the catalogue's Postgres is lost meanwhile.
    """
    done = Tidied()
    with warehouse_lock(home), attached_warehouse(home) as connection:
        count = "SELECT coalesce(sum(file_count), 0)::INT FROM ducklake_table_info('warehouse')"
        done.files_before = connection.execute(count).fetchall()[0][0]
        for name, sql in _STEPS:
            began = time.monotonic()
            connection.execute(sql.format(days=SNAPSHOTS_KEPT.days, deleted=_DELETED))
            done.seconds[name] = round(time.monotonic() - began, 2)
            reached(f"lake: {name}")
        done.files_after = connection.execute(count).fetchall()[0][0]
    _log.info("The lake had %d files and has %d: %s", *_told(done))
    return done


def _told(done: Tidied) -> tuple[int, int, dict[str, float]]:
    return done.files_before, done.files_after, done.seconds
