"""The current publication beside one that is built as a whole from the same warehouse."""

import shutil
from pathlib import Path

import duckdb

from pipelines.base.clock import now
from pipelines.registry.registry import load_registry
from warehouse.load.stages import observe_stages
from warehouse.publish.publications import copy_path, current_path, read_description
from warehouse.publish.snapshot import build_snapshot
from warehouse.store.connection import open_warehouse


def is_patched(home: Path) -> bool:
    """Whether the current publication was made from a copy of the one before."""
    told = read_description(home)
    assert told is not None
    return bool(told["build"]["whole_at"] != told["made_at"])


def assert_like_a_whole_one(home: Path, scratch: Path) -> None:
    """Each table of the current publication has the rows that a whole one has, as Parquet too."""
    differing = differences(home, scratch)
    assert differing == {}


def differences(home: Path, scratch: Path) -> dict[str, list[str]]:
    """Table → rows that only one of both has, a few of them."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    path = scratch / "whole.duckdb"
    with open_warehouse(home) as connection:
        registry = observe_stages(connection, home, load_registry())
        snapshot = build_snapshot(connection, registry, path, now())
    assert snapshot.faults == {}
    current = current_path(home)
    assert current is not None
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS whole (READ_ONLY)")
        connection.execute(f"ATTACH '{current}' AS made (READ_ONLY)")
        assert _names(connection, "made") == _names(connection, "whole")
        pairs = {}
        for table in snapshot.rows:
            name = table if "." in table else f"main.{table}"
            pairs[table] = f"whole.{name}", f"made.{name}"
            folders = path.with_suffix(".parquet"), current.with_suffix("")
            one, other = (f"'{copy_path(folder, table)}'" for folder in folders)
            pairs[f"{table} as Parquet"] = one, other
        told = [_told(connection, [pair[side] for pair in pairs.values()]) for side in (0, 1)]
        return {
            name: _only_in_one(connection, *pair)
            for (name, pair), one, other in zip(pairs.items(), *told, strict=True)
            if one != other
        }


def _told(connection: duckdb.DuckDBPyConnection, places: list[str]) -> list[tuple[int, int]]:
    """Of each table how many rows it has, and the sum of their hashes."""
    counts = (f"(SELECT [count(*), sum(hash(t))] FROM {place} AS t)" for place in places)
    return list(connection.execute(f"SELECT {', '.join(counts)}").fetchall()[0])


def _only_in_one(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[str]:
    both = ((one, other), (other, one))
    return [
        f"{a}: {row}"
        for a, b in both
        for row in connection.execute(f"FROM {a} EXCEPT ALL FROM {b} LIMIT 3").fetchall()
    ]


def _names(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, ...]]:
    """Tables, views and columns, with what is said of them."""
    return connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() "
        f"WHERE database_name = '{database}' AND NOT internal ORDER BY ALL"
    ).fetchall()
