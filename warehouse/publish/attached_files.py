"""The files of publications that are open while the next one is built."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.publish.empty_tables import EARLIER
from warehouse.publish.publications import Earlier
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


@contextmanager
def attached_files(
    connection: "duckdb.DuckDBPyConnection", path: Path, earlier: Earlier | None
) -> Iterator[Earlier | None]:
    """The file that is built is attached as `publication`, the one before as `earlier`.

    Yields the one before, or None where it cannot be opened: a broken one must not be the last.
    """
    import duckdb

    # Nobody goes on with a file that was left in the middle: it needs no log for that.
    connection.execute(
        f"ATTACH {literals.text(str(path))} AS publication (RECOVERY_MODE 'no_wal_writes')"
    )
    try:
        if earlier is not None:
            file = literals.text(str(earlier.path))
            try:
                connection.execute(f"ATTACH {file} AS {EARLIER} (READ_ONLY)")
            except duckdb.Error:
                logging.getLogger(__name__).exception("%s cannot be opened", earlier.path)
                earlier = None
        yield earlier
    finally:
        connection.execute(f"DETACH DATABASE IF EXISTS {EARLIER}")
        connection.execute("DETACH publication")
