"""Publishes: one immutable snapshot of the tables that the control room reads.

    publications/uec-<UTC>-<id>.duckdb     the snapshot
    publications/uec-<UTC>-<id>/           the same tables as Parquet, those in testing apart
    publications/current.duckdb            a link to the snapshot that is current
    publications/current                   a link to its Parquet files
    publications/current.json              what it is: made at, data as of, rows, SHA-256

The snapshot is built under another name, verified and synced before the link is turned, so a
reader finds the old one or the new one and never a part. Readers of an old snapshot carry on:
its file is kept for a while, and an open file outlives its name.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import london_date, now
from pipelines.base.durable import sync_file, sync_folder
from pipelines.base.errors import SitrepError
from pipelines.base.kill_points import reached
from pipelines.base.permissions import share, usual_umask
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry
from warehouse.load.stages import observe_stages
from warehouse.publish.comparison import ShrunkPublication, refuse_if_shrunk
from warehouse.publish.empty_tables import table_path
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.old_publications import drop_old, drop_unfinished
from warehouse.publish.publications import (
    current_path,
    read_description,
    read_earlier,
)
from warehouse.publish.published_tables import SCHEMAS
from warehouse.publish.refused_publication import forget_refused
from warehouse.publish.snapshot import Snapshot, build_snapshot
from warehouse.publish.turned_links import make_current
from warehouse.store import literals
from warehouse.store.connection import open_warehouse
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_THREADS = 1
"""Of DuckDB. Its statements are small: a second thread burns time, and no publication is sooner."""
_YOUNG = timedelta(minutes=14)
"""Just under the quarter of an hour at which the publisher is woken by the clock."""


class PublicationFault(SitrepError):
    """A snapshot that was just built does not hold what it should; it was not made current."""


@dataclass(frozen=True)
class Publication:
    """One publication: its name, the rows of each table, and what could not be made anew."""

    name: str
    made_at: datetime
    rows: dict[str, int]
    faults: Faults = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    """What whoever made it should know: what it lost on purpose, or was not compared with."""


class FaultyPublication(SitrepError):
    """A publication is current of which some tables are those of the one before, or left out."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        told = "\n".join(f"  {name}: {reason}" for name, reason in publication.faults.items())
        super().__init__(
            f"{publication.name} is current, but not all of it is new. These could not be made; "
            "their tables are those of the publication before, or are left out where it has none. "
            f"The cause is ours and no provider's:\n{told}"
        )


def publish(
    home: Path, registry: Registry, *, allow_shrink: bool = False, whole: bool = False
) -> Publication:
    """A verified snapshot of the warehouse is current; older ones beyond the limit are gone.

    What did not change is taken from the publication before, unless a `whole` one is asked for.
    Raises `ShrunkPublication`, and leaves the current one as it is, where the snapshot has lost
    rows, unless that is allowed; and `FaultyPublication` at the end where a table could not be made
    anew.
    """
    with _open_publisher(home) as (connection, umask):
        publication = _publish(
            connection, home, registry, umask, allow_shrink=allow_shrink, whole=whole
        )
    return _told_faulty(publication)


def publish_if_changed(home: Path, registry: Registry) -> str:
    """A publication of all that is settled is current; its name.

    A new one is made where something has been settled since the current one, and where that is
    older than a quarter of an hour, because the feeds' freshness changes with the clock too. One of
    which a table could not be made anew is followed by another try. All that is asked for while one
    is made is answered by the next one: whether something is new is looked up once it is known that
    no other is being made.
    """
    with _open_publisher(home) as (connection, umask):
        current = _name_of_current(connection, home)
        if current is not None:
            return current
        publication = _publish(connection, home, registry, umask)
    return _told_faulty(publication).name


@contextmanager
def _open_publisher(home: Path) -> Iterator[tuple["duckdb.DuckDBPyConnection", int]]:
    """The warehouse, the folder of publications beside it, and the umask for what readers open.

    While the warehouse is open, what is written is its owner's alone.
    """
    umask = usual_umask()
    (home / "publications").mkdir(parents=True, exist_ok=True)
    with open_warehouse(home, threads=_THREADS) as connection:
        yield connection, umask


def _name_of_current(connection: "duckdb.DuckDBPyConnection", home: Path) -> str | None:
    """The current publication, where it is whole, young, and holds all that is settled."""
    description, current = read_description(home), current_path(home)
    if description is None or current is None or current.name != description["file"]:
        return None
    age = now() - datetime.fromisoformat(description["made_at"])
    if description.get("faults") or age >= _YOUNG:
        return None
    name = str(description["publication"])
    row = connection.execute(
        "SELECT (SELECT max(settled_at) FROM warehouse.ops.load) "
        "IS NOT DISTINCT FROM (SELECT settled_through FROM warehouse.ops.publication "
        f"WHERE name = {literals.text(name)})"
    ).fetchone()
    return name if row == (True,) else None


def _told_faulty(publication: Publication) -> Publication:
    if publication.faults:
        raise FaultyPublication(publication)
    return publication


