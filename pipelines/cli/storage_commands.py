"""Commands that keep the home over years: rebuild, backup, restore, retain."""

from typing import Annotated

import typer

from pipelines.cli.console import progress, say_json
from pipelines.cli.load_commands import Json

Force = Annotated[bool, typer.Option("--force", help="Go on where something would be lost.")]


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    for command in (rebuild,):
        app.command()(command)


def rebuild(force: Force = False, as_json: Json = False) -> int:
    """Make the warehouse again from the landed files; the one before is kept beside it.

    Files may be loaded and published meanwhile. Interrupted, run it again: it goes on. It ends
    with 1 where some deliveries could not be loaded again; they wait for `sitrep drain`.
    """
    from dataclasses import asdict

    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from pipelines.storage.rebuild import rebuild as run

    with progress("Looking for landed files") as line:
        made = run(settings().root, load_registry(), line.update, force=force)
    if as_json:
        say_json(asdict(made))
        return 1 if made.waiting_again else 0
    print(f"The warehouse was made again from {made.deliveries:,} loaded deliveries.")
    if made.kept is not None:
        print(f"  The one before is {made.kept}; delete it when you no longer need it.")
    if not made.is_carried:
        print("  The watch starts anew, and only publications still on the disk are known.")
    if made.other_contract:
        print(
            f"  {made.other_contract:,} deliveries were read by another contract or feed file than "
            "they were before; their values may differ."
        )
    if made.unknown:
        print(f"  {made.unknown:,} loads of deliveries without a manifest were left out.")
    if made.waiting_again:
        print(f"  {made.waiting_again:,} deliveries wait in the inbox; run `sitrep drain`.")
    return 1 if made.waiting_again else 0
