"""The command that looks for what goes wrong over time: watch."""

from typing import Annotated

import typer

from pipelines.cli.console import say, say_json, say_table
from pipelines.cli.load_commands import Json


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    app.command()(watch)


def watch(
    alert: Annotated[
        bool,
        typer.Option(
            "--alert/--no-alert",
            help="Send new and ended findings where SITREP_ALERT_… says, else to the log.",
        ),
    ] = True,
    as_json: Json = False,
) -> int:
    """Look for silent or stuck feeds, falling counts, unusual levels, unknown codes, patient data.

    Lists open findings; exit code 1 where there are any. Findings that are new or over since the
    last look are sent once, in one alert.
    """
    from pipelines.watch.alert import as_row
    from pipelines.watch.look import finish, look_now, tell

    look = look_now()
    rows = [as_row(row) for row in look.open]
    if as_json:
        say_json(rows)
    elif rows:
        names = ("code", "since", "title", "message", "fix")
        about = [row["feed_id"] or row["collection"] for row in rows]
        say_table(
            ("about", *names),
            [[one, *(row[name] for name in names)] for one, row in zip(about, rows, strict=True)],
        )
    else:
        say("No findings.")
    if alert:
        tell(look)
    return 1 if finish(look).open else 0
