"""Answers that are still to be given back: entered with the answer, gone when it was given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.landing.landing import UNMATCHED
from warehouse.store import literals
from warehouse.store.stored_time import from_stored

if TYPE_CHECKING:
    import duckdb

Due = tuple[str, int, Any, Any]
"""Submission, attempt, when it was received and when it was settled."""

_ENDPOINT = f"CASE WHEN feed_id = '{UNMATCHED}' THEN regexp_replace(source, '/[^/]*$', '') END"
_IS_AN_ANSWER = r"regexp_matches(file_name, '\.answer\.(json|md)$')"
"""An answer that came back as a file is not answered, or the two would answer each other."""


@dataclass(frozen=True, slots=True)
class OwedTo:
    """What is owed to a feed, or for the files at an endpoint that no feed expects."""

    feed_id: str
    endpoint: str | None
    count: int
    since: datetime
    tries: int
    """Of the answer that was tried most often."""
    last_told: str | None
    """Why the last try failed."""


def owed_to_all(connection: "duckdb.DuckDBPyConnection") -> list[OwedTo]:
    """What is owed, by feed and endpoint; empty where nothing is, which is found out first."""
    if not connection.execute("SELECT 1 FROM warehouse.ops.answer_owed LIMIT 1").fetchall():
        return []
    rows = connection.execute(
        "SELECT feed_id, endpoint, count(*), min(answered_at), max(tries), "
        "arg_max(last_told, last_tried_at) FROM warehouse.ops.answer_owed "
        "GROUP BY feed_id, endpoint ORDER BY feed_id, endpoint"
    ).fetchall()
    return [OwedTo(row[0], row[1], row[2], from_stored(row[3]), *row[4:]) for row in rows]


def enter_owed(
    connection: "duckdb.DuckDBPyConnection",
    answered: Sequence[Due],
    feed_ids: Sequence[str],
    endpoints: Sequence[str],
    moment: datetime,
) -> None:
    """The answers are owed to these feeds, and for the unmatched files of these endpoints.

    Those of earlier attempts are owed no more. A transaction is open.
    """
    ids = literals.many_ids(submission_id for submission_id, *_ in answered)
    times = [received_at for _, _, received_at, _ in answered]
    connection.execute(f"DELETE FROM warehouse.ops.answer_owed WHERE submission_id IN {ids}")
    connection.execute(
        "INSERT INTO warehouse.ops.answer_owed SELECT *, "
        f"{literals.timestamp(moment)}, 0, NULL, NULL FROM (SELECT submission_id, attempt, "
        f"feed_id, {_ENDPOINT} AS endpoint, received_at, settled_at FROM warehouse.ops.submission "
        f"WHERE received_at BETWEEN {literals.timestamp(min(times))} "
        f"AND {literals.timestamp(max(times))} AND submission_id IN {ids} AND NOT {_IS_AN_ANSWER}) "
        f"WHERE {_of_these(feed_ids, endpoints)}"
    )


def enter_letters(
    connection: "duckdb.DuckDBPyConnection", letters: Mapping[str, str], moment: datetime
) -> None:
    """Each letter (id → feed by whose way it goes) is owed, once. A transaction is open."""
    ids = literals.many_ids(letters)
    connection.execute(f"DELETE FROM warehouse.ops.answer_owed WHERE submission_id IN {ids}")
    at = literals.timestamp(moment)
    for letter_id, feed_id in letters.items():
        connection.execute(
            "INSERT INTO warehouse.ops.answer_owed VALUES "
            f"({literals.text(letter_id)}, 0, {literals.text(feed_id)}, NULL, "
            f"{at}, {at}, {at}, 0, NULL, NULL)"
        )


def owed_letters(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """The ids of the letters that are owed."""
    found = connection.execute(
        "SELECT submission_id FROM warehouse.ops.answer_owed "
        "WHERE submission_id LIKE 'letter:%' ORDER BY 1"
    ).fetchall()
    return [letter_id for (letter_id,) in found]


def read_owed(
    connection: "duckdb.DuckDBPyConnection",
    feed_ids: Sequence[str],
    endpoints: Sequence[str],
    most: int,
) -> list[Due]:
    """What is owed to these feeds and endpoints, the oldest first."""
    return connection.execute(
        "SELECT submission_id, attempt, received_at, settled_at FROM warehouse.ops.answer_owed "
        f"WHERE {_of_these(feed_ids, endpoints)} ORDER BY answered_at, submission_id LIMIT {most:d}"
    ).fetchall()


def forget_owed(connection: "duckdb.DuckDBPyConnection", keys: Iterable[tuple[str, int]]) -> None:
    """The answers to these attempts of submissions are owed no more."""
    for attempt, ids in _by_attempt(keys).items():
        connection.execute(
            f"DELETE FROM warehouse.ops.answer_owed WHERE attempt = {attempt:d} "
            f"AND submission_id IN {literals.many_ids(ids)}"
        )


def forget_owed_to(
    connection: "duckdb.DuckDBPyConnection", feed_id: str, endpoint: str | None
) -> None:
    """Nothing is owed to the feed, or for the unmatched files of the endpoint, any more."""
    at = "endpoint IS NULL" if endpoint is None else f"endpoint = {literals.text(endpoint)}"
    connection.execute(
        f"DELETE FROM warehouse.ops.answer_owed WHERE feed_id = {literals.text(feed_id)} AND {at}"
    )


def note_failed(
    connection: "duckdb.DuckDBPyConnection",
    whys: Mapping[tuple[str, int], str],
    moment: datetime,
) -> None:
    """Each of these answers was tried once more at that time, and why it was not given."""
    by_why: dict[str, list[tuple[str, int]]] = {}
    for key, why in whys.items():
        by_why.setdefault(why, []).append(key)
    for why, keys in by_why.items():
        for attempt, ids in _by_attempt(keys).items():
            which = f"attempt = {attempt:d} AND submission_id IN {literals.many_ids(ids)}"
            _note_tried(connection, which, moment, why)


def note_all_failed(
    connection: "duckdb.DuckDBPyConnection",
    feed_ids: Sequence[str],
    endpoints: Sequence[str],
    moment: datetime,
    why: str,
) -> None:
    """None of what is owed to these feeds and endpoints could be given at that time, and why."""
    _note_tried(connection, _of_these(feed_ids, endpoints), moment, why)


def _note_tried(
    connection: "duckdb.DuckDBPyConnection", which: str, moment: datetime, why: str
) -> None:
    connection.execute(
        "UPDATE warehouse.ops.answer_owed SET tries = tries + 1, "
        f"last_tried_at = {literals.timestamp(moment)}, last_told = {literals.text(why)} "
        f"WHERE {which}"
    )


def _of_these(feed_ids: Sequence[str], endpoints: Sequence[str]) -> str:
    """SQL that is true for what is owed to one of them."""
    own = f"(endpoint IS NULL AND feed_id IN {literals.texts(feed_ids)})"
    return f"({own} OR endpoint IN {literals.texts(endpoints)})"


def _by_attempt(keys: Iterable[tuple[str, int]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for submission_id, attempt in keys:
        found.setdefault(attempt, []).append(submission_id)
    return found
