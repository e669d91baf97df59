"""Rows of the warehouse that are past their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.base.kill_points import reached
from pipelines.storage.deleted import Deleted
from warehouse.ledger.retention_log import note_deleted
from warehouse.store import literals
from warehouse.store.connection import open_warehouse
from warehouse.store.stored_time import as_stored
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_ROWS_AT_ONCE = 100_000
"""Rows in one transaction, so that a load waits a second at most."""
_MOST_TRANSACTIONS = 20
"""For each table in one run; the next run goes on."""


@dataclass(frozen=True)
class OldRows:
    """The rows of a class: where they stand, and the time that counts."""

    name: str
    tables: tuple[str, ...]
    """Within the warehouse; a schema alone means all its tables."""
    time: str

    def delete(self, home: Path, cutoff: datetime, is_dry: bool) -> Deleted:
        """Rows from before are gone, the oldest first, in short transactions."""
        stored = as_stored(cutoff)
        if is_dry:
            with open_warehouse(home) as connection:
                tables = self._found(connection)
                return Deleted(sum(self._count(connection, table, stored) for table in tables))
        with open_warehouse(home) as connection:
            tables = self._found(connection)
        done = Deleted()
        for table in tables:
            done += self._delete_from(home, table, stored)
        return done

    def _delete_from(self, home: Path, table: str, cutoff: datetime) -> Deleted:
        items = 0
        for _ in range(_MOST_TRANSACTIONS):
            # The lock is let go in between: loads go on.
            with open_warehouse(home) as connection:
                last = self._last_of_next(connection, table, cutoff)
                if last is None:
                    return Deleted(items)
                with transaction(connection):
                    deleted = connection.execute(
                        f"DELETE FROM warehouse.{table} "
                        f"WHERE {self.time} <= {literals.timestamp(last)}"
                    ).fetchall()[0][0]
                    reached("retain: rows deleted")
                    note_deleted(connection, as_stored(now()), self.name, cutoff, deleted)
                items += deleted
        return Deleted(items, is_all=False)

    def _last_of_next(
        self, connection: "duckdb.DuckDBPyConnection", table: str, cutoff: datetime
    ) -> datetime | None:
        """The newest time among the oldest rows that go together; None where none is left."""
        (last,) = connection.execute(
            f"SELECT max(t) FROM (SELECT {self.time} AS t FROM warehouse.{table} "
            f"WHERE {self.time} < {literals.timestamp(cutoff)} ORDER BY t LIMIT {_ROWS_AT_ONCE})"
        ).fetchall()[0]
        return last  # type: ignore[no-any-return]

    def _count(self, connection: "duckdb.DuckDBPyConnection", table: str, cutoff: datetime) -> int:
        rows = connection.execute(
            f"SELECT count(*) FROM warehouse.{table} "
            f"WHERE {self.time} < {literals.timestamp(cutoff)}"
        ).fetchall()
        return int(rows[0][0])

    def _found(self, connection: "duckdb.DuckDBPyConnection") -> Sequence[str]:
        rows = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE database_name = 'warehouse' "
            f"AND (schema_name || '.' || table_name IN {literals.texts(self.tables)} "
            f"OR schema_name IN {literals.texts(self.tables)}) ORDER BY ALL"
        ).fetchall()
        return [name for (name,) in rows]
