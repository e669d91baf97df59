"""The command that makes the weekly letters to providers."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import progress, say, say_json
from pipelines.cli.load_commands import Json


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command()(letters)


def letters(
    week: Annotated[
        str | None,
        typer.Option(metavar="YYYY-Www", help="ISO week in London, like 2026-W47; default: last."),
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Only the letter to this provider.")] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Write them into this folder; nothing is kept or given back."),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Make another edition; those before stay as they are."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Make each provider's letter of a week as HTML and text, keep it, and give it back.

    Kept in SITREP_HOME/letters; one that is kept is left as it is. It goes by the way back of the
    provider's first feed that has one, as answers do.
    """
    from dashboard.letters.make_letters import give_letters, make_letters
    from pipelines.base.settings import settings

    home = settings().root
    with progress("Making the letters"):
        made = make_letters(home, week, provider, to, again=again)
        given = give_letters(home) if to is None else 0
    if as_json:
        say_json(
            {
                "given": given,
                "letters": [
                    {
                        "provider": one.provider,
                        "html": one.page,
                        "is_new": one.is_new,
                        "way_back": one.feed_id,
                        "to_do": one.to_do if one.is_new else None,
                    }
                    for one in made
                ],
            }
        )
        return 0
    for one in made:
        kept = (
            f"{one.to_do} to do" if one.is_new else "kept already (--again makes another edition)"
        )
        way = f"by the way of {one.feed_id}" if one.feed_id else "no way back exists"
        say(f"{one.page}: {kept}{'' if to else f'; {way}'}")
    if to is None:
        say(f"{given} answers and letters were given back.")
    return 0
