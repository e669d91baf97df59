"""Brings a copy of the publication before up to date, table by table; what did not change stays.

A table in parts gets the parts anew that differ. Any other table is made anew beside, and written
only where it differs. All of it is one transaction: a lake asks its catalogue for the state of
things once for each, and what fails in one table costs the whole patch, not that table only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.marts.now.now import CHANGE
from warehouse.publish.empty_tables import EARLIER, table_path
from warehouse.publish.parted_tables import PartedTable
from warehouse.publish.published_tables import PublishedTable
from warehouse.publish.row_groups import Part
from warehouse.publish.touched_days import FINDINGS, find_touched_days, replace_touched_days
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

LEDGER = "submission"
"""The table of the ledger's submissions."""
_FOLDER = Path(__file__).parent
_MOST_DIFFERING = 0.25
"""Share of the parts from which on the whole table is made anew, in the order of its rows."""


@dataclass(frozen=True)
class Patching:
    """The tables in parts, and what turned out to differ from the publication before."""

    parted: Mapping[str, PartedTable]
    made_at: datetime
    unchanged: set[str] = field(default_factory=set)
    differing: dict[str, list[Part]] = field(default_factory=dict)
    """Table → its parts that were made anew, where all others stayed."""
    touched: dict[str, list[date]] = field(default_factory=dict)
    """Table of submissions → the days that they touched, where that is known."""

    def make(
        self,
        connection: "duckdb.DuckDBPyConnection",
        table: str,
        sql: str,
        described: PublishedTable,
    ) -> int:
        """The table of `publication` has the rows that the query gives; how many these are."""
        if not sql:
            return self._told(table, *_empty(connection, table))
        if table == CHANGE:
            return self._add_changes(connection, table, sql)
        if table in self.parted:
            return self._patch(connection, self.parted[table], sql)
        if (
            table == FINDINGS
            and LEDGER in self.touched
            and replace_touched_days(connection, self.touched[LEDGER], self.made_at)
        ):
            return self._told(table, *_compared(connection, table, described))
        return self._told(table, *_replace(connection, table, sql, described))

    def _patch(self, connection: "duckdb.DuckDBPyConnection", parted: PartedTable, sql: str) -> int:
        """The parts that differ are made anew; all of it where much does, or a count is wrong."""
        path = f"publication.{table_path(parted.table)}"
        parts = Parts(connection, parted)
        if not parts.differing:
            self.touched[parted.table] = []
            return self._told(parted.table, parts.rows, is_changed=False)
        if parts.differing <= parts.parts * _MOST_DIFFERING:
            connection.execute(f"DELETE FROM {path} WHERE {parts.condition}")
            connection.execute(f"INSERT INTO {path} BY NAME {parted.rows(parts.condition)}")
            if count_rows(connection, path) == parts.rows:
                self.differing[parted.table] = parts.told()
                if parted.table == LEDGER:
                    self.touched[LEDGER] = find_touched_days(connection, parts.condition)
                return parts.rows
        connection.execute(f"DELETE FROM {path}")
        made = connection.execute(f"INSERT INTO {path} BY NAME {sql}").fetchall()
        return int(made[0][0])

    def _add_changes(self, connection: "duckdb.DuckDBPyConnection", table: str, sql: str) -> int:
        """Only changes of the moments in `revised_moment` were gathered; all others stay."""
        path = f"publication.{table_path(table)}"
        words = {"path": path, "before": f"{EARLIER}.{table_path(table)}"}
        moments = connection.execute(render(_FOLDER, "changed_moments", **words)).fetchall()
        if moments:
            self.differing[table] = [moment for (moment,) in moments]
            connection.execute(render(_FOLDER, "outdated_changes", **words))
            connection.execute(f"INSERT INTO {path} BY NAME {sql}")
        return self._told(table, count_rows(connection, path), is_changed=bool(moments))

    def _told(self, table: str, rows: int, is_changed: bool) -> int:
        if not is_changed:
            self.unchanged.add(table)
        return rows


class Parts:
    """The parts of a table, after they were compared with those of the publication before.

    Of those `window` leaves out some. They stand in the temporary table `parts`.
    """

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        table: PartedTable,
        window: str = "true",
    ) -> None:
        before = f"{EARLIER}.{table_path(table.table)}"
        connection.execute(render(_FOLDER, "parts", one=table, before=before, window=window))
        ((rows, self.parts, self.differing, first, last),) = connection.execute(
            "SELECT coalesce(sum(rows), 0)::BIGINT, count(*), count_if(differs), "
            "min(part) FILTER (differs)::VARCHAR, max(part) FILTER (differs)::VARCHAR "
            "FROM temp.parts"
        ).fetchall()
        self.rows = int(rows)
        self._connection, self._part = connection, table.part
        self._bounds = f"'{first}' AND '{last}'"

    @property
    def condition(self) -> str:
        """SQL that is true for the parts that differ; the bounds let DuckDB skip the rest."""
        return (
            f"{self._part} BETWEEN {self._bounds} "
            f"AND {self._part} IN (SELECT part FROM temp.parts WHERE differs)"
        )

    def told(self) -> list[Part]:
        """The parts that differ."""
        rows = self._connection.execute("SELECT part FROM temp.parts WHERE differs").fetchall()
        return [part for (part,) in rows]


def _compared(
    connection: "duckdb.DuckDBPyConnection", table: str, described: PublishedTable
) -> tuple[int, bool]:
    """How many rows the table has, and whether they are others than before."""
    path = table_path(table)
    told = [
        connection.execute(_sum_of(f"{one}.{path}", described)).fetchall()
        for one in ("publication", EARLIER)
    ]
    return int(told[0][0][0]), told[0] != told[1]


def _sum_of(path: str, described: PublishedTable) -> str:
    """A query for the number of rows of the table, and the sum of their hashes."""
    columns = ", ".join(f'"{name}"' for name in described.columns)
    return f"SELECT count(*), sum(hash({columns})) FROM {path}"


def _replace(
    connection: "duckdb.DuckDBPyConnection", table: str, sql: str, described: PublishedTable
) -> tuple[int, bool]:
    """The table has the rows of the query, and is not written where it had them before."""
    path = table_path(table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE made AS FROM publication.{path} LIMIT 0")
    made = connection.execute(f"INSERT INTO temp.made BY NAME {sql}").fetchall()
    told = [
        connection.execute(_sum_of(one, described)).fetchall()
        for one in ("temp.made", f"{EARLIER}.{path}")
    ]
    if told[0] != told[1]:
        connection.execute(f"DELETE FROM publication.{path}")
        connection.execute(f"INSERT INTO publication.{path} FROM temp.made")
    return int(made[0][0]), told[0] != told[1]


def _empty(connection: "duckdb.DuckDBPyConnection", table: str) -> tuple[int, bool]:
    gone = connection.execute(f"DELETE FROM publication.{table_path(table)}").fetchall()
    return 0, bool(gone[0][0])


def count_rows(connection: "duckdb.DuckDBPyConnection", path: str) -> int:
    """How many rows the table has."""
    return int(connection.execute(f"SELECT count(*) FROM {path}").fetchall()[0][0])
