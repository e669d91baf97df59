"""Commands that keep the home over years: rebuild, backup, restore, retain."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import progress, say, say_json, say_table
from pipelines.cli.load_commands import Json

Force = Annotated[bool, typer.Option("--force", help="Go on where something would be lost.")]


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    for command in (rebuild, backup, restore, retain):
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
    say(f"The warehouse was made again from {made.deliveries:,} loaded deliveries.")
    if made.kept is not None:
        say(f"  The one before is {made.kept}; delete it when you no longer need it.")
    if not made.is_carried:
        say("  The watch starts anew, and only publications still on the disk are known.")
    if made.other_contract:
        say(
            f"  {made.other_contract:,} deliveries were read by another contract or feed file than "
            "they were before; their values may differ."
        )
    if made.unknown:
        say(f"  {made.unknown:,} loads of deliveries without a manifest were left out.")
    if made.waiting_again:
        say(f"  {made.waiting_again:,} deliveries wait in the inbox; run `sitrep drain`.")
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
        say_json(told) if as_json else say(f"The backup {name} is whole: {files:,} files.")
        return 0
    if as_json:
        say_json(asdict(made))
    else:
        say(f"Backup {made.name}: {made.files:,} files, {made.size_bytes / 1e6:,.1f} MB.")
        say(f"  {made.copied:,} were copied, {made.copied_bytes / 1e6:,.1f} MB.")
        say(f"  Loads waited {made.lock_seconds:.2f} seconds at most.")
        for path in made.damaged:
            say(f"  Damaged and left out: {path}. Ask its provider to send the file again.")
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
    say(f"Restored {done.files:,} files from the backup {done.backup}.")
    if done.stayed:
        say(f"  {done.stayed:,} files were there already.")
    if done.kept is not None:
        say(f"  The warehouse before is {done.kept}; delete it when you no longer need it.")
    if done.waiting:
        say(f"  {done.waiting:,} landed deliveries are not in it; run `sitrep drain`.")
    return 0


def retain(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be deleted.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Delete what is past its time, by the rules in the retention file.

    Nothing is deleted unless a rule says after how many days. A run is short: what is left over the
    next one deletes. Every run is noted in retention.jsonl in the home.
    """
    from pipelines.base.settings import settings
    from pipelines.storage.retain import retain as run

    with progress("Looking for what is past its time") as line:
        done = run(settings().root, line.update, is_dry=dry_run)
    rows = [
        {
            "class": one.name,
            "days": one.rule.days,
            "before": f"{one.cutoff:%Y-%m-%dT%H:%M:%SZ}",
            "would_delete" if dry_run else "deleted": one.deleted.items,
            "bytes": one.deleted.size_bytes,
            "is_all": one.deleted.is_all,
            "source": one.rule.source,
        }
        for one in done
    ]
    if as_json:
        say_json(rows)
    elif rows:
        say_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        say("Everything is kept for ever: no rule of the retention file has a number of days.")
    return 0
