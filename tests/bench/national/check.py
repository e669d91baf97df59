"""Whether a drained home holds what it should: a benchmark of work that was not done is none."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tests.bench.national.ticks import HELD_SUMS, TIME_COLUMNS
from tests.support.warehouse import look_into

ENOUGH_FILES = 1000
"""From so many files on, every kind of fault is among them."""

_COUNTS = {
    "files": "count(*)",
    "read": "sum(rows_read)",
    "accepted": "sum(rows_accepted)",
    "quarantined": "sum(rows_quarantined)",
    "skipped": "sum(rows_skipped)",
    "new": "sum(rows_new)",
    "revised": "sum(rows_revised)",
    "unchanged": "sum(rows_unchanged)",
    "outdated": "sum(rows_outdated)",
    "duplicates": "count_if(status = 'duplicate')",
    "rejected": "count_if(status = 'rejected')",
    "answers_due": "(SELECT count(*) FROM ops.answer_due)",
    "answers": "(SELECT count(*) FROM ops.answer WHERE answered_at >= $since)",
    "issues": "(SELECT count(*) FROM ops.issue WHERE settled_at >= $since)",
    "quarantine": "(SELECT count(*) FROM ops.quarantine WHERE settled_at >= $since)",
}


def count_and_check(home: Path, files: int, since: datetime) -> dict[str, int]:
    """The counts of what was received since then; raises `AssertionError` where they are wrong."""
    moment = since.astimezone(UTC).replace(tzinfo=None)
    with look_into(home) as connection:
        counts = _ask(
            connection,
            ", ".join(_COUNTS.values()),
            "FROM ops.submission WHERE received_at >= $since",
            moment,
            list(_COUNTS),
        )
        for collection, column in HELD_SUMS.items():
            counts |= _ask(
                connection,
                f"count(*), coalesce(sum({column}), 0)",
                f"FROM history.{collection} WHERE superseded_at IS NULL "
                f"AND {TIME_COLUMNS[collection]} >= $since::DATE - 1",
                moment,
                [f"held_{collection}", f"sum_{collection}"],
            )
    _check(counts, files)
    return counts


def _ask(
    connection: duckdb.DuckDBPyConnection,
    columns: str,
    source: str,
    moment: datetime,
    names: list[str],
) -> dict[str, int]:
    row = connection.execute(f"SELECT {columns} {source}", {"since": moment}).fetchone()
    assert row is not None
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def _check(counts: dict[str, int], files: int) -> None:
    became = ("new", "revised", "unchanged", "outdated")
    expected = {
        "files": files,
        "read": counts["accepted"] + counts["quarantined"] + counts["skipped"],
        "accepted": sum(counts[name] for name in became),
        "quarantine": counts["quarantined"],
        "answers_due": 0,
        "answers": files,
    }
    for name, number in expected.items():
        assert counts[name] == number, f"{name}: {counts[name]:,}, and not {number:,}: {counts}"
    if files >= ENOUGH_FILES:
        for name in ("quarantined", "revised", "duplicates", "rejected", "issues"):
            assert counts[name], f"{name}: none at all: {counts}"
