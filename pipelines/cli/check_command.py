"""The command that checks files of a feed: feeds check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import progress, say, say_json, say_table
from pipelines.cli.load_commands import Json
from pipelines.findings.status import Status

if TYPE_CHECKING:
    from pipelines.check.checked import Checked, CheckedFile, Levels

_LEVELS_SHOWN = 12


def register(group: typer.Typer) -> None:
    """The command belongs to the group."""
    group.command("check")(check)


def check(
    feed: Annotated[str, typer.Argument(help="The feed to check for, as `sitrep feeds` lists it.")],
    files: Annotated[list[Path], typer.Argument(help="The files, of one feed.")],
    html: Annotated[
        Path | None, typer.Option(help="Write the report as one HTML page to this file.")
    ] = None,
    publication: Annotated[
        Path | None,
        typer.Option(help="Compare values with this publication, in place of the current one."),
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="How many rows to show cell by cell.")] = 2,
    full: Annotated[
        bool, typer.Option("--full", help="Judge with Great Expectations, as the centre does.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Check files of a feed: what would be accepted, and each problem with its place and fix.

    No warehouse is needed, and nothing is landed, loaded or kept. Several files are checked
    together, in the order in which they would count. Exit code 1 where a file, a row or a value
    would be rejected.
    """
    from pipelines.base.settings import settings
    from pipelines.check.check_files import check_files
    from pipelines.check.given_files import give_path
    from pipelines.registry.registry import load_registry
    from warehouse.publish.publications import current_path

    for file in (*files, *([publication] if publication else [])):
        if not file.is_file():
            raise UsageError(f"No such file: {file}.")
    registry = load_registry()
    found = registry.feed(feed)
    given = [give_path(file, feed) for file in files]
    with progress("Checking"):
        compared = publication or current_path(settings().root)
        checked = check_files(registry, found, given, rows=rows, publication=compared, is_full=full)
    if html is not None:
        _write_page(html, checked)
    if as_json:
        from dataclasses import asdict

        say_json(asdict(checked))
    else:
        _tell(checked)
        if html is not None:
            say("")
            say(f"The report: {html}")
    return 1 if any(_is_wrong(one) for one in checked.files) else 0


def _is_wrong(file: "CheckedFile") -> bool:
    """Whether something of the file would be rejected."""
    wrong = (Status.REJECTED, Status.ACCEPTED_WITH_REJECTIONS)
    return file.status in wrong or bool(file.rows["values_rejected"])


def _write_page(path: Path, checked: "Checked") -> None:
    from pipelines.check.check_report import report_page

    try:
        path.write_text(report_page(checked), "utf-8")
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {path} ({error.strerror or error}). Name a file in "
            "a folder that exists and that you may write to."
        ) from error


def _tell(checked: "Checked") -> None:
    say(
        f"Checked for {checked.feed} ({checked.stage}), {checked.collection_title}. "
        "Nothing was kept or loaded."
    )
    for file in checked.files:
        say("")
        _tell_file(file)
    say("")
    _tell_levels(checked.levels)


def _tell_file(file: "CheckedFile") -> None:
    from pipelines.check.problems import problems_of
    from pipelines.check.understood_rows import value_told

    say(f"{file.file_name}: {file.verdict}")
    if not file.has_patient_data:
        told = file.rows
        say(
            f"Rows: {told['read']:,} read, {told['accepted']:,} accepted, "
            f"{told['quarantined']:,} kept out; {told['values_rejected']:,} values left out."
        )
        if told["skipped_by"]:
            rules = ", ".join(f"{rule} {number:,}" for rule, number in told["skipped_by"].items())
            say(f"Skipped lines, which are not data: {rules}.")
    for remark in file.remarks:
        say(remark)
    problems = problems_of(file)
    for one in problems:
        say("")
        column = f"{one.column}: " if one.column else ""
        heading = f" (heading '{one.heading}')" if one.heading not in ("", one.column) else ""
        say(f"{one.code}, {column}{one.costs} ({one.count:,}){heading}")
        for place in one.places:
            say(f"  {place.where}: {place.message}")
        if one.left > 0:
            say(f"  and {one.left:,} more")
        say(f"  To do: {one.fix}")
    if not problems:
        say("No problems found.")
    if file.lacking:
        say("")
        say(f"Columns that the file does not have: {', '.join(file.lacking)}.")
    remarked = [one for one in file.headings if one.remark]
    if remarked:
        say("")
        say("Headings to look at (the HTML report and --json have all):")
        say_table(
            ("column", "expected", "found", "at", "remark"),
            [
                (one.column, " | ".join(one.expected), one.found, one.letter, one.remark)
                for one in remarked
            ],
        )
    if file.cells:
        say("")
        say("The first rows as sent and as understood:")
        cells: list[tuple[Any, ...]] = [
            (one.row, one.column, one.place, one.sent, value_told(one.understood))
            for one in file.cells
        ]
        say_table(("row", "column", "at", "sent", "understood"), cells)


def _tell_levels(levels: "Levels") -> None:
    from pipelines.check.understood_rows import number_told

    say(levels.told)
    far = [one for one in levels.lines if one.is_far]
    if levels.lines and not far:
        say("No value is far outside what it was of late.")
    for one in far[:_LEVELS_SHOWN]:
        say(
            f"Look at this: {one.org_code} {one.measure} is {number_told(one.farthest)} at "
            f"{one.farthest_at}; of late {number_told(one.recent_lowest)} to "
            f"{number_told(one.recent_highest)}, median {number_told(one.recent_median)}."
        )
    if len(far) > _LEVELS_SHOWN:
        say(f"and {len(far) - _LEVELS_SHOWN:,} more to look at (--html and --json have all)")
