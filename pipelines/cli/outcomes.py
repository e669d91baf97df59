"""What became of submissions, as the command line tells it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.answer.answer import answer_path
from pipelines.base.settings import settings
from pipelines.landing.landing import Landing
from warehouse.store import literals
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_COLUMNS = (
    "submission_id, feed_id, collection, file_name, status, duplicate_of, received_at, settled_at, "
    "attempt, "
    "rows_read, rows_accepted, rows_quarantined, rows_skipped, "
    "rows_new, rows_revised, rows_unchanged, rows_outdated, values_rejected"
)


def by_delivery(delivery_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The outcomes of these deliveries in their order; unsettled ones have status `waiting`."""
    if not delivery_ids:
        return []
    home = settings().root
    from warehouse.store.connection import open_warehouse

    # The command has loaded them, and has a DuckDB: one of its own for a reader takes 20 ms more.
    with open_warehouse(home) as connection:
        found = _told(
            connection,
            home,
            f"SELECT delivery_id, {_COLUMNS} FROM warehouse.ops.submission AS s "
            f"WHERE delivery_id IN {literals.texts(delivery_ids)}",
        )
    settled = {outcome.pop("delivery_id"): outcome for outcome in found}
    waiting = {one.delivery_id: one for one in Landing(home).waiting()}
    outcomes = []
    for delivery_id in dict.fromkeys(delivery_ids):
        if delivery_id in settled:
            outcomes.append(settled[delivery_id])
        elif delivery_id in waiting:
            manifest = waiting[delivery_id]
            outcomes.append(
                {
                    "feed_id": manifest.feed_id,
                    "file_name": manifest.file_name,
                    "status": "waiting",
                }
            )
    return outcomes


def by_submission(submission_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The outcomes of these submissions, in the order in which they were received."""
    return _read(
        settings().root,
        f"SELECT {_COLUMNS} FROM warehouse.ops.submission AS s "
        f"WHERE submission_id IN {literals.texts(submission_ids)} "
        "ORDER BY received_at, submission_id",
    )


def latest(limit: int, condition: str = "TRUE") -> list[dict[str, Any]]:
    """The outcomes of the submissions received last that meet the condition, newest first."""
    return _read(
        settings().root,
        f"SELECT {_COLUMNS} FROM warehouse.ops.submission AS s WHERE {condition} "
        f"ORDER BY received_at DESC, submission_id LIMIT {limit:d}",
    )


def _read(home: Path, sql: str) -> list[dict[str, Any]]:
    from warehouse.store.warehouse_reader import read_warehouse

    with read_warehouse(home) as connection:
        return _told(connection, home, sql)


def _told(connection: "duckdb.DuckDBPyConnection", home: Path, sql: str) -> list[dict[str, Any]]:
    """The outcomes that the query finds, each with its findings and the path of its answer."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    outcomes = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    findings = _findings(connection, outcomes)
    originals = _originals(connection, outcomes)
    for outcome in outcomes:
        settled_at = outcome.pop("settled_at")
        original = originals.get(outcome["duplicate_of"])
        outcome["status_of_original"] = original["status"] if original else None
        outcome["original"] = original
        path = answer_path(home, outcome["feed_id"], outcome["submission_id"], settled_at)
        outcome["received_at"] = outcome["received_at"].isoformat() + "Z"
        outcome["findings"] = findings.get(outcome["submission_id"], [])
        outcome["answer"] = str(path)
    return outcomes


_OF_ORIGINAL = ("submission_id", "status", "received_at", "contract_version", "sha256")


def _originals(
    connection: "duckdb.DuckDBPyConnection", outcomes: Sequence[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The submissions that duplicates among the outcomes repeat, by their ids."""
    ids = {one["duplicate_of"] for one in outcomes if one["duplicate_of"] is not None}
    if not ids:
        return {}
    rows = connection.execute(
        f"SELECT {', '.join(_OF_ORIGINAL)} FROM warehouse.ops.submission "
        f"WHERE submission_id IN {literals.texts(sorted(ids))}"
    ).fetchall()
    return {row[0]: dict(zip(_OF_ORIGINAL, row, strict=True)) for row in rows}


def _findings(
    connection: "duckdb.DuckDBPyConnection", outcomes: Sequence[dict[str, Any]]
) -> dict[str, list[str]]:
    """For each submission one line per code, worst first: how often, and the first message."""
    if not outcomes:
        return {}
    times = [outcome["settled_at"] for outcome in outcomes]
    first, last = min(times), max(times)
    attempts = {outcome["submission_id"]: outcome["attempt"] for outcome in outcomes}
    rows = connection.execute(
        render(Path(__file__).parent, "findings_of", first=first, last=last, ids=list(attempts))
    ).fetchall()
    found: dict[str, list[str]] = {}
    for submission_id, attempt, code, severity, count, message in rows:
        if attempts[submission_id] == attempt:
            often = f" ({count:,} times, first:)" if count > 1 else ""
            found.setdefault(submission_id, []).append(f"{severity} {code}{often} {message}")
    return found
