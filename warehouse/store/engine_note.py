"""Which engine holds a home's warehouse, as the home itself remembers it.

A setting that is forgotten would otherwise make a new, empty warehouse beside the true one, and
publish it.
"""

from pathlib import Path

from pipelines.base.errors import ConfigurationError
from pipelines.base.state.documents import read_document, replace_document, stamp_document
from warehouse.store.engines import FILE, FILE_NAME, Engine
from warehouse.store.lake_engine import LAKE, LAKE_FOLDER

NOTE = "warehouse.engine"
"""File of a home that says which engine holds its warehouse."""


def refuse_another_engine(home: Path, engine: Engine) -> None:
    """Raises `ConfigurationError` where the home's warehouse is held by another engine."""
    held = _held_by(home)
    if held in (None, engine.name) or (held == _SOME_LAKE and engine.name != FILE):
        return
    wanted = "be empty" if held == FILE else f"be {held}"
    if held == "ducklake:postgres":
        wanted = "name its catalogue, ducklake:postgres:<address>"
    elif held == _SOME_LAKE:
        wanted = "name the catalogue of its lake"
    raise ConfigurationError(
        f"SITREP_WAREHOUSE: the warehouse of {home} is held by {held}, and the setting asks for "
        f"{engine.name}, which would be a new, empty one. To go on with the warehouse that is "
        f"there, SITREP_WAREHOUSE has to {wanted}. If it was moved to {engine.name} on purpose, "
        f"write that into {home / NOTE}"
    )


def note_engine(home: Path, engine: Engine) -> None:
    """The home remembers the engine that holds its warehouse."""
    if stamp_document(home, home / NOTE) is None:
        replace_document(home, home / NOTE, None, f"{engine.name}\n".encode())


_SOME_LAKE = "a DuckLake"
_CURE = "What stands in the home tells which engine holds its warehouse, and is noted anew."


def _held_by(home: Path) -> str | None:
    """The engine that holds the home's warehouse, None where there is none yet."""
    noted = read_document(home, home / NOTE, _decode, None, _CURE)
    if noted is not None:
        return noted
    # A home from before homes remembered it, or one whose note is damaged.
    if (home / FILE_NAME).exists():
        return FILE
    return _SOME_LAKE if (home / LAKE_FOLDER).exists() else None


def _decode(content: bytes) -> str:
    name = content.decode("utf-8").strip()
    if name != FILE and not name.startswith(LAKE):
        raise ValueError("no name of an engine")
    return name
