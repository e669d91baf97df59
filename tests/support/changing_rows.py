"""A warehouse in memory whose rows change as loads change them, and its tables, patched each time.

Files, contracts and the disk are left out, so that thousands of changes take a minute.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import duckdb

from pipelines.registry.registry import Registry, load_registry
from warehouse.marts.now.now import CHANGE, begin_now, gather_now
from warehouse.publish.empty_tables import table_path
from warehouse.publish.parted_tables import parted_tables
from warehouse.publish.patching import Patching
from warehouse.publish.published_tables import PublishedTable, collection_tables, published_tables
from warehouse.publish.queries import queries_of
from warehouse.publish.revised_moments import begin_moments, find_moments
from warehouse.store import literals
from warehouse.store.connection import macros
from warehouse.store.histories import ensure_history
from warehouse.store.migrate import migrate
from warehouse.store.rows_in import insert_rows
from warehouse.store.shape import Shape
from warehouse.store.stored_time import as_stored

COLLECTION = "acute_realtime"
HISTORY = f"warehouse.history.{COLLECTION}"
_SITES = (("RJ1", "RJ122"), ("RJ1", "RJ121"), ("R1H", "R1HM0"), ("R1H", "R1HKH"))
_QUARTER = timedelta(minutes=15)
_STRIDES = (3, 16, 16, 47, 400, 26 * 60, 8 * 24 * 60, 37 * 24 * 60)
_VALUE_COLUMNS = (
    *("org_code", "site_code", "slot_start", "arrivals", "submission_id", "stage"),
    "recorded_at",
)
_LEDGER_COLUMNS = (
    *("submission_id", "feed_id", "collection", "received_at", "status", "attempt"),
    "settled_at",
)
_TABLES = (
    COLLECTION,
    f"testing.{COLLECTION}",
    f"revisions.{COLLECTION}",
    "national_slot",
    CHANGE,
    "submission",
    "finding_day",
)


@dataclass
class ChangingRows:
    """The warehouse, what may happen to it, and its tables of the last publication."""

    connection: duckdb.DuckDBPyConnection
    registry: Registry
    tables: dict[str, PublishedTable]
    clock: datetime
    draw: Random
    submissions: int = 0

    def change(self) -> None:
        """Something happens, and some time passes."""
        for _ in range(self.draw.choice((0, 1, 1, 2))):
            self.draw.choice((self.load, self.load, self.read_again, self.take_back, self.move))()
        minutes = self.draw.choice(_STRIDES)
        self.clock += timedelta(minutes=minutes, seconds=self.draw.randrange(60))

    def load(self) -> None:
        """Values of the newest slots come, or of earlier ones again; each file is a submission."""
        start = self.clock.replace(minute=self.clock.minute // 15 * 15, second=0, microsecond=0)
        back = self.draw.choice((range(1, 4), range(1, 150)))
        moment = self._next_moment()
        self.submissions += 1
        name = f"s{self.submissions:06d}"
        for slot in {start - _QUARTER * self.draw.choice(back) for _ in range(3)}:
            for org, site in self.draw.sample(_SITES, self.draw.randrange(1, 5)):
                stage = "testing" if site == _SITES[-1][1] else "live"
                self._supersede(f"stage = '{stage}' AND site_code = '{site}'", moment, slot)
                value = self.draw.randrange(50)
                insert_rows(
                    self.connection,
                    HISTORY,
                    _VALUE_COLUMNS,
                    [(org, site, as_stored(slot), value, name, stage, moment)],
                )
        self._settle(name, moment)

    def read_again(self) -> None:
        """A submission is read again: another attempt, with other findings."""
        if self.submissions:
            name = f"s{self.draw.randrange(1, self.submissions + 1):06d}"
            self._settle(name, self._next_moment())

    def take_back(self) -> None:
        """Values are held no more, and none comes in their place."""
        site = self.draw.choice(_SITES)[1]
        self._supersede(f"site_code = '{site}' AND hash(slot_start) % 3 = 0", self._next_moment())

    def move(self) -> None:
        """The values of a site stand under the other stage."""
        site, moment = self.draw.choice(_SITES)[1], self._next_moment()
        since = literals.instant(self.clock - timedelta(days=1))
        self._supersede(f"site_code = '{site}' AND slot_start >= {since}", moment)
        self.connection.execute(
            f"INSERT INTO {HISTORY} SELECT * REPLACE (if(stage = 'live', 'testing', 'live') "
            f"AS stage, {literals.timestamp(moment)} AS recorded_at, NULL AS superseded_at) "
            f"FROM {HISTORY} WHERE superseded_at = {literals.timestamp(moment)}"
        )

    def publish(self) -> Patching:
        """The tables are patched, and are those that the next ones are patched from."""
        self._sum_up()
        patching = Patching(parted_tables([self._shape], self.clock), self.clock)
        self._gather(is_patched=True)
        self._patch(patching)
        return patching

    def differences(self) -> dict[str, list[Any]]:
        """Table → rows that only one has, of the patched table and of the table made as a whole."""
        self._gather(is_patched=False)
        return {
            table: rows
            for table, sql in self._queries().items()
            if (rows := self._only_in_one(table, sql))
        }

    def keep(self) -> None:
        """What was published is the publication before."""
        for table in _TABLES:
            path = table_path(table)
            self.connection.execute(
                f"DELETE FROM earlier.{path}; INSERT INTO earlier.{path} FROM publication.{path}"
            )

    @property
    def _shape(self) -> Shape:
        return Shape.of(self.registry.collection(COLLECTION))

    def _next_moment(self) -> datetime:
        self.clock += timedelta(milliseconds=1)
        return as_stored(self.clock)

    def _supersede(self, condition: str, moment: datetime, slot: datetime | None = None) -> None:
        if slot is not None:
            condition += f" AND slot_start = {literals.instant(slot)}"
        self.connection.execute(
            f"UPDATE {HISTORY} SET superseded_at = {literals.timestamp(moment)} "
            f"WHERE superseded_at IS NULL AND {condition}"
        )

    def _settle(self, name: str, moment: datetime) -> None:
        """The submission stands in the ledger, with findings; there may be none."""
        one = f"submission_id = {literals.text(name)}"
        held = self.connection.execute(
            f"DELETE FROM warehouse.ops.submission WHERE {one} RETURNING received_at, attempt"
        ).fetchall()
        ((received, attempt),) = held or [(moment, 0)]
        status = self.draw.choice(("accepted", "rejected"))
        insert_rows(
            self.connection,
            "warehouse.ops.submission",
            _LEDGER_COLUMNS,
            [(name, f"{COLLECTION}.a", COLLECTION, received, status, attempt + 1, moment)],
        )
        for line in range(self.draw.randrange(3)):
            insert_rows(
                self.connection,
                "warehouse.ops.issue",
                ("submission_id", "attempt", "line", "code", "severity", "message", "settled_at"),
                [(name, attempt + 1, line, self.draw.choice("AB"), "warning", f"{line}", moment)],
            )

    def _sum_up(self) -> None:
        """England's figures are those of the values that are held."""
        self.connection.execute(
            "DELETE FROM warehouse.mart.national_slot; INSERT INTO warehouse.mart.national_slot "
            f"SELECT slot_start, '{COLLECTION}', 'arrivals', sum(arrivals), 'patients', count(*), "
            f"count(*) FROM {HISTORY} WHERE superseded_at IS NULL AND stage = 'live' GROUP BY ALL"
        )

    def _gather(self, *, is_patched: bool) -> None:
        begin_now(self.connection)
        begin_moments(self.connection, self.clock)
        moments = find_moments(self.connection, self._shape, self.clock) if is_patched else None
        gather_now(self.connection, self.registry, COLLECTION, self.clock, moments)

    def _queries(self) -> dict[str, str]:
        queries = queries_of(self.registry, [self._shape], self.clock)
        return {table: queries[table]() for table in _TABLES}

    def _patch(self, patching: Patching) -> None:
        for table in _TABLES:
            path = table_path(table)
            self.connection.execute(
                f"DELETE FROM publication.{path}; INSERT INTO publication.{path} "
                f"FROM earlier.{path}"
            )
        for table, sql in self._queries().items():
            rows = patching.make(self.connection, table, sql, self.tables[table])
            counted = f"SELECT count(*) FROM publication.{table_path(table)}"
            assert self.connection.execute(counted).fetchall() == [(rows,)], table

    def _only_in_one(self, table: str, sql: str) -> list[Any]:
        columns = ", ".join(f'"{name}"' for name in self.tables[table].columns)
        patched = f"SELECT {columns} FROM publication.{table_path(table)}"
        whole = f"SELECT {columns} FROM ({sql})"
        return [
            row
            for one, other in ((patched, whole), (whole, patched))
            for row in self.connection.execute(f"({one}) EXCEPT ALL ({other})").fetchall()
        ]


@contextmanager
def changing_rows(seed: int, begin: datetime) -> Iterator[ChangingRows]:
    """An empty warehouse, and a publication of it without rows."""
    registry = load_registry()
    tables = {**collection_tables(registry.collection(COLLECTION)), **published_tables().tables}
    with closing(duckdb.connect()) as connection:
        for name in ("warehouse", "publication", "earlier"):
            connection.execute(f"ATTACH ':memory:' AS {name}")
        migrate(connection)
        connection.execute("USE warehouse")
        connection.execute(macros())
        ensure_history(connection, registry.collection(COLLECTION))
        for database in ("publication", "earlier"):
            for schema in ("testing", "revisions"):
                connection.execute(f"CREATE SCHEMA {database}.{schema}")
            for table in _TABLES:
                columns = ", ".join(f'"{n}" {c.type}' for n, c in tables[table].columns.items())
                connection.execute(f"CREATE TABLE {database}.{table_path(table)} ({columns})")
        yield ChangingRows(connection, registry, tables, begin, Random(seed))
