"""Answers: what a provider gets back for a submission, one for each.

    answers/<feed>/<day>.jsonl         every answer of that day (UTC), one a line
    answers/<feed>/<submission>.json   an answer with anything to remark, for programs
    answers/<feed>/<submission>.md     the same for people

An answer that says 'accepted' and nothing else stands in the day's file only: a national feed
would else leave millions of files a year (docs/adr/0010). An answer is written before the ledger
says so. After a crash in between it is written again: its own files under the same names, its
line a second time. Answers that are due stand in the ledger from the moment their submission does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.answer.answer_log import tell_log
from pipelines.answer.answer_page import answer_page
from pipelines.answer.owing import owe_back
from pipelines.base.clock import now
from pipelines.base.kill_points import reached
from pipelines.base.outgoing import json_text
from pipelines.base.state.documents import (
    append_lines,
    kept_state,
    make_way_for,
    remove_document,
    write_documents,
)
from pipelines.findings.status import Status
from pipelines.registry.registry import Registry
from warehouse.ledger.answers_owed import Due
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

_AT_ONCE = 2000
"""Answers that are written and synced together."""

_COUNTS = ("read", "accepted", "quarantined", "skipped")
_OUTCOMES = ("new", "revised", "unchanged", "outdated")
_LINE = (
    "line",
    "code",
    "severity",
    "message",
    "fix",
    "sheet",
    "row",
    "column",
    "column_name",
    "value",
    "org_code",
    "slot",
    "more",
)


def answer_all(home: Path, registry: Registry) -> int:
    """Every settled submission has its answer on disk and in the ledger; the number of new ones."""
    from warehouse.store.connection import open_warehouse

    with open_warehouse(home) as connection:
        return answer_due(connection, home, registry)


def answer_due(
    connection: "duckdb.DuckDBPyConnection",
    home: Path,
    registry: Registry,
    *,
    owes_back: bool = True,
) -> int:
    """`answer_all` with a connection that is open already.

    Sources that take answers back are owed them, unless the answers are only made again.
    """
    written = 0
    while due := _due(connection):
        answers = list(read_answers(connection, due, registry))
        tell_log(answers)
        _write(home, answers, registry)
        reached("answer: written")
        _note_answered(connection, due, registry if owes_back else None)
        written += len(due)
    reached("answer: entered")
    return written


def answer_path(home: Path, feed_id: str, submission_id: str, settled_at: datetime) -> Path:
    """Where the answer to a submission stands: its page, or the day's file where it has none."""
    page = answer_files(home, feed_id, submission_id)[1]
    return page if kept_state(home).stamp(page) is not None else day_file(home, feed_id, settled_at)


def read_answer(
    connection: "duckdb.DuckDBPyConnection", submission_id: str, registry: Registry
) -> dict[str, Any]:
    """The answer to a submission from the ledger: header, counts, sheets and lines."""
    found = connection.execute(
        "SELECT submission_id, attempt, received_at, settled_at FROM warehouse.ops.submission "
        f"WHERE submission_id = {literals.text(submission_id)}"
    ).fetchall()
    return next(read_answers(connection, found, registry))


def _due(connection: "duckdb.DuckDBPyConnection") -> list[Due]:
    return connection.execute(
        "SELECT submission_id, attempt, received_at, settled_at FROM warehouse.ops.answer_due "
        f"ORDER BY settled_at, submission_id LIMIT {_AT_ONCE}"
    ).fetchall()


def _note_answered(
    connection: "duckdb.DuckDBPyConnection", due: Sequence[Due], owed_by: Registry | None
) -> None:
    """The submissions have been answered; the answers are owed as the registry, if given, says."""
    from warehouse.store.rows_in import insert_rows
    from warehouse.store.stored_time import as_stored
    from warehouse.store.transaction import transaction

    moment = as_stored(now())
    columns = ("submission_id", "attempt", "answered_at")
    rows = [(submission_id, attempt, moment) for submission_id, attempt, _, _ in due]
    ids = literals.many_ids(submission_id for submission_id, *_ in due)
    with transaction(connection):
        insert_rows(connection, "warehouse.ops.answer", columns, rows)
        connection.execute(f"DELETE FROM warehouse.ops.answer_due WHERE submission_id IN {ids}")
        if owed_by is not None:
            owe_back(connection, due, owed_by, moment)


