"""The command that makes a feed file from samples: feeds new."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import progress, say, say_json, say_page, say_table
from pipelines.cli.load_commands import Json
from pipelines.findings.status import Status

if TYPE_CHECKING:
    from pipelines.onboard.new_feed import NewFeed
    from pipelines.trial import Trial

_PRINTED = "-"
_MOST_FINDINGS = 12
_COLUMN_LACKS = "HEAD-006"
"""Told in one line for all columns."""


def register(group: typer.Typer) -> None:
    """The command belongs to the group."""
    group.command("new")(new)


def new(
    collection: Annotated[str, typer.Argument(help="The collection, as `sitrep check` knows it.")],
    provider: Annotated[str, typer.Argument(help="The provider's ODS code.")],
    samples: Annotated[
        list[Path], typer.Argument(metavar="SAMPLE...", help="Files as the provider sends them.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Where to write it; '-' prints it. Default: among the feeds."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Answer an open question; can be repeated."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Make a feed file from samples: format, headings, dates, numbers, units and names.

    What can be read in two ways is not decided: each open question is told, stands as a comment
    in the file, and is answered with --answer. The result is tried on the samples; nothing is
    loaded. Exit code 1 where a question is open, or the trial rejects something.
    """
    from pipelines.base.settings import settings
    from pipelines.onboard.new_feed import make_feed, try_feed
    from pipelines.onboard.open_questions import read_answers
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    target = settings().feeds_dir / collection / f"{provider.lower()}.yaml"
    if to is not None:
        target = Path(to)
    is_printed = to == _PRINTED
    if not is_printed and target.exists() and not force:
        raise UsageError(f"{target} is there already. Give --force to replace it, or --to FILE.")
    with progress("Reading"):
        made = make_feed(registry, collection, provider, samples, read_answers(answer or []))
        trials = [try_feed(settings().root, registry, made.feed, path, 0) for path in samples]
    if not is_printed:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(made.text, "utf-8")
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from error
    where = "" if is_printed else str(target)
    if as_json:
        say_json(_as_json(made, trials, where))
    else:
        _tell(made, trials, where)
    good = all(one.answer["status"] in (Status.ACCEPTED, Status.EMPTY) for one in trials)
    return 0 if good and not made.questions else 1


def _tell(made: "NewFeed", trials: "list[Trial]", where: str) -> None:
    if not where:
        say_page(made.text)
    for note in made.notes:
        say(note)
    say("")
    say("Columns:")
    say_table(("column", "heading", "likeness", "read as", "remark"), _column_lines(made))
    for word, headings in (("Ignored", made.draft.ignored), ("Not known", made.draft.unknown)):
        if headings:
            say(f"{word}: {', '.join(repr(one) for one in headings)}.")
    if lacking := made.draft.lacking:
        say(
            f"The sample lacks {len(lacking)} columns: {', '.join(one.name for one in lacking)}. "
            "Say in `not_reported` why."
        )
    for question in made.questions:
        say("")
        say(f"OPEN {question.key}: {question.text}")
        if question.seen:
            say(f"  In the sample: {', '.join(question.seen)}")
        for value, meaning in question.choices.items():
            say(f"  --answer '{question.key}={value}'  {meaning}")
        if question.shared:
            say(f"  --answer '{question.shared}=…' answers all questions of this kind.")
    for trial in trials:
        _tell_trial(trial)
    say("")
    if where:
        say(f"Written: {where}. Its stage is onboarding.")
    if made.questions:
        say(
            f"{len(made.questions)} question(s) are open. Nothing that depends on them is read. "
            "Run the command again with --answer (and --force), or edit the file."
        )


def _tell_trial(trial: "Trial") -> None:
    answer = trial.answer
    rows = answer["rows"]
    found = sum(1 for one in trial.headings if one.column and (one.found or one.constant))
    say("")
    say(
        f"Tried on {answer['file_name']}: {answer['status']}. Rows read: {rows['read']:,}, "
        f"accepted: {rows['accepted']:,}. Columns found: {found}."
    )
    lines = [one for one in answer["lines"] if one["code"] != _COLUMN_LACKS]
    for one in lines[:_MOST_FINDINGS]:
        say(f"  {one['code']} {one['message']}")
    if len(lines) > _MOST_FINDINGS:
        say(f"  and {len(lines) - _MOST_FINDINGS} more; `sitrep try` tells all.")


def _column_lines(made: "NewFeed") -> list[tuple[Any, ...]]:
    lines = []
    for column in made.draft.contract.columns:
        own = made.draft.columns.get(column.name)
        if own is None:
            continue
        heading = own.heading.heading if own.heading else own.constant
        score = f"{own.likeness.score:.2f}" if own.likeness else None
        read_as = ", ".join(f"{key}: {value}" for key, value in own.settings.items())
        remark = f"left out: {own.left_out}" if own.left_out else own.remark
        lines.append((column.name, heading, score, read_as, remark))
    return lines


def _as_json(made: "NewFeed", trials: "list[Trial]", where: str) -> dict[str, Any]:
    from dataclasses import asdict

    names = ("column", "heading", "likeness", "read_as", "remark")
    return {
        "feed": made.feed.feed_id,
        "file": where or None,
        "text": made.text,
        "columns": [dict(zip(names, line, strict=True)) for line in _column_lines(made)],
        "ignored": made.draft.ignored,
        "unknown": made.draft.unknown,
        "lacking": [one.name for one in made.draft.lacking],
        "questions": [asdict(one) for one in made.questions],
        "notes": list(made.notes),
        "trials": [one.answer for one in trials],
    }
