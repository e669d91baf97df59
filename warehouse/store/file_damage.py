"""Damage inside a file that is attached: known by what DuckDB says, and told with what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.base.errors import ConfigurationError

if TYPE_CHECKING:
    import duckdb

_DAMAGED = (
    "Could not read enough bytes",
    "Corrupt database file",
    "No magic bytes found at end of file",
    "database disk image is malformed",
)
"""What DuckDB says of a file of its own or of Parquet that was cut or overwritten, and SQLite."""
_NO_DATABASE = ("not a valid DuckDB database", "file is not a database", "Is a directory")
"""What DuckDB and SQLite say of another file."""
_MAKE_GOOD = (
    "put a sound one back (`sitrep restore`), or make it again from landing (`sitrep rebuild`). "
    "Until then nothing can be loaded; what arrives is kept"
)


class DamagedWarehouse(ConfigurationError):
    """A part of a file cannot be read: it was cut, or something else was written there."""


def is_of_damage(error: "duckdb.Error") -> bool:
    """Whether a file that is attached is at fault, and not what was asked."""
    return any(told in str(error) for told in _DAMAGED)


@contextmanager
def damage_told(what: str, do: str = _MAKE_GOOD) -> Iterator[None]:
    """Raises `DamagedWarehouse` where something inside finds that a part of a file is lost.

    DuckDB reads a file piece by piece, so that damage is found by whoever needs that piece.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        if not is_of_damage(error):
            raise
        raise DamagedWarehouse(
            f"{what} is damaged: {do}. DuckDB says: {str(error).strip().splitlines()[-1]}"
        ) from error


@contextmanager
def told_if_no_database(what: str) -> Iterator[None]:
    """Raises `ConfigurationError` where a file that is opened inside is no database."""
    import duckdb

    try:
        with damage_told(what):
            yield
    except duckdb.Error as error:
        if not any(told in str(error) for told in _NO_DATABASE):
            raise
        raise ConfigurationError(
            f"{what} is no database: move it away, and put the true one back (`sitrep restore`), "
            "make it again from landing (`sitrep rebuild`), or name another file"
        ) from error
