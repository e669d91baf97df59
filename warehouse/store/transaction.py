"""Several statements as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.base.state.shared_locks import refuse_if_lost

if TYPE_CHECKING:
    import duckdb


@contextmanager
def transaction(connection: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """All that is executed inside commits together or not at all.

    Raises `LockLost`, and commits nothing, where a lock of this process was lost meanwhile.
    """
    connection.execute("BEGIN")
    try:
        yield
        refuse_if_lost()
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
