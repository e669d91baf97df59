"""The command that serves the dashboard."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.base.errors import UsageError


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command()(dashboard)


def dashboard(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine.")] = 8111,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; any but 127.0.0.1 needs sign-in (see the runbook)."
        ),
    ] = None,
    publication: Annotated[
        Path | None,
        typer.Option(help="Serve this publication's file alone, in place of the current one."),
    ] = None,
) -> int:
    """Serve the control room's pages from the current publication.

    All pages of a publication are made before they are shown; a newer publication is shown within
    seconds, without a restart. Only this machine reaches them, unless people sign in: by OpenID
    Connect or by a proxy (`SITREP_DASHBOARD_…`). Ctrl-C stops it.
    """
    import uvicorn

    from dashboard.access.access_settings import SignIn
    from dashboard.access.exposure import read_access
    from dashboard.server import make_app
    from dashboard.site import Switch, current_of
    from pipelines.base.settings import settings
    from pipelines.cli.console import say

    home = settings().root
    if publication is not None and not publication.is_file():
        raise UsageError(f"There is no publication {publication}. Name a file like uec-….duckdb.")
    access = read_access(home, host)
    signs_in = access.way is not SignIn.NOBODY
    switch = Switch((lambda: publication) if publication else current_of(home), signs_in=signs_in)
    say("Making the pages…")
    switch.start()
    if switch.fault and publication:
        raise UsageError(f"{publication} cannot be shown. {switch.fault}")
    say(switch.fault or f"Publication {switch.site.file.stem if switch.site else ''}.")
    address = f"{access.public}/" if signs_in else f"http://127.0.0.1:{port}/"
    say(f"Dashboard: {address}   (Ctrl-C stops it)")
    try:
        uvicorn.run(
            make_app(switch, home, access), host=access.told.host, port=port,
            ssl_certfile=access.told.tls_certificate, ssl_keyfile=access.told.tls_key,
            # Whom a proxy stands for is read by the gate, from proxies that are trusted.
            proxy_headers=False, log_level="warning", server_header=False,
        )  # fmt: skip
    finally:
        switch.stop()
    return 0
