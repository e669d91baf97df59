"""The file's values beside those that the same organisations had of late, from a publication.

A value far outside them is to be looked at, and is no error: a hard winter looks like that too. A
wrong unit (seconds for minutes) or a shifted column shows here and nowhere else.
"""

from collections.abc import Collection as Several
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.check.checked import LevelChecked, Levels
from pipelines.registry.cadence import SlotKind
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Stage

if TYPE_CHECKING:
    import duckdb

NONE_MADE = (
    "There is nothing to compare with: there is no publication on this machine, and none was named."
)
_RECENT_DAYS = {SlotKind.MINUTES: 28, SlotKind.DAY: 28, SlotKind.MONTH: 731}
"""Four whole weeks, so that each day of the week counts alike; of months two years."""
_FEWEST = 4
"""Recent values below which a range says little: nothing is called far outside then."""
_LEAST_SHARE = 0.5
"""Share of the median that a range counts as wide at least."""
_LEAST_WIDTH = 5
"""Width that a range has at least: of small counts one more says nothing."""

_Key = tuple[Any, ...]


def compare_levels(
    rows: Sequence[dict[str, Any]],
    contract: Collection,
    feed: Feed,
    publication: Path,
    organisations: Several[str] | None,
) -> Levels:
    """Each measure of each organisation in the rows, beside its four weeks before them.

    Where the publication has none of these weeks, beside its newest four weeks that the rows are
    not in. `organisations` are those that may be told.
    """
    import duckdb

    from warehouse.store.reader import read_publication

    if organisations is not None:
        rows = [row for row in rows if row[contract.organisation_column] in organisations]
    if not rows:
        return Levels("There is nothing to compare: no row would be accepted.")
    prefix = "" if feed.stage == Stage.LIVE else "testing."
    table = f"{prefix}{contract.collection}"
    try:
        with read_publication(publication) as reader:
            return _compared(reader, rows, contract, table, publication.stem)
    except duckdb.CatalogException:
        return Levels(f"There is nothing to compare with: {publication.name} has no table {table}.")


def _compared(
    reader: "duckdb.DuckDBPyConnection",
    rows: Sequence[dict[str, Any]],
    contract: Collection,
    table: str,
    name: str,
) -> Levels:
    until = _until(reader, rows, contract, table)
    if until is None:
        return Levels(
            f"There is nothing to compare with: publication {name} has no values of these "
            "organisations from before the file."
        )
    first = until - timedelta(days=_RECENT_DAYS[contract.cadence.kind])
    lines: list[LevelChecked] = []
    for column in contract.measures:
        if column.is_number:
            recent = _recent(reader, contract, column, table, first, until)
            lines += _lines(rows, contract, column, recent)
    last = until - timedelta(days=1) if contract.cadence.is_dated else until
    same = "" if contract.cadence.is_dated else ", at the same time of day"
    if not lines:
        return Levels(
            f"There is nothing to compare with: publication {name} has no values of these "
            "organisations and measures."
        )
    lines.sort(key=lambda one: not one.is_far)
    return Levels(
        f"Compared with the values of {first:%-d %B %Y} to {last:%-d %B %Y} in publication {name}"
        f"{same}. What is far outside is to look at; it is no error.",
        tuple(lines),
    )


def _until(
    reader: "duckdb.DuckDBPyConnection",
    rows: Sequence[dict[str, Any]],
    contract: Collection,
    table: str,
) -> Any:
    """The end of the weeks that are compared with: the file's first day, or what comes closest."""
    from warehouse.store import literals

    time, organisation = contract.time_column, contract.organisation_column
    begins = min(row[time] for row in rows)
    codes = literals.texts(sorted({str(row[organisation]) for row in rows}))
    sql = f"SELECT max({time}) FROM {table} WHERE {organisation} IN {codes}"
    (newest,) = reader.execute(f"{sql} AND {time} < {literals.literal(begins)}").fetchone() or (
        None,
    )
    if newest is None:
        return None
    step = timedelta(days=1) if contract.cadence.is_dated else timedelta(minutes=1)
    return min(begins, newest + step)


def _recent(
    reader: "duckdb.DuckDBPyConnection",
    contract: Collection,
    column: Column,
    table: str,
    first: date,
    until: date,
) -> dict[_Key, tuple[float, float, float, int]]:
    """Other columns of the key and time of day → lowest, median, highest, number."""
    from warehouse.store import literals
    from warehouse.store.sql import render

    time = contract.time_column
    others = [name for name in contract.key if name != time]
    sql = render(
        Path(__file__).parent,
        "recent_levels",
        others=others,
        measure=column.name,
        time=time,
        time_of_day="NULL" if contract.cadence.is_dated else f"CAST({time} AS TIME)",
        table=table,
        first=literals.literal(first),
        until=literals.literal(until),
    )
    return {
        tuple(found[: len(others) + 1]): found[len(others) + 1 :]
        for found in reader.execute(sql).fetchall()
    }


def _lines(
    rows: Sequence[dict[str, Any]],
    contract: Collection,
    column: Column,
    recent: dict[_Key, tuple[float, float, float, int]],
) -> Iterator[LevelChecked]:
    """One line for each organisation or site that has values of the measure, now and of late."""
    time = contract.time_column
    others = [name for name in contract.key if name != time]
    own: dict[_Key, list[tuple[float, Any, tuple[float, float, float, int]]]] = {}
    for row in rows:
        value = row[column.name]
        who = tuple(row[name] for name in others)
        at = row[time].time() if isinstance(row[time], datetime) else None
        if value is not None and (found := recent.get((*who, at))) is not None:
            own.setdefault(who, []).append((value, row[time], found))
    for who, values in own.items():
        far, at, farthest, its = max(
            ((_beyond(value, one), when, value, one) for value, when, one in values),
            key=lambda each: each[0],
        )
        yield LevelChecked(
            org_code=" ".join(str(one) for one in who),
            measure=column.name,
            unit=column.unit,
            values=len(values),
            lowest=min(value for value, *_ in values),
            highest=max(value for value, *_ in values),
            recent_lowest=its[0],
            recent_median=its[1],
            recent_highest=its[2],
            recent_values=its[3],
            is_far=far > 1 and its[3] >= _FEWEST,
            farthest=farthest,
            farthest_at=f"{at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else f"{at}",
        )


def _beyond(value: float, recent: tuple[float, float, float, int]) -> float:
    """How far the value is outside the range, in widths of the range; 0 or less is inside."""
    lowest, middle, highest, _ = recent
    width = max(highest - lowest, abs(middle) * _LEAST_SHARE, _LEAST_WIDTH)
    return max(value - highest, lowest - value) / width
