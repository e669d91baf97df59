"""Two homes are compared: all that does not depend on when and how often the pipeline ran."""

import json
from pathlib import Path
from typing import Any

import duckdb

from pipelines.landing.landing import Landing
from tests.support.ledger_questions import ask_ledger, assert_answered_once, assert_rows_add_up
from tests.support.warehouse import look_into

State = dict[str, Any]
"""Table → its rows."""


def assert_same_as_clean(home: Path, clean: State) -> None:
    state = read_state(home)
    assert set(state) == set(clean)
    for part, expected in clean.items():
        assert state[part] == expected, f"{home.name}: {part}"
    assert_ledger_is_sound(home)
    assert_nothing_is_left_over(home)


def assert_ledger_is_sound(home: Path) -> None:
    """Each submission stands there once, is answered once, and is counted once."""
    assert_answered_once(home, after_a_crash=True)
    assert_rows_add_up(home)
    (loaded,) = ask_ledger(home, "SELECT sum(submissions)::INT AS n FROM ops.load")
    (settled,) = ask_ledger(home, "SELECT sum(attempt)::INT AS n FROM ops.submission")
    assert loaded == settled
    counted = ask_ledger(
        home,
        "SELECT feed_id, day, submissions, rejected, duplicates, rows_accepted FROM ops.feed_day",
    )
    expected = ask_ledger(
        home,
        "SELECT feed_id, received_at::DATE AS day, count(*) AS submissions, "
        "count_if(status = 'rejected') AS rejected, count_if(status = 'duplicate') AS duplicates, "
        "sum(rows_accepted)::BIGINT AS rows_accepted FROM ops.submission GROUP BY ALL",
    )
    assert sorted(map(repr, counted)) == sorted(map(repr, expected))


def assert_nothing_is_left_over(home: Path) -> None:
    assert Landing(home).waiting() == []
    left = [(path.name, path.read_text()) for path in (home / "reading").glob("*/*")]
    assert not left, left
    publications = home / "publications"
    names = {path.stem for path in publications.glob("uec-*.duckdb")}
    made = {f"{name}.duckdb" for name in names} | names
    made |= {"current.duckdb", "current", "current.json"}
    there = {path.name for path in publications.iterdir()}
    assert there == made, there ^ made
    described = json.loads((publications / "current.json").read_text("utf-8"))
    assert (publications / "current.duckdb").resolve().name == described["file"]
    assert (publications / "current").resolve().name == described["publication"]


def read_state(home: Path) -> State:
    """All that a home holds and that does not depend on when and how often it was run."""
    return {**read_warehouse(home), **read_published(home)}


WHEN_IT_RAN = {
    "recorded_at",
    "superseded_at",
    "changed_at",
    "settled_at",
    "batch_id",
    "delivery_id",
    "source",
}
HOW_OFTEN_IT_RAN = {
    "feed_day": {"submissions", "duplicates", "last_status"},
    "feed_status": {"submissions", "duplicates", "last_status"},
}
"""A file that is sent again after a kill may be a duplicate."""
OF_EACH_RUN = {"answer", "answer_due", "load", "migration", "origin", "publication", "reference"}


def read_warehouse(home: Path) -> State:
    """The tables of the ledger, the histories and the marts."""
    with look_into(home) as connection:
        return _read_tables(connection, ("ops", "history", "mart"), "{schema}.{table}")


def read_published(home: Path) -> State:
    """The tables of the publication."""
    current = (home / "publications" / "current.duckdb").resolve()
    with duckdb.connect(str(current), read_only=True) as connection:
        return _read_tables(connection, ("main", "testing"), "published {table}")


def _read_tables(
    connection: duckdb.DuckDBPyConnection, schemas: tuple[str, ...], label: str
) -> State:
    """Each table without what differs from run to run, and without duplicates."""
    state: State = {}
    for schema, table in connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
    ).fetchall():
        if schema not in schemas or table in OF_EACH_RUN:
            continue
        rows = rows_of(connection, f"FROM {schema}.{table}")
        left_out = WHEN_IT_RAN | HOW_OFTEN_IT_RAN.get(table, set())
        name = label.format(schema=schema, table=table if schema != "testing" else f"t.{table}")
        state[name] = sorted(
            (
                {column: value for column, value in row.items() if column not in left_out}
                | ({"is_held": row["superseded_at"] is None} if schema == "history" else {})
                for row in rows
                if table != "submission" or row["status"] != "duplicate"
            ),
            key=repr,
        )
    return state


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
