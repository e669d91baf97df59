"""The command that serves the endpoint of push."""

from typing import Annotated

import typer

_LAST_SECONDS = 30
"""Time that posts have to end when the server is told to stop."""


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command("push-server")(push_server)


def push_server(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine.")] = 8090,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; any but 127.0.0.1 needs a certificate or a proxy that has "
            "one (see docs/sources.md)."
        ),
    ] = None,
) -> int:
    """Serve the endpoint where providers post submissions, each with a token of its own.

    A file is answered with 202 when it has landed; `drain` or the DAGs load it. Only this machine
    reaches it unless SITREP_PUSH_… says otherwise. Ctrl-C stops it.
    """
    import uvicorn

    from pipelines.base.settings import settings
    from pipelines.cli.console import say
    from pipelines.push.head_deadline import protocol_with_deadline
    from pipelines.push.push_app import make_push_app
    from pipelines.push.push_settings import read_push_settings

    told = read_push_settings(host)
    scheme = "https" if told.tls_certificate else "http"
    say(
        f"Submissions: {scheme}://{told.host}:{port}/v1/submissions   (Ctrl-C stops it)", flush=True
    )
    uvicorn.run(
        make_push_app(settings().root, told), host=told.host, port=port,
        http=protocol_with_deadline(told.head_seconds), ws="none",
        ssl_certfile=told.tls_certificate, ssl_keyfile=told.tls_key,
        limit_concurrency=told.most_connections, timeout_graceful_shutdown=_LAST_SECONDS,
        # Headers and addresses stand in no log: tokens may be in them.
        proxy_headers=False, log_level="warning", access_log=False, server_header=False,
        log_config=None,
    )  # fmt: skip
    return 0
