"""Makes a publication current: the links that readers open lead to it, each turned at once."""

import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.durable import sync_folder, write_durably
from pipelines.base.kill_points import reached
from pipelines.base.state_files import set_aside
from warehouse.publish.publications import CURRENT, CURRENT_COPIES, DESCRIPTION


def make_current(folder: Path, name: str, description: dict[str, Any], umask: int) -> None:
    """The link and the description name the publication; each is turned at once.

    What takes room on the disk is written before.
    """
    told = msgspec.json.format(msgspec.json.encode(description), indent=1)
    described = folder / f"{name}.json"
    write_durably(described, told, 0o666 & ~umask)
    _turn_link(folder, CURRENT, f"{name}.duckdb")
    _turn_link(folder, CURRENT_COPIES, name)
    reached("publish: linked")
    os.replace(described, folder / DESCRIPTION)
    sync_folder(folder)


def _turn_link(folder: Path, name: str, target: str) -> None:
    """The link of that name leads to the target; what is no link and in its way is set aside."""
    link = folder / f".{CURRENT}.{secrets.token_hex(4)}"
    link.symlink_to(target)
    if (folder / name).is_dir() and not (folder / name).is_symlink():
        set_aside(folder.parent, folder / name, "is a folder", "The publication takes its place.")
    os.replace(link, folder / name)