def _publish(
    connection: "duckdb.DuckDBPyConnection",
    home: Path,
    registry: Registry,
    umask: int,
    *,
    allow_shrink: bool = False,
    whole: bool = False,
) -> Publication:
    """The caller holds the lock of the warehouse; `umask` is for what readers open."""
    folder = home / "publications"
    made_at = now()
    name = f"uec-{made_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    temporary = folder / f"{name}.duckdb.tmp"
    # A try that was broken off may have met what a copy of the one before brings along.
    whole |= drop_unfinished(folder)
    faults: Faults = {}
    with costs_only("stages of feeds", faults):
        registry = observe_stages(connection, home, registry)
    earlier = read_earlier(home)
    snapshot = build_snapshot(connection, registry, temporary, made_at, earlier, faults, whole)
    reached("publish: built")
    try:
        remarks = refuse_if_shrunk(connection, home, snapshot, made_at, allow_shrink)
    except ShrunkPublication:
        drop_unfinished(folder)
        raise
    as_of = _verify(connection, temporary, snapshot.rows, registry)
    # Whether a slot is a day is for the contract to say; without it, the age is told as before.
    told = (read_description(home) or {}).get("data_as_of", {})
    as_of |= {name: told[name] for name in as_of.keys() & told if not registry.knows(name)}
    _finish(folder, name, temporary, umask)
    reached("publish: named")
    description = _describe(folder, name, made_at, snapshot, as_of, remarks)
    make_current(folder, name, description, umask)
    reached("publish: current")
    connection.execute(
        "INSERT INTO warehouse.ops.publication "
        "(name, made_at, settled_through, sha256, number) SELECT "
        f"{literals.text(name)}, {literals.timestamp(as_stored(made_at))}, "
        f"(SELECT max(settled_at) FROM warehouse.ops.load), '{description['sha256']}', "
        "(SELECT coalesce(max(number), 0) + 1 FROM warehouse.ops.publication)"
    )
    reached("publish: entered")
    forget_refused(home)
    drop_old(connection, folder)
    return Publication(name, made_at, snapshot.rows, snapshot.faults, remarks)


def _verify(
    connection: "duckdb.DuckDBPyConnection", path: Path, rows: dict[str, int], registry: Registry
) -> dict[str, str | None]:
    """Reads the snapshot from its file and compares it; returns the data's age by collection.

    Without a table `feed_status` no age is known.

    Raises `PublicationFault` where a table is missing or has another number of rows.
    """
    connection.execute(f"ATTACH {literals.text(str(path))} AS verified (READ_ONLY)")
    try:
        counts = ", ".join(f"(SELECT count(*) FROM verified.{table_path(name)})" for name in rows)
        counted = connection.execute(f"SELECT {counts}").fetchall()[0] if rows else ()
        for (table, expected), held in zip(rows.items(), counted, strict=True):
            if held != expected:
                raise PublicationFault(
                    f"Table {table} of the new publication has {held} rows and not {expected}. "
                    "The previous publication stays current; run `sitrep publish` again."
                )
        if "feed_status" not in rows:
            return {}
        ages = connection.execute(
            "SELECT collection, max(data_as_of) FROM verified.main.feed_status GROUP BY ALL"
        ).fetchall()
    finally:
        connection.execute("DETACH verified")
    return {name: _told(age, registry.collections.get(name)) for name, age in sorted(ages)}


def _told(slot_start: datetime | None, collection: Collection | None) -> str | None:
    """The slot as people name it: a day in London, a month, or its start in UTC."""
    if slot_start is None:
        return None
    if collection is not None and collection.cadence.is_dated:
        day = london_date(from_stored(slot_start))
        return f"{day:%Y-%m}" if collection.cadence.is_monthly else day.isoformat()
    return f"{slot_start.isoformat()}Z"


def _finish(folder: Path, name: str, temporary: Path, umask: int) -> None:
    """The snapshot and its Parquet files are on the disk under their own name, for readers."""
    sync_file(temporary)
    parquet = temporary.with_suffix(".parquet")
    share(temporary, umask)
    share(parquet, umask)
    for file in parquet.rglob("*.parquet"):
        sync_file(file)
    for schema in SCHEMAS:
        sync_folder(parquet / schema)
    sync_folder(parquet)
    os.replace(parquet, folder / name)
    os.replace(temporary, folder / f"{name}.duckdb")
    sync_folder(folder)


def _describe(
    folder: Path,
    name: str,
    made_at: datetime,
    snapshot: Snapshot,
    as_of: dict[str, str | None],
    remarks: tuple[str, ...],
) -> dict[str, Any]:
    with (folder / f"{name}.duckdb").open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "publication": name,
        "file": f"{name}.duckdb",
        "parquet": f"{name}/",
        "made_at": made_at.isoformat().replace("+00:00", "Z"),
        "data_as_of": as_of,
        "rows": snapshot.rows,
        "faults": snapshot.faults,
        "remarks": remarks,
        "contract": snapshot.contract,
        "sha256": sha256,
        "build": snapshot.build,
    }
