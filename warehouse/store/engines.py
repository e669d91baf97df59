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

if TYPE_CHECKING:
    import duckdb

_FILE_NAME = "warehouse.duckdb"
_STORAGE = "v1.4.0"
"""The oldest DuckDB that can read the file. Older storage is rewritten at length by each load."""
_LAKE = "ducklake:"
_CATALOGUES = {"": (), "sqlite": ("sqlite_scanner",), "postgres": ("postgres_scanner",)}
"""What may hold the catalogue of a lake (nothing said: a DuckDB file), with its extensions."""


class Engine(Protocol):
    """What holds the warehouse."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions that have to be loaded before it is attached."""
        ...

    def attach(self, connection: "duckdb.DuckDBPyConnection", *, read_only: bool = False) -> None:
        """The warehouse is attached as `warehouse`."""
        ...


@dataclass(frozen=True)
class DuckDBFile:
    """One file; it has one writing process, and shuts every reader out meanwhile."""

    path: Path

    @property
    def extensions(self) -> tuple[str, ...]:
        """None: DuckDB can do all of it by itself."""
        return ()

    def attach(self, connection: "duckdb.DuckDBPyConnection", *, read_only: bool = False) -> None:
        """The file is attached as `warehouse`, and made where it is lacking."""
        if not read_only:
            keep_from_others(self.path)
        option = "READ_ONLY" if read_only else f"STORAGE_VERSION '{_STORAGE}'"
        connection.execute(f"ATTACH {literals.text(str(self.path))} AS warehouse ({option})")


@dataclass(frozen=True)
class DuckLake:
    """A catalogue in a database, and a folder of Parquet files."""

    kind: str
    catalogue: str
    data: Path

    @property
    def extensions(self) -> tuple[str, ...]:
        """DuckLake's own, after that of its catalogue."""
        return (*_CATALOGUES[self.kind], "ducklake")

    def attach(self, connection: "duckdb.DuckDBPyConnection", *, read_only: bool = False) -> None:
        """The lake is attached as `warehouse`, and made where it is lacking.

        The catalogue remembers where the data were; a home that was moved has them elsewhere.
        Raises `ConfigurationError` where the catalogue cannot be opened.
        """
        import duckdb

        kind = f"{self.kind}:" if self.kind else ""
        options = [f"DATA_PATH {literals.text(f'{self.data}/')}", "OVERRIDE_DATA_PATH true"]
        if read_only:
            options.append("READ_ONLY")
        name = literals.text(f"{_LAKE}{kind}{self.catalogue}")
        try:
            connection.execute(f"ATTACH {name} AS warehouse ({', '.join(options)})")
        except duckdb.Error as error:
            if self.kind != "postgres":
                raise
            # DuckDB's message has the whole address in it, with its password.
            raise ConfigurationError(
                f"SITREP_WAREHOUSE: the Postgres catalogue could not be opened "
                f"({type(error).__name__}). Check its address, and whether it runs."
            ) from None


def chosen_engine(home: Path) -> Engine:
    """The engine that SITREP_WAREHOUSE names for that home; relative paths stand under it.

    Raises `ConfigurationError` where it names none.
    """
    named = settings().warehouse.get_secret_value().strip()
    if not named:
        return DuckDBFile(home / _FILE_NAME)
    kind, catalogue = _read_catalogue(named)
    if kind != "postgres":
        catalogue = str(home / Path(catalogue).expanduser())
    data = settings().warehouse_data
    return DuckLake(kind, catalogue, home / (data.expanduser() if data else "lake"))


def _read_catalogue(named: str) -> tuple[str, str]:
    """What holds the catalogue, and where; the value is not repeated, it may have a password."""
    if named.startswith(_LAKE):
        kind, colon, rest = named.removeprefix(_LAKE).partition(":")
        kind, catalogue = (kind, rest) if colon else ("", kind)
        if catalogue.strip() and kind in _CATALOGUES and bool(kind) == bool(colon):
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
