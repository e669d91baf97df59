"""Answers: what a provider gets back for a submission, one for each, as JSON and as Markdown.

    answers/<feed>/<submission>.json   every line, for programs
    answers/<feed>/<submission>.md     the same for people; many alike lines are shortened

An answer is written before the ledger says so. After a crash in between it is written again,
under the same name and with the same content.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.answer_page import answer_page
from pipelines.checkpoints import reached
from pipelines.clock import now
from pipelines.durable import write_durably
from pipelines.registry import Registry
from warehouse import literals

if TYPE_CHECKING:
    import duckdb

_UNANSWERED = """
    SELECT s.submission_id, s.attempt
    FROM warehouse.ops.submission AS s
    ANTI JOIN warehouse.ops.answer AS a
           ON a.submission_id = s.submission_id AND a.attempt = s.attempt
    ORDER BY s.received_at, s.submission_id
"""


@dataclass(frozen=True)
class Answered:
    """The files of one answer."""

    json_path: Path
    page_path: Path


def answer_all(home: Path, registry: Registry) -> int:
    """Every settled submission has its answer on disk and in the ledger; the number of new ones."""
    from warehouse.connection import as_stored, open_warehouse, transaction

    with open_warehouse(home) as connection:
        waiting = connection.execute(_UNANSWERED).fetchall()
        for submission_id, _ in waiting:
            _write(home, read_answer(connection, submission_id, registry))
            reached("answer: written")
        with transaction(connection):
            for submission_id, attempt in waiting:
                connection.execute(
                    "INSERT INTO warehouse.ops.answer VALUES "
                    f"({literals.text(submission_id)}, {attempt:d}, "
                    f"{literals.timestamp(as_stored(now()))})"
                )
    reached("answer: entered")
    return len(waiting)


def answer_paths(home: Path, feed_id: str, submission_id: str) -> Answered:
    """Where the answer to a submission stands."""
    folder = home / "answers" / feed_id
    name = submission_id.partition("@")[2] or submission_id
    return Answered(folder / f"{name}.json", folder / f"{name}.md")


def read_answer(
    connection: "duckdb.DuckDBPyConnection", submission_id: str, registry: Registry
) -> dict[str, Any]:
    """The answer to a submission from the ledger: header, counts, sheets and lines."""
    submission = _one(connection, submission_id)
    lines = connection.execute(
        f"""
        SELECT line, code, severity, message, fix, sheet, row_number AS row,
               column_letter AS column, column_name, value, org_code, report_date
        FROM warehouse.ops.issue
        WHERE submission_id = {literals.text(submission_id)}
          AND attempt = {submission["attempt"]:d}
        ORDER BY line
        """
    )
    names = [column[0] for column in lines.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in lines.fetchall()]
    if submission["status"] == "duplicate":
        found.append(_duplicate_line(submission["duplicate_of"]))
    feed = registry.feeds.get(submission["feed_id"])
    return {
        "submission_id": submission_id,
        "status": submission["status"],
        "duplicate_of": submission["duplicate_of"],
        "feed": submission["feed_id"],
        "feed_title": feed.title if feed else None,
        "collection": submission["collection"],
        "file_name": submission["file_name"],
        "size_bytes": submission["size_bytes"],
        "sha256": submission["sha256"],
        "received_at": submission["received_at"].isoformat() + "Z",
        "settled_at": submission["settled_at"].isoformat() + "Z",
        "attempt": submission["attempt"],
        "rows": {
            "read": submission["rows_read"],
            "accepted": submission["rows_accepted"],
            "quarantined": submission["rows_quarantined"],
            "skipped": submission["rows_skipped"],
            "skipped_by": json.loads(submission["skipped_by"]),
        },
        "accepted_rows": {
            "new": submission["rows_new"],
            "revised": submission["rows_revised"],
            "unchanged": submission["rows_unchanged"],
            "outdated": submission["rows_outdated"],
        },
        "sheets": json.loads(submission["sheets"]),
        "lines": found,
    }


def _one(connection: "duckdb.DuckDBPyConnection", submission_id: str) -> dict[str, Any]:
    rows = connection.execute(
        "SELECT * FROM warehouse.ops.submission "
        f"WHERE submission_id = {literals.text(submission_id)}"
    )
    names = [column[0] for column in rows.description or ()]
    row = rows.fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def _duplicate_line(original: str) -> dict[str, Any]:
    from pipelines.findings import finding

    told = finding("FILE-008", value=original)
    return {
        "line": 1,
        "code": told.code,
        "severity": told.severity.value,
        "message": told.message,
        "fix": told.fix,
    }


def _write(home: Path, answer: dict[str, Any]) -> None:
    paths = answer_paths(home, answer["feed"], answer["submission_id"])
    write_durably(paths.json_path, json.dumps(answer, indent=1, ensure_ascii=False).encode())
    write_durably(paths.page_path, answer_page(answer).encode())