def read_answers(
    connection: "duckdb.DuckDBPyConnection", due: Sequence[Due], registry: Registry
) -> Iterator[dict[str, Any]]:
    """The answers to these submissions as the ledger now has them, each with every line."""
    ids = literals.many_ids(submission_id for submission_id, *_ in due)
    times = [received_at for _, _, received_at, _ in due]
    submissions = connection.execute(
        f"SELECT * FROM warehouse.ops.submission WHERE received_at BETWEEN "
        f"{literals.timestamp(min(times))} AND {literals.timestamp(max(times))} "
        f"AND submission_id IN {ids}"
    )
    names = [column[0] for column in submissions.description or ()]
    rows = submissions.fetchall()
    settled = [settled_at for *_, settled_at in due]
    lines: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for submission_id, attempt, *line in connection.execute(
        "SELECT submission_id, attempt, line, code, severity, message, fix, sheet, row_number, "
        "column_letter, column_name, value, org_code, slot, coalesce(more, 0) "
        f"FROM warehouse.ops.issue WHERE settled_at BETWEEN {literals.timestamp(min(settled))} "
        f"AND {literals.timestamp(max(settled))} AND submission_id IN {ids} "
        "ORDER BY submission_id, attempt, line"
    ).fetchall():
        told = dict(zip(_LINE, line, strict=True))
        lines.setdefault((submission_id, attempt), []).append(told)
    for row in rows:
        submission = dict(zip(names, row, strict=True))
        own = lines.get((submission["submission_id"], submission["attempt"]), [])
        yield _answer(submission, own, registry)


def _answer(
    submission: dict[str, Any], lines: list[dict[str, Any]], registry: Registry
) -> dict[str, Any]:
    if submission["status"] == Status.DUPLICATE:
        lines = [*lines, _duplicate_line(submission["duplicate_of"])]
    feed = registry.feeds.get(submission["feed_id"])
    return {
        "submission_id": submission["submission_id"],
        "status": submission["status"],
        "duplicate_of": submission["duplicate_of"],
        "feed": submission["feed_id"],
        "feed_title": feed.title if feed else None,
        "collection": submission["collection"],
        "stage": submission["stage"],
        "file_name": submission["file_name"],
        "size_bytes": submission["size_bytes"],
        "sha256": submission["sha256"],
        "received_at": submission["received_at"].isoformat() + "Z",
        "settled_at": submission["settled_at"].isoformat() + "Z",
        "attempt": submission["attempt"],
        **_judged_by(submission["versions"]),
        "rows": {
            **{name: submission[f"rows_{name}"] for name in _COUNTS},
            "values_rejected": submission["values_rejected"],
            "skipped_by": msgspec.json.decode(submission["skipped_by"]),
        },
        "accepted_rows": {name: submission[f"rows_{name}"] for name in _OUTCOMES},
        "sheets": msgspec.json.decode(submission["sheets"]),
        "lines": lines,
    }


def _judged_by(versions: str | None) -> dict[str, list[str]]:
    """The financial years of the contract's versions, where these differ."""
    return {"contract_versions": versions.split(", ")} if versions else {}


def _duplicate_line(original: str) -> dict[str, Any]:
    from pipelines.findings.finding import finding

    told = finding("FILE-008", value=original)
    return {
        "line": 1,
        "code": told.code,
        "severity": told.severity.value,
        "message": told.message,
        "fix": told.fix,
    }


def page_of(answer: dict[str, Any], registry: Registry) -> str:
    """The page of the answer, with what its collection's contract calls a row."""
    contract = registry.collections.get(answer["collection"])
    return answer_page(answer, contract.row if contract else None)


def content_of(answer: dict[str, Any]) -> bytes:
    """The answer's JSON, for a file of its own."""
    return msgspec.json.format(_as_line(answer), indent=1)


def _as_line(answer: dict[str, Any]) -> bytes:
    return json_text(msgspec.json.encode(answer).decode()).encode()


def _write(home: Path, answers: Sequence[dict[str, Any]], registry: Registry) -> None:
    """Every answer stands in its day's file, and in files of its own where it has remarks."""
    journals: dict[tuple[str, str], list[bytes]] = {}
    own: dict[Path, bytes] = {}
    for answer in answers:
        line = _as_line(answer)
        feed_id, settled_at = answer["feed"], answer["settled_at"]
        journals.setdefault((feed_id, settled_at[:10]), []).append(line)
        if answer["lines"] or answer["status"] != Status.ACCEPTED:
            json_path, page_path = answer_files(home, feed_id, answer["submission_id"])
            own[json_path] = msgspec.json.format(line, indent=1)
            own[page_path] = page_of(answer, registry).encode()
        elif answer["attempt"] > 1:
            # It is without remark since it was read again.
            for path in answer_files(home, feed_id, answer["submission_id"]):
                remove_document(home, path)
    days = {day_file(home, *own_day): b"\n".join(lines) for own_day, lines in journals.items()}
    for path in (*own, *days):
        make_way_for(home, path, "Answers are in a new file of that name.")
    write_documents(home, own)
    append_lines(home, days)


def answer_files(home: Path, feed_id: str, submission_id: str) -> tuple[Path, Path]:
    """The JSON and the page of an answer with remarks."""
    name = submission_id.partition("@")[2] or submission_id
    folder = home / "answers" / feed_id
    return folder / f"{name}.json", folder / f"{name}.md"


def day_file(home: Path, feed_id: str, settled_at: datetime | str) -> Path:
    """The file with the answers of the day on which the submission was settled."""
    return home / "answers" / feed_id / f"{str(settled_at)[:10]}.jsonl"
