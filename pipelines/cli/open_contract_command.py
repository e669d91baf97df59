"""The command that prints a contract as Open Data Contract Standard: contract odcs."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import say


def odcs(
    collection: Annotated[str, typer.Argument(help="Name of the collection.")],
    to: Annotated[
        Path | None, typer.Option(help="File to write to; default: the terminal.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a file that is there.")
    ] = False,
) -> int:
    """Print the contract as Open Data Contract Standard (ODCS), for catalogues and other tools.

    It has the columns with their types, the key, the rules with their arguments, and due times.
    """
    import sys

    from pipelines.cli.template_command import write_new
    from pipelines.guide.open_contract import open_contract_text
    from pipelines.registry.registry import load_registry

    text = open_contract_text(load_registry().collection(collection))
    if to is None:
        sys.stdout.write(text)
        return 0
    path = to / f"{collection}.odcs.yaml" if to.is_dir() else to
    write_new(path, text.encode(), replace=replace)
    say(str(path))
    return 0
