"""The command that checks files before they are sent: feeds check."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import progress, say, say_json, say_table
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    from pipelines.check.checked import CheckedFile


def register(group: typer.Typer) -> None:
    """The command belongs to the group."""
    group.command("check")(feeds_check)


def feeds_check(
    feed: Annotated[str, typer.Argument(help="The feed, as `sitrep feeds` lists it.")],
    files: Annotated[list[Path], typer.Argument(help="The files, in the order of their sending.")],
    html: Annotated[
        Path | None, typer.Option(help="Write the report there, as one page for a browser.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="How many rows to show cell by cell.")] = 2,
    publication: Annotated[
        Path | None,
        typer.Option(help="Compare with this publication; default: the current one, if any."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Check files before they are sent: what would be loaded, and each problem with its fix.

    Nothing is sent, loaded or kept, and no warehouse is needed. Several files are checked as if
    they came one after the other. Exit code 1 where anything would be rejected.
    """
    from pipelines.base.durable import write_whole
    from pipelines.base.settings import settings
    from pipelines.check.check_files import check_files
    from pipelines.check.levels import Recent
    from pipelines.registry.registry import load_registry

    if lacking := [str(path) for path in files if not path.is_file()]:
        raise UsageError(f"No such file: {', '.join(lacking)}.")
    registry = load_registry()
    contract = registry.collection(registry.feed(feed).collection)
    recent = Recent.of(settings().root, publication)
    with progress("Checking") as line:
        checked = list(check_files(registry, feed, files, rows, recent, line.update))
    if html is not None:
        from pipelines.check.report_page import report_page

        write_whole(html, report_page(checked, contract).encode(), 0o644)
    if as_json:
        say_json([_as_json(one) for one in checked])
    else:
        _tell(checked, contract.row)
        if html is not None:
            say(f"The report is in {html}.")
    return 0 if all(one.is_clean for one in checked) else 1


def _tell(checked: "Sequence[CheckedFile]", row: str) -> None:
    from pipelines.answer.answer_page import kinds_of
    from pipelines.check.told import figure_told, headings_rows, value_told, verdict_told

    for one in checked:
        answer, counts = one.answer, one.answer["rows"]
        say(f"{answer['file_name']} for {one.feed.feed_id}: {verdict_told(answer['status'])}")
        if not one.fits_pattern:
            say(f"The name does not fit '{one.feed.pattern}': the source would not take it.")
        say(
            f"{counts['read']:,} rows read ({row} each): {counts['accepted']:,} would be loaded, "
            f"{counts['quarantined']:,} kept out; {counts['values_rejected']:,} single values left "
            f"out; {counts['skipped']:,} lines skipped."
        )
        for kind in kinds_of(answer["lines"]):
            times = f", {kind['count']:,} times" if kind["count"] > 1 else ""
            say("")
            say(f"{kind['code']} ({kind['costs']}{times}): {kind['told'][0]}")
            if kind["fix"]:
                say(f"  What to do: {kind['fix']}")
        if one.cells:
            say("")
            told = [
                (cell.row, cell.column, cell.place, cell.sent, value_told(cell.understood))
                for cell in one.cells
            ]
            say_table(("row", "column", "at", "sent", "understood"), told)
        if unusual := [level for level in one.levels if level.is_unusual]:
            say("")
            say(f"Far outside of what was reported lately; look at these. {one.compared_with}")
            figures = [
                (
                    level.measure,
                    f"{figure_told(level.least)} to {figure_told(level.most)}",
                    f"{figure_told(level.held_least)} to {figure_told(level.held_most)}",
                )
                for level in unusual
            ]
            say_table(("measure", "in the file", "lately"), figures)
        elif one.compared_with:
            say("")
            say(one.compared_with)
        remarked = [line for line in headings_rows(one.feed, one.headings) if line[-1]]
        if remarked:
            say("")
            say_table(("column", "expected", "found", "at", "read as", "remark"), remarked)
        say("")


def _as_json(one: "CheckedFile") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "feed": one.feed.feed_id,
        "fits_pattern": one.fits_pattern,
        "is_clean": one.is_clean,
        "answer": one.answer,
        "headings": [asdict(heading) for heading in one.headings],
        "rows": [asdict(cell) for cell in one.cells],
        "levels": [asdict(level) for level in one.levels],
        "compared_with": one.compared_with,
    }
