"""What the warehouse holds and landing does not tell: the watch, publications, slots."""

import hashlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.answer.owing import owe_back
from pipelines.base.clock import now
from pipelines.registry.registry import Registry
from warehouse.marts.slot_grid import ensure_grid
from warehouse.publish.publications import read_description
from warehouse.store import literals
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

_TABLES = ("watch", "publication", "slot", "retention", "contract_change", "answer_owed")
"""Tables of `ops` that no submission gives rows to, when it is loaded again."""


def carry_over(connection: "duckdb.DuckDBPyConnection", before: Path, registry: Registry) -> bool:
    """These tables are those of the warehouse before; False where that cannot be read.

    Sources are owed the answers that they were owed there, and those that were still to be written
    there when a process died. The caller holds the lock of the warehouse.
    """
    import duckdb

    if not before.exists():
        return False
    try:
        with closing(duckdb.connect()) as reader:
            reader.execute(f"ATTACH {literals.text(str(before))} AS before")
            known = {
                name
                for (name,) in reader.execute(
                    "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'ops'"
                ).fetchall()
            }
            if "publication" not in known:
                return False
            held = {
                name: reader.execute(f"FROM before.ops.{name}").to_arrow_table()
                for name in _TABLES
                if name in known
            }
            due = reader.execute(
                "SELECT submission_id, attempt, received_at, settled_at FROM before.ops.answer_due"
            ).fetchall()
    except duckdb.Error:
        return False
    for name, rows in held.items():
        connection.execute(f"DELETE FROM warehouse.ops.{name}")
        connection.register("rows_before", rows)
        connection.execute(f"INSERT INTO warehouse.ops.{name} BY NAME FROM rows_before")
        connection.unregister("rows_before")
    if due:
        owe_back(connection, due, registry, as_stored(now()))
    return True


def make_anew(connection: "duckdb.DuckDBPyConnection", home: Path, registry: Registry) -> None:
    """The slot grid is there, and the publications that are still on the disk.

    The watch finds what is open at its next look; when it was first seen is lost.
    """
    made = _publications(home)
    (last,) = connection.execute("SELECT max(settled_at) FROM warehouse.ops.load").fetchall()[0]
    moments = [at for _, at, _ in made] + ([last] if last else [as_stored(now())])
    ensure_grid(connection, registry, max(moments).replace(tzinfo=UTC))
    connection.execute("DELETE FROM warehouse.ops.publication")
    for number, (name, made_at, sha256) in enumerate(made, start=1):
        at = literals.timestamp(made_at)
        connection.execute(
            "INSERT INTO warehouse.ops.publication "
            "(name, made_at, settled_through, sha256, number) SELECT "
            f"{literals.text(name)}, {at}, (SELECT max(settled_at) FROM warehouse.ops.load "
            f"WHERE settled_at <= {at}), {literals.text(sha256)}, {number}"
        )


def _publications(home: Path) -> list[tuple[str, datetime, str]]:
    """Name, time and hash of each publication on the disk, in the order of their names."""
    current = read_description(home)
    found = []
    for path in sorted((home / "publications").glob("uec-*.duckdb")):
        if current is not None and current["file"] == path.name:
            made_at = as_stored(datetime.fromisoformat(current["made_at"]))
            found.append((path.stem, made_at, str(current["sha256"])))
            continue
        made_at = datetime.strptime(path.stem.split("-")[1], "%Y%m%dT%H%M%SZ")
        with path.open("rb") as stream:
            found.append((path.stem, made_at, hashlib.file_digest(stream, "sha256").hexdigest()))
    return found
