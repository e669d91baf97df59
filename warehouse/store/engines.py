"""The engines that can hold the warehouse: a DuckDB file, or a DuckLake.

All SQL of the project runs on both. What differs is how each is attached and what is loaded for
it. Extensions come from installed packages of DuckDB's own version, so that nothing is fetched
while a command runs.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.base.errors import ConfigurationError
from pipelines.base.permissions import keep_from_others
from pipelines.base.settings import settings
from warehouse.store import literals
from warehouse.store.file_damage import told_if_no_database
from warehouse.store.lake_engine import CATALOGUES, LAKE, lake_data
from warehouse.store.lake_engine import DuckLake as DuckLake

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "warehouse.duckdb"
FILE = "a DuckDB file"
_STORAGE = "v1.4.0"
"""The oldest DuckDB that can read the file. Older storage is rewritten at length by each load."""
_ROW_GROUP = 983_040
"""Rows of a group, eight times DuckDB's own: attaching and checkpoints cost by the group."""


class Engine(Protocol):
    """What holds the warehouse."""

    @property
    def name(self) -> str:
        """What tells it from others, as the setting says it; no password stands in it."""
        ...

    @property
    def told(self) -> str:
        """What messages call it."""
        ...

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions that have to be loaded before it is attached."""
        ...

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that it reads while it is attached, besides the file that it attaches."""
        ...

    @property
    def is_kept(self) -> bool:
        """Whether a process keeps it attached between two uses: others can use it meanwhile."""
        ...

    def is_made(self) -> bool:
        """Whether there is a warehouse, as far as that can be told without opening it."""
        ...

    @property
    def file(self) -> Path | None:
        """The one file that is the whole warehouse; None where it is more than a file."""
        ...

    def attach(self, connection: "duckdb.DuckDBPyConnection", *, read_only: bool = False) -> None:
        """The warehouse is attached as `warehouse`."""
        ...


@dataclass(frozen=True)
class DuckDBFile:
    """One file; it has one writing process, and shuts every reader out meanwhile."""

    path: Path

    @property
    def name(self) -> str:
        """One file, whatever its path: it stands in the home."""
        return FILE

    @property
    def told(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def extensions(self) -> tuple[str, ...]:
        """None: DuckDB can do all of it by itself."""
        return ()

    @property
    def folders(self) -> tuple[str, ...]:
        """None: all is in the file."""
        return ()

    @property
    def is_kept(self) -> bool:
        """Never: nobody else could open the file."""
        return False

    def is_made(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    @property
    def file(self) -> Path | None:
        """The file; a `.wal` may stand beside it until it is checkpointed."""
        return self.path

    def attach(self, connection: "duckdb.DuckDBPyConnection", *, read_only: bool = False) -> None:
        """The file is attached as `warehouse`, and made where it is lacking.

        Raises `ConfigurationError` where the file is no database.
        """
        if not read_only:
            keep_from_others(self.path)
        making = f"STORAGE_VERSION '{_STORAGE}', ROW_GROUP_SIZE {_ROW_GROUP}"
        option = "READ_ONLY" if read_only else making
        with told_if_no_database(f"{self.path}"):
            connection.execute(f"ATTACH {literals.text(str(self.path))} AS warehouse ({option})")


def chosen_engine(home: Path) -> Engine:
    """The engine that SITREP_WAREHOUSE names for that home; relative paths stand under it.

    Raises `ConfigurationError` where it names none.
    """
    named = settings().warehouse.get_secret_value().strip()
    if not named:
        return DuckDBFile(home / FILE_NAME)
    kind, catalogue = _read_catalogue(named)
    given = named.removeprefix(LAKE)
    if kind != "postgres":
        catalogue = str(home / Path(catalogue).expanduser())
    return DuckLake(kind, catalogue, lake_data(home, settings().warehouse_data), given)


def _read_catalogue(named: str) -> tuple[str, str]:
    """What holds the catalogue, and where; the value is not repeated, it may have a password."""
    if named.startswith(LAKE):
        kind, colon, rest = named.removeprefix(LAKE).partition(":")
        kind, catalogue = (kind, rest) if colon else ("", kind)
        if catalogue.strip() and kind in CATALOGUES and bool(kind) == bool(colon):
            return kind, catalogue
    raise ConfigurationError(
        "SITREP_WAREHOUSE must be empty (a DuckDB file), ducklake:<file>, ducklake:sqlite:<file> "
        "or ducklake:postgres:<address>"
    )


def extension_path(name: str) -> Path:
    """The file of a DuckDB extension in the installed package that brings it.

    Raises `ConfigurationError` that says what to install where it is lacking.
    """
    import duckdb

    version = duckdb.__version__
    spec = find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "extensions" / f"v{version}" / f"{name}.duckdb_extension"
        if path.is_file():
            return path
    package = f"duckdb-extension-{name.replace('_', '-')}=={version}"
    raise ConfigurationError(
        f"SITREP_WAREHOUSE names a DuckLake, and its extension {name} is not installed for "
        f"DuckDB {version}. Install {package}"
    )
