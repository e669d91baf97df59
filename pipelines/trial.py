"""Tries a file on a feed: the whole road to the answer, of which nothing is kept.

The file is read where it stands. What a load would do is found by doing it in a warehouse in memory
that holds what the real one does of the same time; the real one is only read.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.answer.answer import read_answer
from pipelines.check.checked import CellChecked
from pipelines.check.given_files import cells_of, give_path, headings_of
from pipelines.check.road import judge_files
from pipelines.landing.landing import Manifest
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    import duckdb

    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.validate.batch import Batch


@dataclass
class Trial:
    """What a file would become."""

    feed: Feed
    answer: dict[str, Any]
    """As `read_answer` gives it."""
    said_at: datetime
    """When the file was made, as its name tells; else now."""
    repeats: dict[str, Any] | None
    """The submission of the same bytes that the ledger holds, with its status."""
    headings: "list[HeadingTold]" = field(default_factory=list)
    cells: list[CellChecked] = field(default_factory=list)


def try_file(home: Path, registry: Registry, feed_id: str, path: Path, rows: int) -> Trial:
    """What the file would become as a submission of that feed, with its first rows.

    Raises `UsageError` for an unknown feed and for what is no plain file, `ConfigurationError` for
    a broken one, and `ContractFault` where the warehouse holds the collection in another shape.
    """
    feed = registry.feed(feed_id)
    contract = registry.collection(feed.collection)
    (judged,) = judge_files(registry, feed, [give_path(path, feed_id)])
    held, repeats = _held(home, judged.batch, contract, judged.submission.manifest)
    return Trial(
        feed,
        _answer(judged.batch, contract, registry, held),
        judged.submission.said_at,
        repeats,
        headings_of(judged, contract),
        list(cells_of(judged, contract, rows)),
    )


def _held(
    home: Path, batch: "Batch", contract: Collection, manifest: Manifest
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What the warehouse holds of the batch's time, as Arrow tables; who sent the bytes before."""
    from warehouse.store import literals
    from warehouse.store.warehouse_reader import read_warehouse

    with read_warehouse(home) as reader:
        found = reader.execute(
            "SELECT submission_id, status, received_at FROM warehouse.ops.submission "
            f"WHERE feed_id = {literals.text(manifest.feed_id)} "
            f"AND sha256 = {literals.text(manifest.sha256)} AND duplicate_of IS NULL "
            "ORDER BY received_at DESC LIMIT 1"
        ).fetchone()
        held = _history_held(reader, batch, contract)
    names = ("submission_id", "status", "received_at")
    return held, dict(zip(names, found, strict=True)) if found else None


def _history_held(
    reader: "duckdb.DuckDBPyConnection", batch: "Batch", contract: Collection
) -> dict[str, Any]:
    """The history between the batch's first and last time, with the bits of its measures."""
    from warehouse.store import literals

    rows, time = batch.tables["rows"], contract.time_column
    bits = reader.execute(
        "SELECT * FROM warehouse.ops.measure "
        f"WHERE collection = {literals.text(contract.collection)}"
    ).to_arrow_table()
    if not rows.num_rows or not bits.num_rows:
        return {}
    reader.register("tried", rows.select([time]))
    table = f"warehouse.history.{contract.collection}"
    held = reader.execute(
        f"SELECT h.* FROM {table} AS h, (SELECT min({time}) AS first, max({time}) AS last "
        f"FROM tried) AS t WHERE h.{time} BETWEEN t.first AND t.last"
    ).to_arrow_table()
    return {table: held, "warehouse.ops.measure": bits}


def _answer(
    batch: "Batch", contract: Collection, registry: Registry, held: dict[str, Any]
) -> dict[str, Any]:
    """The answer that the batch's one submission gets where it is loaded upon what is held."""
    from warehouse.load.load import load_batch

    with warehouse_in_memory() as connection:
        for table, rows in held.items():
            connection.register("rows_held", rows)
            is_there = table == "warehouse.ops.measure"
            verb = f"INSERT INTO {table} BY NAME" if is_there else f"CREATE TABLE {table} AS"
            connection.execute(f"{verb} SELECT * FROM rows_held")
            connection.unregister("rows_held")
        load_batch(connection, batch, contract)
        found = connection.execute("SELECT submission_id FROM warehouse.ops.submission").fetchone()
        assert found is not None
        return read_answer(connection, found[0], registry)


@contextmanager
def warehouse_in_memory() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection with an empty warehouse, which is gone when it is left."""
    from warehouse.store.connection import macros
    from warehouse.store.migrate import migrate
    from warehouse.store.reader import open_memory

    with closing(open_memory()) as connection:
        connection.execute("ATTACH ':memory:' AS warehouse")
        migrate(connection)
        connection.execute("USE warehouse")
        connection.execute(macros())
        yield connection
