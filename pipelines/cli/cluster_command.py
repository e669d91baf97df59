"""The command that runs a cluster on this machine: cluster."""

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer

from pipelines.cli.console import say

_DASHBOARD_PORT = 8111


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    app.command()(cluster)


def cluster(
    port: Annotated[int, typer.Option(help="Port of Airflow.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="Workers, each with a home of its own.")] = 2,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder of homes and logs, which stays; without it one that goes."),
    ] = None,
) -> int:
    """Run the processes of deploy/ here with Postgres, Redis and an object store, until Ctrl-C.

    Needs Debian's postgresql and redis-server, and `make servers`. All of it is taken down
    afterwards. docs/scale.md says what a cluster is for.
    """
    from pipelines.local_airflow.cluster_settings import ClusterServers
    from pipelines.local_airflow.local_cluster import LocalCluster
    from pipelines.local_airflow.local_run import choose_port, stop_requests
    from pipelines.local_servers.cluster_servers import running_cluster_servers

    at = folder.absolute() if folder else Path(mkdtemp(prefix="sitrep-cluster-"))
    at.mkdir(parents=True, exist_ok=True)
    try:
        with stop_requests() as stop, running_cluster_servers(at / "servers") as running:
            servers = ClusterServers(
                running.state,
                running.catalogue,
                running.metadata,
                running.redis.address,
                running.bucket,
                running.objects.environment,
            )
            chosen, dashboard = choose_port(port), choose_port(_DASHBOARD_PORT)
            here = LocalCluster(at, servers, chosen, workers, dashboard)
            try:
                say(f"The cluster is starting; its logs are in {at / 'logs'}", flush=True)
                here.start()
                say(f"Airflow is running: http://127.0.0.1:{here.port}  (Ctrl-C stops all)")
                say(f"Dashboard: http://127.0.0.1:{dashboard}/  (from the first publication on)")
                say(f"Put files into {at / 'incoming'}", flush=True)
                while not stop.wait(1.0):
                    for name in here.keep_running():
                        say(f"The {name} has ended and was started again.", flush=True)
            finally:
                say("The cluster is stopping…", flush=True)
                here.stop()
    finally:
        if folder is None:
            shutil.rmtree(at, ignore_errors=True)
    return 0
