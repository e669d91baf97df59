"""The moments at which revisions were made that the publication before does not tell of.

A change that revisions made is told by the moment of superseding. What was superseded then, and
what was recorded in its place, came with one load and is never altered.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.marts.now.now import CHANGES_TOLD
from warehouse.publish.parted_tables import revised
from warehouse.publish.patching import Parts
from warehouse.store import literals
from warehouse.store.shape import Shape

if TYPE_CHECKING:
    import duckdb


def begin_moments(connection: "duckdb.DuckDBPyConnection", made_at: datetime) -> None:
    """The temporary tables are there: no moment yet, and since when changes are told."""
    since = literals.instant(made_at - CHANGES_TOLD)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE revised_since AS SELECT {since} AS since")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE revised_moment (collection VARCHAR, moment TIMESTAMP)"
    )


def find_moments(connection: "duckdb.DuckDBPyConnection", shape: Shape, made_at: datetime) -> str:
    """A query for the moments of which the collection's changes have to be told anew."""
    since = made_at - CHANGES_TOLD
    table = revised(shape, made_at, since)
    name = literals.text(shape.collection)
    parts = Parts(connection, table, f"superseded_at >= {literals.instant(since)}")
    if parts.differing:
        connection.execute(
            f"INSERT INTO temp.revised_moment SELECT {name}, part FROM temp.parts WHERE differs"
        )
    return f"SELECT moment FROM temp.revised_moment WHERE collection = {name}"
