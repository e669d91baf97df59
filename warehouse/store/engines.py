"""The engines that can hold the warehouse: a DuckDB file, or a DuckLake.

All SQL of the project runs on both. What differs is how each is attached and what is loaded for
it. Extensions come from installed packages of DuckDB's own version, so that nothing is fetched
while a command runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.base.errors import ConfigurationError
from pipelines.base.permissions import keep_from_others
from pipelines.base.settings import settings
from warehouse.store import literals
from warehouse.store.file_damage import damage_told

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "warehouse.duckdb"
FILE = "a DuckDB file"
LAKE_FOLDER = "lake"
_STORAGE = "v1.4.0"
"""The oldest DuckDB that can read the file. Older storage is rewritten at length by each load."""
LAKE = "ducklake:"
_CATALOGUES = {"": (), "sqlite": ("sqlite_scanner",), "postgres": ("postgres_scanner",)}
"""What may hold the catalogue of a lake (nothing said: a DuckDB file), with its extensions."""


_NO_DATABASE = ("not a valid DuckDB database", "file is not a database", "Is a directory")
"""What DuckDB and SQLite say of another file."""


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
    def folders(self) -> tuple[Path, ...]:
        """The folders that it reads while it is attached, besides the file that it attaches."""
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
    def folders(self) -> tuple[Path, ...]:
        """None: all is in the file."""
        return ()

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
        option = "READ_ONLY" if read_only else f"STORAGE_VERSION '{_STORAGE}'"
        with _told_if_no_database(f"{self.path}"):
            connection.execute(f"ATTACH {literals.text(str(self.path))} AS warehouse ({option})")


@dataclass(frozen=True)
class DuckLake:
    """A catalogue in a database, and a folder of Parquet files."""

    kind: str
    catalogue: str
    data: Path
    named: str = field(default="", compare=False)
    """The catalogue as the setting names it."""

    @property
    def name(self) -> str:
        """The setting, without the address of a Postgres catalogue: it may have a password."""
        return f"{LAKE}{self.kind}" if self.kind == "postgres" else f"{LAKE}{self.named}"

    @property
    def told(self) -> str:
        """The setting, as `name` has it."""
        return f"SITREP_WAREHOUSE: {self.name}"

    @property
    def extensions(self) -> tuple[str, ...]:
        """DuckLake's own, after that of its catalogue."""
        return (*_CATALOGUES[self.kind], "ducklake")

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of its Parquet files."""
        return (self.data,)

    def is_made(self) -> bool:
        """Whether the file of the catalogue is there; of a catalogue in Postgres it is assumed."""
        return self.kind == "postgres" or Path(self.catalogue).exists()

    @property
    def file(self) -> Path | None:
        """None: a lake is a catalogue and a folder of data."""
        return None

    def attach(self, connection: "duckdb.DuckDBPyConnection", *, read_only: bool = False) -> None:
        """The lake is attached as `warehouse`, and made where it is lacking.

        The catalogue remembers where the data were; a home that was moved has them elsewhere.
        Raises `ConfigurationError` where the catalogue cannot be opened.
        """
        import duckdb

        self._refuse_mistake()
        kind = f"{self.kind}:" if self.kind else ""
        options = [f"DATA_PATH {literals.text(f'{self.data}/')}", "OVERRIDE_DATA_PATH true"]
        if read_only:
            options.append("READ_ONLY")
        name = literals.text(f"{LAKE}{kind}{self.catalogue}")
        try:
            with _told_if_no_database(f"SITREP_WAREHOUSE: {self.catalogue}"):
                connection.execute(f"ATTACH {name} AS warehouse ({', '.join(options)})")
        except duckdb.Error as error:
            if self.kind != "postgres":
                raise
            # DuckDB's message has the whole address in it, with its password.
            raise ConfigurationError(
                f"SITREP_WAREHOUSE: the Postgres catalogue could not be opened "
                f"({type(error).__name__}). Check its address, and whether it runs."
            ) from None

    def _refuse_mistake(self) -> None:
        """Raises `ConfigurationError` where a folder of the lake is not there, or is none."""
        folder = Path(self.catalogue).parent
        if self.kind != "postgres" and not folder.is_dir():
            raise ConfigurationError(
                f"SITREP_WAREHOUSE: the folder {folder} is not there; make it, or name another"
            )
        if self.data.exists() and not self.data.is_dir():
            raise ConfigurationError(f"SITREP_WAREHOUSE_DATA: {self.data} is no folder")


@contextmanager
def _told_if_no_database(what: str) -> Iterator[None]:
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
    data = settings().warehouse_data
    return DuckLake(kind, catalogue, home / (data.expanduser() if data else LAKE_FOLDER), given)


def _read_catalogue(named: str) -> tuple[str, str]:
    """What holds the catalogue, and where; the value is not repeated, it may have a password."""
    if named.startswith(LAKE):
        kind, colon, rest = named.removeprefix(LAKE).partition(":")
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
