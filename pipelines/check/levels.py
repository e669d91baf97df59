"""Compares a file's figures with the level that its provider reported lately.

What lies far outside is told, to be looked at; it is no error. The figures of lately are those of a
publication, so that nothing needs the working warehouse.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.errors import UsageError
from pipelines.check.checked import LevelTold
from pipelines.registry.cadence import SlotKind
from pipelines.trial import JudgedFile
from warehouse.publish.publications import current_path
from warehouse.store import literals
from warehouse.store.reader import open_memory
from warehouse.store.sql import render

_DAYS = {SlotKind.MINUTES: 28, SlotKind.DAY: 56, SlotKind.MONTH: 731}
"""How far back is lately: four weeks of quarter hours, eight of days, two years of months."""
_ENOUGH = 8
"""Values below which nothing can be called usual."""
_BEYOND = 0.5
"""Share of the range lately by which a figure may lie outside of it."""


@dataclass(frozen=True)
class Recent:
    """The publication that figures are compared with; None where there is none."""

    path: Path | None

    @classmethod
    def of(cls, home: Path, named: Path | None) -> "Recent":
        """The publication named, else the current one of the home.

        Raises `UsageError` where the one named is no file.
        """
        if named is not None and not named.is_file():
            raise UsageError(f"There is no publication {named}. Name a file uec-….duckdb.")
        return cls(named or current_path(home))


def compare_levels(judged: JudgedFile, recent: Recent) -> tuple[list[LevelTold], str]:
    """The measures of the file, and what they were compared with, or why with nothing."""
    if judged.conformed is None or not judged.conformed.table.num_rows:
        return [], ""
    if recent.path is None:
        return [], (
            "There is nothing to compare the figures with: no publication is on this machine. "
            "Name one with --publication."
        )
    import duckdb

    try:
        found = _ask(judged, recent.path)
    except duckdb.Error as error:
        return [], (
            f"The figures were not compared: {recent.path.name} could not be asked "
            f"({type(error).__name__})."
        )
    units = {one.name: one.unit for one in judged.contract.measures}
    levels = [_told(row, units) for row in found]
    days = _DAYS[judged.contract.cadence.kind]
    return levels, f"Compared with the {days} days before it in {recent.path.name}."


def _ask(judged: JudgedFile, publication: Path) -> list[tuple[object, ...]]:
    contract = judged.contract
    numbers = [one.name for one in contract.measures if one.is_number]
    with closing(open_memory()) as connection:
        connection.execute(f"ATTACH {literals.text(str(publication))} AS recent (READ_ONLY)")
        there = connection.execute(
            "SELECT schema_name, list(column_name) FROM duckdb_columns() "
            "WHERE database_name = 'recent' AND schema_name IN ('main', 'testing') "
            f"AND table_name = {literals.text(contract.collection)} GROUP BY schema_name"
        ).fetchall()
        assert judged.conformed is not None
        connection.register("tried_rows", judged.conformed.table)
        # A file may name anybody; nobody learns from it what others reported.
        own = "true"
        if judged.feed.may_report is not None:
            codes = literals.texts(sorted(judged.feed.may_report))
            own = f"{contract.organisation_column} IN {codes}"
        connection.execute(f"CREATE TEMP VIEW tried AS SELECT * FROM tried_rows WHERE {own}")
        known = set.intersection(*(set(columns) for _, columns in there)) if there else set()
        columns = [name for name in numbers if name in known]
        if not columns:
            return []
        return connection.execute(
            render(
                Path(__file__).parent,
                "levels",
                schemas=sorted(schema for schema, _ in there),
                collection=contract.collection,
                columns=columns,
                organisation=contract.organisation_column,
                time=contract.time_column,
                is_dated=contract.cadence.is_dated,
                days=_DAYS[contract.cadence.kind],
            )
        ).fetchall()


def _told(row: tuple[object, ...], units: dict[str, str]) -> LevelTold:
    measure, rows, least, middle, most, held, low, usual, high = row
    assert isinstance(least, float) and isinstance(most, float) and isinstance(middle, float)
    is_unusual = False
    if isinstance(low, float) and isinstance(high, float) and int(str(held)) >= _ENOUGH:
        room = _BEYOND * max(high - low, 0.1 * abs(high), 1.0)
        is_unusual = least < low - room or most > high + room
    return LevelTold(
        str(measure),
        units[str(measure)],
        int(str(rows)),
        least,
        middle,
        most,
        int(str(held)),
        low if isinstance(low, float) else None,
        usual if isinstance(usual, float) else None,
        high if isinstance(high, float) else None,
        is_unusual,
    )
