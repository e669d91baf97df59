"""What the watch remembers in the ledger: the table `ops.watch`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.watch.known_monitors import find_monitors, kind_of
from pipelines.watch.sql_words import instant_of, time_literal
from pipelines.watch.state import Watched
from pipelines.watch.watch_finding import WatchFinding, WatchKind
from warehouse.store import literals
from warehouse.store.rows_in import insert_rows
from warehouse.store.stored_time import as_stored, from_stored
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_STILL_TOLD = timedelta(days=7)
"""How long a channel that cannot be reached is still told of a finding that is over."""
_COLUMNS = (
    "finding_key",
    "code",
    "feed_id",
    "collection",
    "subject",
    "since",
    "first_seen_at",
    "last_seen_at",
    "ended_at",
    "message",
    "fix",
    "alerted_at",
    "told",
    "told_over",
)


def read_open(connection: "duckdb.DuckDBPyConnection") -> list[Watched]:
    """The findings that were there at the last look."""
    return _read(connection, "ended_at IS NULL")


def read_recent(connection: "duckdb.DuckDBPyConnection", moment: datetime) -> list[Watched]:
    """The findings that a channel may still have to be told of."""
    since = time_literal(moment - _STILL_TOLD)
    return _read(connection, f"ended_at IS NULL OR ended_at >= {since}")


def write_open(connection: "duckdb.DuckDBPyConnection", rows: Sequence[Watched]) -> None:
    """These rows replace those that were open."""
    with transaction(connection):
        connection.execute("DELETE FROM warehouse.ops.watch WHERE ended_at IS NULL")
        insert_rows(connection, "warehouse.ops.watch", _COLUMNS, [_stored(row) for row in rows])


def note_told(
    connection: "duckdb.DuckDBPyConnection",
    channel: str,
    new: Sequence[Watched],
    over: Sequence[Watched],
    moment: datetime,
) -> None:
    """The rows name the channel that took them; one that was over by then is told as over too."""
    at = time_literal(moment)
    finished = [*over, *(row for row in new if not row.is_open)]
    with transaction(connection):
        _update(
            connection, new, f"{_added('told', channel)}, alerted_at = coalesce(alerted_at, {at})"
        )
        _update(connection, finished, _added("told_over", channel))


def _added(column: str, channel: str) -> str:
    return f"{column} = concat_ws(',', nullif({column}, ''), {literals.text(channel)})"


def _update(connection: "duckdb.DuckDBPyConnection", rows: Sequence[Watched], change: str) -> None:
    if not rows:
        return
    values = ", ".join(
        f"({literals.text(row.finding.key)}, {time_literal(row.first_seen_at)})" for row in rows
    )
    connection.execute(
        f"UPDATE warehouse.ops.watch SET {change} FROM (VALUES {values}) AS v(key, seen) "
        "WHERE finding_key = v.key AND first_seen_at = v.seen"
    )


def _read(connection: "duckdb.DuckDBPyConnection", condition: str) -> list[Watched]:
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM warehouse.ops.watch WHERE {condition} "
        "ORDER BY since DESC, finding_key"
    ).fetchall()
    kinds = find_monitors().kinds if rows else {}
    return [_watched(dict(zip(_COLUMNS, row, strict=True)), kinds) for row in rows]


def _watched(row: dict[str, Any], kinds: Mapping[str, WatchKind]) -> Watched:
    finding = WatchFinding(
        kind_of(row["code"], kinds),
        row["collection"],
        row["feed_id"],
        row["subject"],
        from_stored(row["since"]),
        row["message"],
        row["fix"],
    )
    return Watched(
        finding,
        from_stored(row["first_seen_at"]),
        from_stored(row["last_seen_at"]),
        instant_of(row["ended_at"]),
        instant_of(row["alerted_at"]),
        _names(row["told"]),
        _names(row["told_over"]),
    )


def _stored(row: Watched) -> tuple[object, ...]:
    finding = row.finding
    return (
        finding.key,
        finding.code,
        finding.feed_id,
        finding.collection,
        finding.subject,
        as_stored(finding.since),
        as_stored(row.first_seen_at),
        as_stored(row.last_seen_at),
        row.ended_at and as_stored(row.ended_at),
        finding.message,
        finding.fix,
        row.alerted_at and as_stored(row.alerted_at),
        ",".join(sorted(row.told)),
        ",".join(sorted(row.told_over)),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))
