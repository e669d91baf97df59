"""The command that makes the daily brief."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import progress, say, say_error, say_json
from pipelines.cli.load_commands import Json


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command()(brief)


def brief(
    publication: Annotated[
        Path | None, typer.Option(help="Of this publication's file, in place of the current one.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="London day; default: today."
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Make it anew; the one before stays under a number."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Make the brief of a day as HTML and tagged PDF, and keep it in SITREP_HOME/briefs.

    A brief that is kept is not overwritten. Exit code 1 where the page is kept and its PDF could
    not be made.
    """
    from dashboard.brief.make_brief import make_brief
    from pipelines.base.settings import settings

    wanted: date | None = day.date() if day else None
    with progress("Making the brief"):
        made = make_brief(settings().root, publication, wanted, again=again)
    if as_json:
        say_json(
            {
                "day": made.day,
                "html": made.page,
                "pdf": made.pdf,
                "is_new": made.is_new,
                "put_aside": made.put_aside,
                "why_no_pdf": made.why_no_pdf or None,
            }
        )
    else:
        kept = (
            "Kept" if made.is_new else "Kept already, and not overwritten (--again makes it anew)"
        )
        say(f"{kept}: {made.page}")
        if made.pdf:
            say(f"PDF: {made.pdf}")
        if made.put_aside:
            say(f"The one before is now {made.put_aside}.")
        if made.why_no_pdf:
            say_error(made.why_no_pdf)
    return 1 if made.why_no_pdf else 0
