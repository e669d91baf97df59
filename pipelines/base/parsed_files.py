"""What the project's own YAML files hold, parsed once for all processes.

It is kept where Python keeps compiled modules, with a digest of the file and of itself: what was
made of another file, or is damaged, is not taken. Files of other folders are parsed each time, so
that nothing is written where somebody keeps configuration.
"""

import hashlib
import sys
from contextlib import suppress
from datetime import date
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.durable import write_whole
from pipelines.base.errors import DiskFault
from pipelines.base.permissions import usual_umask

_PROJECT = Path(__file__).parents[2]
_FORM = b"1"
"""Another one makes all that was kept before of no use."""
_DATE = ""
"""The key of a date; JSON has none."""


def kept(path: Path, source: bytes) -> dict[str, Any] | None:
    """What the file with these bytes holds; None where that is not kept."""
    if not _may_be_kept(path):
        return None
    with suppress(OSError, ValueError):
        digest, _, told = _place(path).read_bytes().partition(b"\n")
        if digest == _digest(source, told):
            content: dict[str, Any] = _with_dates(msgspec.json.decode(told))
            return content
    return None


def keep(path: Path, source: bytes, content: dict[str, Any]) -> None:
    """What the file with these bytes holds is kept, if that can be."""
    if not _may_be_kept(path):
        return
    try:
        told = msgspec.json.encode(_without_dates(content))
    except TypeError:
        return
    place = _place(path)
    with suppress(OSError, DiskFault):
        # A folder of its own is as Python makes it: others read what is compiled there.
        place.parent.mkdir(exist_ok=True)
        write_whole(place, _digest(source, told) + b"\n" + told, 0o666 & ~usual_umask())


def _may_be_kept(path: Path) -> bool:
    return not sys.dont_write_bytecode and path.is_relative_to(_PROJECT)


def _place(path: Path) -> Path:
    return Path(cache_from_source(str(path))).with_name(f"{path.name}.parsed")


def _digest(source: bytes, told: bytes) -> bytes:
    return (
        hashlib.sha256(b"\n".join((_FORM, b"%d" % len(source), source, told))).hexdigest().encode()
    )


def _without_dates(value: object) -> object:
    """The value as JSON can tell it; raises `TypeError` for what it cannot tell without loss."""
    if isinstance(value, dict):
        if _DATE in value or not all(isinstance(key, str) for key in value):
            raise TypeError("a key is no word")
        return {key: _without_dates(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_dates(one) for one in value]
    if type(value) is date:
        return {_DATE: value.isoformat()}
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a {type(value).__name__} is not kept")


def _with_dates(value: Any) -> Any:
    """The value that `_without_dates` was given."""
    if isinstance(value, dict):
        if _DATE in value:
            return date.fromisoformat(value[_DATE])
        return {key: _with_dates(one) for key, one in value.items()}
    return [_with_dates(one) for one in value] if isinstance(value, list) else value
