"""Where readers find the publication that is current; light, for commands that only look."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

CURRENT = "current.duckdb"
DESCRIPTION = "current.json"


def current_path(home: Path) -> Path | None:
    """The file of the current publication by its own name, or None before the first.

    The versioned name matters: DuckDB keeps an open database by its path within a process, so
    a path that changes its content could serve the old one.
    """
    link = home / "publications" / CURRENT
    return link.resolve() if link.exists() else None


@dataclass(frozen=True)
class Earlier:
    """The publication that is current while the next one is built."""

    path: Path
    contract: str | None
    """Fingerprint of its tables' contracts, None where its tables are not what they say."""


def read_earlier(home: Path) -> Earlier | None:
    """The publication that is current, for the next one to take from; None before the first."""
    path, description = current_path(home), read_description(home)
    if path is None:
        return None
    is_told = description is not None and description["file"] == path.name
    return Earlier(path, description.get("contract") if description and is_told else None)


def read_description(home: Path) -> dict[str, Any] | None:
    """What `current.json` says, or None before the first publication."""
    path = home / "publications" / DESCRIPTION
    try:
        content: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    return content
