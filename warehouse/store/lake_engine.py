"""A DuckLake: a catalogue in a database, and Parquet files in a folder or an object store."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import ConfigurationError, StateUnavailable
from pipelines.base.secrets import remember_password_in
from warehouse.store import literals
from warehouse.store.file_damage import told_if_no_database
from warehouse.store.lake_bucket import bucket_secret

if TYPE_CHECKING:
    import duckdb

LAKE = "ducklake:"
LAKE_FOLDER = "lake"
CATALOGUES = {"": (), "sqlite": ("sqlite_scanner",), "postgres": ("postgres_scanner",)}
"""What may hold the catalogue of a lake (nothing said: a DuckDB file), with its extensions."""
_INLINED_ROWS = 1000
"""So many rows of one insert stand in the catalogue until the lake is tidied: a tick of a small
collection makes no file. More are a file of Parquet at once."""


@dataclass(frozen=True)
class DuckLake:
    """A catalogue in a database, and a folder of Parquet files."""

    kind: str
    catalogue: str
    data: Path | str
    """A folder, or the address of a prefix in an object store: `s3://bucket/prefix`."""
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
        """DuckLake's own, after those of its catalogue and of the object store."""
        return (*CATALOGUES[self.kind], *self._remote, "ducklake")

    @property
    def _remote(self) -> tuple[str, ...]:
        return ("httpfs",) if is_remote(self.data) else ()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of its Parquet files."""
        return (f"{self.data}",)

    @property
    def is_kept(self) -> bool:
        """Whether its catalogue is a server's; to attach it takes seconds."""
        return self.kind == "postgres"

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
        Raises `ConfigurationError` where the catalogue cannot be opened, and `StateUnavailable`
        where it is in a Postgres that is not there.
        """
        import duckdb

        self._refuse_mistake()
        kind = f"{self.kind}:" if self.kind else ""
        options = [f"DATA_PATH {literals.text(f'{self.data}/')}", "OVERRIDE_DATA_PATH true"]
        if self.kind == "postgres":
            options.append(f"DATA_INLINING_ROW_LIMIT {_INLINED_ROWS}")
        if self._remote:
            connection.execute(bucket_secret())
        if read_only:
            options.append("READ_ONLY")
        remember_password_in(self.catalogue)
        name = literals.text(f"{LAKE}{kind}{self.catalogue}")
        try:
            with told_if_no_database(f"SITREP_WAREHOUSE: {self.catalogue}"):
                connection.execute(f"ATTACH {name} AS warehouse ({', '.join(options)})")
        except duckdb.Error as error:
            if self.kind != "postgres":
                raise
            # DuckDB's message has the whole address in it, with its password.
            raise StateUnavailable(
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
        if isinstance(self.data, Path) and self.data.exists() and not self.data.is_dir():
            raise ConfigurationError(f"SITREP_WAREHOUSE_DATA: {self.data} is no folder")


def is_remote(data: Path | str) -> bool:
    """Whether that is an address of an object store, and no folder."""
    return isinstance(data, str)


def lake_data(home: Path, named: str) -> Path | str:
    """Where the setting says that a lake's data stand; nothing said: in the home."""
    if named.startswith("s3://"):
        return named.rstrip("/")
    return home / (Path(named).expanduser() if named else LAKE_FOLDER)
