"""Answers that were given already: the ledger notes them, and they are not written again."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipelines.answer.answer import answer_due, day_file
from pipelines.base.state.documents import kept_state
from pipelines.registry.registry import Registry
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


class _Given(msgspec.Struct, frozen=True):
    """What a line of a day's file says of its answer."""

    submission_id: str
    attempt: int


_decode = msgspec.json.Decoder(_Given).decode

_Due = tuple[str, int, str, datetime]
"""Submission, attempt, feed, and when it was settled."""


def enter_given_answers(
    connection: "duckdb.DuckDBPyConnection", home: Path, registry: Registry
) -> None:
    """No answer is due: those on disk are entered as given, the others are written.

    No source is owed any of them (docs/adr/0043-answers-back.md).
    """
    from warehouse.store.rows_in import insert_rows
    from warehouse.store.transaction import transaction

    due: list[_Due] = connection.execute(
        "SELECT d.submission_id, d.attempt, s.feed_id, d.settled_at "
        "FROM warehouse.ops.answer_due AS d JOIN warehouse.ops.submission AS s "
        "USING (submission_id)"
    ).fetchall()
    given = _find_given(home, due)
    if given:
        ids = literals.many_ids(submission_id for submission_id, *_ in given)
        columns = ("submission_id", "attempt", "answered_at")
        rows = [(name, attempt, settled_at) for name, attempt, _, settled_at in given]
        with transaction(connection):
            insert_rows(connection, "warehouse.ops.answer", columns, rows)
            connection.execute(f"DELETE FROM warehouse.ops.answer_due WHERE submission_id IN {ids}")
    answer_due(connection, home, registry, owes_back=False)


def _find_given(home: Path, due: Sequence[_Due]) -> list[_Due]:
    """Those whose answers stand in the files of their days."""
    by_file: dict[Path, list[_Due]] = {}
    for one in due:
        by_file.setdefault(day_file(home, one[2], one[3]), []).append(one)
    given = []
    for path, own in by_file.items():
        told = _read_day(home, path)
        given += [one for one in own if one[:2] in told]
    return given


def _read_day(home: Path, path: Path) -> set[tuple[str, int]]:
    """The answers of a day; what a process that died left of a line is none."""
    try:
        content = kept_state(home).read(path)
    except FileNotFoundError:
        return set()
    found = set()
    for line in content.split(b"\n"):
        try:
            answer = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        found.add((answer.submission_id, answer.attempt))
    return found
