"""Commands that keep the home over years: rebuild, backup, restore, retain."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import progress, say_json
from pipelines.cli.load_commands import Json

Force = Annotated[bool, typer.Option("--force", help="Go on where something would be lost.")]


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    for command in (rebuild, backup, restore):
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


def backup(
    folder: Annotated[Path, typer.Argument(help="Folder of the backups, on another disk.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many of the newest backups stay; default: all.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read the newest backup instead of making one.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Back the home up while everything runs; only what is new is copied.

    Secrets and Airflow's own state are not in it. Exit code 1 where a landed file is damaged and
    was left out, 3 where the backup that is verified is damaged.
    """
    from dataclasses import asdict

    from pipelines.base.settings import settings
    from pipelines.storage.backup import back_up
    from pipelines.storage.backup import verify as read_again

    with progress("Backing up") as line:
        if verify:
            name, files = read_again(folder, line.update)
            made = None
        else:
            made = back_up(settings().root, folder, line.update, keep)
    if made is None:
        told = {"name": name, "files": files, "is_whole": True}
        say_json(told) if as_json else print(f"The backup {name} is whole: {files:,} files.")
        return 0
    if as_json:
        say_json(asdict(made))
    else:
        print(f"Backup {made.name}: {made.files:,} files, {made.size_bytes / 1e6:,.1f} MB.")
        print(f"  {made.copied:,} were copied, {made.copied_bytes / 1e6:,.1f} MB.")
        print(f"  Loads waited {made.lock_seconds:.2f} seconds at most.")
        for path in made.damaged:
            print(f"  Damaged and left out: {path}. Ask its provider to send the file again.")
    return 1 if made.damaged else 0


def restore(
    folder: Annotated[Path, typer.Argument(help="Folder of the backups.")],
    name: Annotated[
        str | None, typer.Option("--backup", help="Which backup; default: the newest.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Restore the home from a backup; afterwards `sitrep drain` loads what landed since.

    The home must be empty. With --force its files stay, and its warehouse is replaced by the
    backup's and kept beside it. Interrupted, run it again: it goes on.
    """
    from dataclasses import asdict

    from pipelines.base.settings import settings
    from pipelines.storage.restore import restore as run

    with progress("Restoring") as line:
        done = run(settings().root, folder, line.update, name, force=force)
    if as_json:
        say_json(asdict(done))
        return 0
    print(f"Restored {done.files:,} files from the backup {done.backup}.")
    if done.stayed:
        print(f"  {done.stayed:,} files were there already.")
    if done.kept is not None:
        print(f"  The warehouse before is {done.kept}; delete it when you no longer need it.")
    if done.waiting:
        print(f"  {done.waiting:,} landed deliveries are not in it; run `sitrep drain`.")
    return 0
