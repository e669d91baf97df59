"""Connections for questions of people: they read what is attached, and can do nothing else.

Each is a DuckDB of its own, because its locks hold for all that the instance does: files are
attached read-only, nothing else outside can be reached, and no setting can be changed back.
"""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import SitrepError
from pipelines.base.settings import settings
from warehouse.store import literals
from warehouse.store.file_damage import damage_told

if TYPE_CHECKING:
    import duckdb


class QuestionEnded(SitrepError):
    """A question took more time or memory than it may."""


_INTERRUPTED_AGAIN_SECONDS = 0.02


@contextmanager
def read_publication(
    path: Path, threads: int | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection that reads a publication's tables; fewer threads take less memory."""
    import duckdb

    config = _config() | ({"threads": threads} if threads else {})

    with (
        damage_told(f"{path}", "make another publication (`sitrep publish`)"),
        closing(duckdb.connect(str(path), read_only=True, config=config)) as reader,
    ):
        lock_down(reader)
        yield reader


@contextmanager
def ended_after(
    reader: "duckdb.DuckDBPyConnection", seconds: float, setting: str
) -> Iterator[None]:
    """What the reader is asked inside is interrupted after that many seconds.

    Raises `QuestionEnded` then, which names the setting that gives more of them. A few functions of
    DuckDB do not look whether they should stop.
    """
    import duckdb

    over, done = threading.Event(), threading.Event()

    def interrupt() -> None:
        # An interruption between two questions reaches neither of them.
        pause = seconds
        while not done.wait(pause):
            over.set()
            reader.interrupt()
            pause = _INTERRUPTED_AGAIN_SECONDS

    timer = threading.Thread(target=interrupt, name="ended-after", daemon=True)
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise QuestionEnded(
            f"The query was ended after {seconds:g} seconds. Ask for fewer rows or days, or set "
            f"{setting} higher."
            if over.is_set()
            else "Interrupted."
        ) from error
    finally:
        done.set()
        timer.join()


def open_memory() -> "duckdb.DuckDBPyConnection":
    """A DuckDB in memory with the limits of a reader, to be filled and then locked."""
    import duckdb

    return duckdb.connect(":memory:", config=_config())


def lock_down(reader: "duckdb.DuckDBPyConnection", folders: tuple[str, ...] = ()) -> None:
    """The connection reaches what is attached and these folders; no setting can be changed."""
    if folders:
        names = ", ".join(literals.text(folder) for folder in folders)
        reader.execute(f"SET allowed_directories = [{names}]")
    reader.execute("SET enable_external_access = false")
    reader.execute("SET lock_configuration = true")


def _config() -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": f"{int(settings().query_memory)}B",
        "temp_directory": "",
        "allow_community_extensions": "false",
        "allow_unsigned_extensions": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        # A table's name never means a variable of this program.
        "python_enable_replacements": "false",
    }
