"""When versions begin, and what is told, or not, of a value whose column its version lacks."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from pipelines.findings.finding import finding
from pipelines.parse.rows import RowProblem
from pipelines.parse.submission import Submission
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.version import Version
from pipelines.validate.costs import Costs
from pipelines.validate.telling import keys_of

_LONDON, _UTC = ZoneInfo("Europe/London"), ZoneInfo("UTC")
NOT_OF_ITS_YEAR = "CELL-018"
EMPTY = "CELL-003"
_LACKING = "HEAD-006"


def version_starts(collection: Collection) -> list[date] | list[datetime]:
    """When each version but the first begins, as the rows have times: days, or times in UTC."""
    later = collection.versions[1:]
    if collection.column(collection.time_column).type == "slot":
        return list(map(_midnight, later))
    return [one.start for one in later]


def _midnight(version: Version) -> datetime:
    """The version's first moment in London, in UTC without zone."""
    midnight = datetime.combine(version.start, time(), _LONDON)
    return midnight.astimezone(_UTC).replace(tzinfo=None)


def forget_lacking(submission: Submission, column: Column) -> None:
    """The submission is not asked for the column's heading: none of its rows is of its years."""
    submission.findings = [
        one for one in submission.findings if one.code != _LACKING or one.column_name != column.name
    ]


def problems_left(
    problems: Iterable[RowProblem], column: Column, is_out: Callable[[int], bool]
) -> list[RowProblem]:
    """The problems but for those of the column in rows that are not of its years."""
    left = []
    for one in problems:
        if one.column_name == column.name:
            own = [row for row in one.rows if not is_out(row)]
            if not own:
                continue
            one = replace(one, rows=own)
        left.append(one)
    return left


def tell_not_of_its_year(
    judgement: Costs, row: int, number: int, submission: Submission, column: Column
) -> None:
    """The value of the row in that column is told, or counted."""
    findings, parsed, collection = (
        judgement.findings[number],
        submission.parsed,
        judgement.collection,
    )
    assert parsed is not None and collection is not None
    if findings.room(NOT_OF_ITS_YEAR, column.name) <= 0:
        findings.add_more(NOT_OF_ITS_YEAR, column.name, 1)
        return
    told = finding(
        NOT_OF_ITS_YEAR,
        place=parsed.place(row, column.name),
        value=parsed.text(row, column.name),
        column_name=column.name,
        years=years_told(column),
        **keys_of(parsed, row, collection),
    )
    findings.append(told)


def years_told(column: Column) -> str:
    """The years that the column is in, as a sentence goes on: 'from 2027-28 on'."""
    if column.since and column.until:
        return f"from {column.since} until {column.until}"
    return f"from {column.since} on" if column.since else f"until {column.until}"
