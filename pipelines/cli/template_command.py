"""The command that makes a file to fill in: template."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import say


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command()(template)


def template(
    collection: Annotated[str, typer.Argument(help="Name of the collection.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="csv, xlsx or json; default: the feed's, else csv."),
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option(help="The headings, units and date forms of this feed, not the contract's."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="File or folder to write to; default: the terminal, a workbook here."),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="With a row of the slot that ended last.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a file that is there.")
    ] = False,
) -> int:
    """Make a file to fill in: headings, and in a workbook drop-downs, notes and an example.

    A workbook is written to <collection>_template.xlsx unless --to says otherwise. A file that is
    there stays, as it may be filled in: --replace writes over it.
    """
    from pipelines.guide.template_files import make_template, sent_form
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    contract = registry.collection(collection)
    own = registry.feed(feed) if feed is not None else None
    sent = sent_form(contract, own, form)
    content = make_template(sent, own, with_example=example)
    if to is None and sent.kind != "xlsx":
        sys.stdout.write(content.decode(_encoding(sent.form)).replace("\r\n", "\n"))
        return 0
    name = f"{(feed or collection).replace('.', '_')}_template.{sent.kind}"
    path = Path(name) if to is None else (to / name if to.is_dir() else to)
    write_new(path, content, replace=replace)
    say(str(path))
    return 0


def write_new(path: Path, content: bytes, *, replace: bool) -> None:
    """The file stands there; raises `UsageError` where one was there already, unless replaced."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}; make it first.")
    if path.exists() and not replace:
        raise UsageError(f"{path} is there already. Name another file, or add --replace.")
    path.write_bytes(content)


def _encoding(form: object) -> str:
    """The encoding that the feed states; UTF-8 where it is open."""
    stated = getattr(form, "encoding", "auto")
    return "utf-8-sig" if stated == "auto" else str(stated)
