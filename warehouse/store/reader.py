"""Connections for questions of people: they read the warehouse or a publication, nothing else.

Each is a DuckDB of its own, because its locks hold for all that the instance does: files are
attached read-only, nothing else outside can be reached, and no setting can be changed back.
"""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import SitrepError, WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.base.settings import settings
from warehouse.store import literals
from warehouse.store.connection import attached_warehouse, macros
from warehouse.store.engines import Engine, chosen_engine, damage_told, extension_path
from warehouse.store.migrate import is_migrated, migrate

if TYPE_CHECKING:
    import duckdb


class QuestionEnded(SitrepError):
    """A question took more time or memory than it may."""


_INTERRUPTED_AGAIN_SECONDS = 0.02


@contextmanager
def read_warehouse(home: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection that reads the warehouse, attached as `warehouse`; it can change nothing.

    A warehouse that is not there is read as an empty one and is not made, nor is its folder. One of
    an older release is brought up to date before. Raises `WarehouseBusy` as `open_warehouse` does.
    """
    engine = chosen_engine(home)
    is_there = home.is_dir() or engine.is_made()
    with (
        held_lock(home, "warehouse", WarehouseBusy, "The warehouse") if is_there else nullcontext(),
        closing(open_memory()) as reader,
        damage_told(engine.told),
    ):
        if engine.is_made():
            _attach_up_to_date(reader, engine, home)
        else:
            reader.execute("ATTACH ':memory:' AS warehouse")
            migrate(reader)
        reader.execute("USE warehouse")
        reader.execute(macros())
        lock_down(reader, engine.folders)
        yield reader


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


def lock_down(reader: "duckdb.DuckDBPyConnection", folders: tuple[Path, ...] = ()) -> None:
    """The connection reaches what is attached and these folders; no setting can be changed."""
    if folders:
        names = ", ".join(literals.text(str(folder)) for folder in folders)
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


def _attach_up_to_date(reader: "duckdb.DuckDBPyConnection", engine: Engine, home: Path) -> None:
    """The warehouse is attached read-only; it has been migrated before where that was lacking."""
    for extension in engine.extensions:
        reader.execute(f"LOAD {literals.text(str(extension_path(extension)))}")
    engine.attach(reader, read_only=True)
    if not is_migrated(reader):
        reader.execute("DETACH warehouse")
        with attached_warehouse(home) as connection:
            migrate(connection)
        engine.attach(reader, read_only=True)
