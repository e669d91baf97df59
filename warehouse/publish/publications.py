"""Where readers find the publication that is current; light, for commands that only look."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.base.state_files import read_state
from warehouse.publish.shared_publications import bring_current

CURRENT = "current.duckdb"
CURRENT_COPIES = "current"
"""A link to the folder of the current publication's Parquet files."""
DESCRIPTION = "current.json"


def current_path(home: Path) -> Path | None:
    """The file of the current publication by its own name, or None before the first.

    The versioned name matters: DuckDB keeps an open database by its path within a process, so
    a path that changes its content could serve the old one. Where machines share publications it
    is the newest of all.
    """
    bring_current(home)
    link = home / "publications" / CURRENT
    return link.resolve() if link.exists() else None


def copy_path(folder: Path, table: str) -> Path:
    """Where a table stands as Parquet: those in testing are in a folder of their own."""
    return folder.joinpath(*table.split(".")).with_suffix(".parquet")


@dataclass(frozen=True)
class Build:
    """How a publication was built, for the next one to go on from."""

    whole_at: datetime
    """When the last one was built that is no patched copy of the one before it."""
    basis: str
    """Fingerprint of the code, the reference data and the warehouse that it rests on."""
    copies: dict[str, str]
    """Table → SHA-256 of its Parquet file."""


@dataclass(frozen=True)
class Earlier:
    """The publication that is current while the next one is built."""

    path: Path
    contract: str | None = None
    """Fingerprint of its tables' contracts, None where its tables are not what they say."""
    made_at: datetime | None = None
    sha256: str = ""
    build: Build | None = None
    """None where that is not known."""


def read_earlier(home: Path) -> Earlier | None:
    """The publication that is current, for the next one to take from; None before the first."""
    path, told = current_path(home), read_description(home)
    if path is None:
        return None
    if told is None or told["file"] != path.name:
        return Earlier(path)
    made_at = datetime.fromisoformat(told["made_at"])
    sha256 = str(told.get("sha256"))
    return Earlier(path, told.get("contract"), made_at, sha256, _read_build(told.get("build")))


def _read_build(told: object) -> Build | None:
    import msgspec

    try:
        build = msgspec.convert(told, Build)
    except msgspec.ValidationError:
        return None
    return build if build.whole_at.tzinfo else None


def read_description(home: Path) -> dict[str, Any] | None:
    """What `current.json` says; None before the first publication, or where it is damaged."""
    bring_current(home)
    return read_state(
        home,
        home / "publications" / DESCRIPTION,
        _decode,
        None,
        "Readers have current.duckdb as before; the next publication writes a new description.",
    )


_FIELDS = ("publication", "file", "made_at", "data_as_of", "rows")
"""What every description says."""


def _decode(content: bytes) -> dict[str, Any]:
    """The description; raises `ValueError` where something is lacking or not of its kind."""
    import msgspec

    known = msgspec.json.decode(content, type=dict[str, Any])
    if any(name not in known for name in _FIELDS):
        raise ValueError("it lacks a field")
    datetime.fromisoformat(known["made_at"])
    if not isinstance(known["rows"], dict) or not isinstance(known["data_as_of"], dict):
        raise ValueError("a field is of the wrong kind")
    return known
