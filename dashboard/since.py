"""What has changed since a time: England's figures then and now, values, and files."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.asked import asked_for_a_page
from dashboard.desk import Desk
from dashboard.picture import Row, rows_of
from dashboard.words import london, slot_told
from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.sql import render

_SQL = Path(__file__).parent / "sql"
_VALUES_SHOWN = 500
_COLUMNS_HELD = (
    "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE schema_name = 'main' "
    "AND NOT internal GROUP BY table_name"
)


def since_words(then: Desk, later: Path, moment: datetime) -> dict[str, Any]:
    """What the template `since` needs: how the later publication differs from the desk of then."""
    daily = [name for name, one in then.collections.items() if one.cadence.is_daily]
    with asked_for_a_page(later) as reader:
        # Until the next publication a column that a contract has gained or renamed is not there.
        held = dict(reader.execute(_COLUMNS_HELD).fetchall())
        told = [
            _told(one, held[name])
            for name, one in then.collections.items()
            if name in then.shown and set(one.key) <= set(held.get(name, ()))
        ]
        words = {"collections": [one for one in told if one["measures"]], "moment": moment}
        values = rows_of(reader, render(_SQL, "since_values", most=_VALUES_SHOWN, **words))
        files = rows_of(reader, render(_SQL, "since_files", moment=moment))
        shown = [row for row in then.england.values() if row["slot_start"] is not None]
        slots, days = _times(shown, daily)
        sql = render(_SQL, "since_england", slots=slots, days=days, daily=daily)
        now = {
            (row["collection"], row["measure"], row["slot_start"]): row["value"]
            for row in rows_of(reader, sql)
        }
    england = [
        {**row, "slot": slot_told(_time(row, daily), is_day=row["collection"] in daily),
         "now": now.get((row["collection"], row["measure"], _time(row, daily)))}
        for row in shown
    ]  # fmt: skip
    for row in values:
        row["slot"] = slot_told(row["slot_start"], is_day=row["is_daily"])
    return {
        "england": [row for row in england if not _is_same(row["value"], row["now"])],
        "compared": len(england),
        "values": values,
        "changes": values[0]["changes"] if values else 0,
        "files": files,
        "trusts": then.trusts,
    }


def _told(collection: Collection, held: Sequence[str]) -> dict[str, Any]:
    return {
        "name": collection.collection,
        "organisation": collection.organisation_column,
        "site": collection.site_column,
        "time": collection.time_column,
        "key": collection.key,
        "is_daily": collection.cadence.is_daily,
        "measures": [one.name for one in collection.measures if one.is_number and one.name in held],
    }


def _time(row: Row, daily: Sequence[str]) -> datetime:
    """The slot's start, or the London day at midnight."""
    start: datetime = row["slot_start"]
    if row["collection"] not in daily:
        return start
    return london(start).replace(tzinfo=None, hour=0, minute=0)


def _times(rows: Sequence[Row], daily: Sequence[str]) -> tuple[str, list[str]]:
    """SQL of the slots, and the days, that the rows are of."""
    slots = {row["slot_start"] for row in rows if row["collection"] not in daily}
    told = [literals.timestamp(one) for one in sorted(slots)] or ["NULL"]
    days = {_time(row, daily).date().isoformat() for row in rows if row["collection"] in daily}
    return f"({', '.join(told)})", sorted(days)


def _is_same(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return then is now
    return abs(then - now) <= 1e-9 * max(abs(then), abs(now))
