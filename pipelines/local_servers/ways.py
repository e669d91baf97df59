"""The project's feeds, delivered in other ways than by a folder, for a run on one machine."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipelines.base.errors import UsageError
from pipelines.base.likely import did_you_mean

DIRECTORY = "directory"
COLLECTION = "acute_realtime"
"""The collection whose feeds take the ways in turn; the others keep their folders."""
HTTPS_FOLDER = "https"
"""Of the servers' folder: what the local server of addresses gives."""
MAILBOX, TRUST_MAILBOX = "X26HC001", "X26OT001"
BUCKET = "trusts"
CONNECTIONS = {
    "sftp": "local_sftp",
    "s3": "local_s3",
    "mesh": "local_mesh",
    "push": "local_push",
}
"""Way → name of the connection that its feeds name."""
MESH_SENDER = "local_mesh_trust"
"""Connection of the mailbox that simulated trusts send from."""
_SOURCES: dict[str, Mapping[str, Any]] = {
    DIRECTORY: {
        "kind": "directory",
        "endpoint": f"incoming/{COLLECTION}",
        "answers": "answers",
    },
    "sftp": {
        "kind": "sftp",
        "connection": CONNECTIONS["sftp"],
        "folder": COLLECTION,
        "quiet_seconds": 1,
        "after_landing": "move",
        "answers": f"{COLLECTION}/answers",
    },
    "s3": {
        "kind": "s3",
        "connection": CONNECTIONS["s3"],
        "bucket": BUCKET,
        "prefix": f"{COLLECTION}/",
        "quiet_seconds": 1,
        "after_landing": "move",
        "answers": "answers/",
    },
    "mesh": {
        "kind": "mesh",
        "connection": CONNECTIONS["mesh"],
        "workflow_id": "UEC_ACUTE_RT",
        "sender": TRUST_MAILBOX,
        "sender_connection": MESH_SENDER,
        "poll_minutes": 0,
        "answers": "UEC_ACUTE_RT_ANSWER",
    },
    "push": {"kind": "push", "sender_connection": CONNECTIONS["push"]},
    "https": {"kind": "https", "sender_folder": f"simulation/servers/{HTTPS_FOLDER}"},
}
WAYS = tuple(_SOURCES)
"""The ways in which simulated providers can deliver."""


def parse_ways(told: str) -> tuple[str, ...]:
    """The ways that `all`, or names with commas between them, mean.

    Raises `UsageError` for a name that is none.
    """
    if told.strip() == "all":
        return WAYS
    names = tuple(dict.fromkeys(name.strip() for name in told.split(",") if name.strip()))
    for name in names:
        if name not in WAYS:
            meant = did_you_mean(name, WAYS)
            raise UsageError(f"--sources: '{name}' is no way.{meant} Ways: {', '.join(WAYS)}, all.")
    if not names:
        raise UsageError(f"--sources: name some of {', '.join(WAYS)}, or all.")
    return names


def source_of(way: str, pattern: str, port: int = 0) -> dict[str, Any]:
    """The `source` of a feed file whose files have such names and come in that way.

    `port` is that of the local server of addresses.
    """
    if way != "https":
        return {**_SOURCES[way], "pattern": pattern}
    stem, _, ending = pattern.partition("*")
    return {
        **_SOURCES[way],
        "address": f"http://127.0.0.1:{port}/latest/{stem}",
        "file_name": f"{stem}{{received:%Y%m%dT%H%M%S}}{ending}",
    }


def write_ways(folder: Path, project_feeds: Path, ways: Sequence[str], port: int) -> dict[str, int]:
    """`folder` has the project's feeds; those of acute trusts take the ways in turn.

    `port` is that of the local server of addresses.

    Returns the number of feeds of each way. What was in the folder is gone.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project_feeds, folder, ignore=shutil.ignore_patterns("__pycache__"))
    counts = dict.fromkeys(ways, 0)
    for number, path in enumerate(sorted((folder / COLLECTION).glob("*.yaml"))):
        way = ways[number % len(ways)]
        feed: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        feed["source"] = source_of(way, feed["source"]["pattern"], port)
        path.write_text(yaml.safe_dump(feed, sort_keys=False, allow_unicode=True), "utf-8")
        counts[way] += 1
    return counts
