"""The servers of a local run, started together; their connections stand in the environment."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipelines.base.connections import variable
from pipelines.local_servers.ways import (
    CONNECTIONS,
    HTTPS_FOLDER,
    MAILBOX,
    MESH_SENDER,
    TRUST_MAILBOX,
)


@contextmanager
def running_servers(
    ways: Sequence[str], folder: Path, port: int = 0
) -> Iterator[Mapping[str, str]]:
    """A server runs for each way that needs one; way → where it is. `port` is that of addresses.

    Posting has its own program, the push server. Children of this process find the connections in
    their environment. Raises `ConfigurationError` or `UsageError` where a server cannot run here.
    """
    with ExitStack() as servers:
        told: dict[str, str] = {}
        if "sftp" in ways:
            from pipelines.local_servers.sftp_server import running_sftp

            sftp = servers.enter_context(running_sftp(_made(folder / "sftp")))
            pass_on_connection(CONNECTIONS["sftp"], sftp.connection)
            told["sftp"] = f"{sftp.connection['host']}:{sftp.connection['port']}"
        if "s3" in ways:
            from pipelines.local_servers.s3_server import running_s3

            s3 = servers.enter_context(running_s3(_made(folder / "s3")))
            pass_on_connection(CONNECTIONS["s3"], s3.connection)
            told["s3"] = s3.endpoint_url
        if "mesh" in ways:
            from pipelines.local_servers.mesh_server import running_mesh

            mailboxes = {name: secrets.token_urlsafe(12) for name in (MAILBOX, TRUST_MAILBOX)}
            mesh = servers.enter_context(running_mesh(_made(folder / "mesh"), mailboxes))
            pass_on_connection(CONNECTIONS["mesh"], mesh.connections[MAILBOX])
            pass_on_connection(MESH_SENDER, mesh.connections[TRUST_MAILBOX])
            told["mesh"] = mesh.address
        if "https" in ways:
            from pipelines.local_servers.https_server import running_https

            served = servers.enter_context(running_https(_made(folder / HTTPS_FOLDER), port=port))
            told["https"] = served.address
        yield told


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pass_on_connection(name: str, connection: Mapping[str, Any]) -> None:
    """This process and its children know the connection by that name."""
    os.environ[variable(name)] = json.dumps(connection)


def give_token(home: Path, port: int) -> str:
    """Simulated providers have a token for all feeds that are posted, in their connection.

    Returns where they post to.
    """
    from datetime import timedelta

    from pipelines.base.clock import now
    from pipelines.collect.sources.push import HERE
    from pipelines.registry.registry import load_registry
    from pipelines.tokens.token_file import make_token

    feeds = [feed.feed_id for feed in load_registry().feeds_at(HERE)]
    _, token = make_token(home, feeds, now() + timedelta(days=30), "simulated providers")
    address = f"http://127.0.0.1:{port}"
    pass_on_connection(CONNECTIONS["push"], {"host": address, "password": token})
    return address
