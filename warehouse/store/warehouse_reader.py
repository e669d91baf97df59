"""The warehouse for questions of people: attached read-only, up to date, and locked down."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from warehouse.store import literals
from warehouse.store.connection import attached_warehouse, macros
from warehouse.store.engines import Engine, chosen_engine, extension_path
from warehouse.store.file_damage import damage_told
from warehouse.store.migrate import is_migrated, migrate
from warehouse.store.reader import lock_down, open_memory

if TYPE_CHECKING:
    import duckdb


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
