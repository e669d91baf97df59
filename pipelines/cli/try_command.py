"""The command that tries a file on a feed: try."""

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import progress, say, say_json, say_page, say_table
from pipelines.cli.load_commands import Json
from pipelines.cli.read_again import reprocess_command
from pipelines.findings.status import Status

if TYPE_CHECKING:
    from pipelines.registry.registry import Registry
    from pipelines.trial import Trial


def register(app: typer.Typer) -> None:
    """The command belongs to the application."""
    app.command("try")(try_file)


def try_file(
    feed: Annotated[str, typer.Argument(help="The feed to try it on, as `sitrep feeds` lists it.")],
    file: Annotated[Path, typer.Argument(help="The file.")],
    rows: Annotated[int, typer.Option(min=0, help="How many rows to show cell by cell.")] = 2,
    as_json: Json = False,
) -> int:
    """Try a file on a feed: what would be read, what the answer would say, what a load would do.

    Nothing is landed, loaded or kept, so it can be repeated after each change of the feed file.
    Shows the headings expected and found, the first rows as understood beside the cells as sent,
    and the answer. Exit code 1 where the file or a row would be rejected.
    """
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from pipelines.trial import try_file as run

    if not file.is_file():
        raise UsageError(f"No such file: {file}.")
    registry = load_registry()
    with progress("Trying"):
        trial = run(settings().root, registry, feed, file, rows)
    if as_json:
        say_json(_as_json(trial))
    else:
        _tell(trial, registry, rows)
    wrong = (Status.REJECTED, Status.ACCEPTED_WITH_REJECTIONS)
    return 1 if trial.answer["status"] in wrong else 0


def _tell(trial: "Trial", registry: "Registry", rows: int) -> None:
    feed, answer = trial.feed, trial.answer
    say(f"Tried on {feed.feed_id} ({feed.stage}): {answer['status']}. Nothing was kept or loaded.")
    for remark in _remarks(trial):
        say(remark)
    if trial.headings:
        say("")
        say("Headings expected and found:")
        say_table(("column", "expected", "found", "at", "read as", "remark"), _headings(trial))
    if trial.cells:
        from pipelines.check.understood_rows import value_told

        say("")
        say(f"The first rows as sent and as understood (of {answer['rows']['read']:,} read):")
        cells = [
            (one.row, one.column, one.place, one.sent, value_told(one.understood))
            for one in trial.cells
        ]
        say_table(("row", "column", "at", "sent", "understood"), cells)
    from pipelines.answer.answer import page_of

    say("")
    say("The answer would be:")
    say("")
    say_page(page_of(answer, registry))


def _remarks(trial: "Trial") -> list[str]:
    """What the file's name and its bytes tell."""
    feed, name = trial.feed, trial.answer["file_name"]
    told = []
    if not feed.accepts_files:
        told.append(f"The feed is {feed.stage}: `ingest` and its source take no file for it.")
    if feed.pattern and not feed.matches(name):
        told.append(
            f"The name '{name}' does not fit the feed's pattern '{feed.pattern}': its source would "
            "not take it."
        )
    if feed.file_time is not None:
        made = f"{trial.said_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        told.append(f"Made at {made}, as its name tells; without a time there, when it came.")
    if trial.repeats is not None:
        told.append(
            f"The same bytes are {trial.repeats['submission_id']}, which is "
            f"{trial.repeats['status']}: `ingest` would change nothing. After a change of the feed "
            f"file: {reprocess_command(feed.feed_id, trial.repeats['received_at'])}"
        )
    return told


def _headings(trial: "Trial") -> list[tuple[Any, ...]]:
    """A line for each column and for each heading that stands for none."""
    from pipelines.check.headings_checked import check_headings

    return [
        (one.column, " | ".join(one.expected), one.found, one.letter, one.read_as, one.remark)
        for one in check_headings(trial.feed, trial.headings)
    ]


def _as_json(trial: "Trial") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "feed": trial.feed.feed_id,
        "stage": trial.feed.stage,
        "fits_pattern": trial.feed.matches(trial.answer["file_name"]),
        "said_at": trial.said_at.isoformat(),
        "repeats": trial.repeats,
        "headings": [asdict(one) for one in trial.headings],
        "rows": [asdict(one) for one in trial.cells],
        "answer": trial.answer,
    }
