"""When versions begin, and what is told of a value whose column its version lacks."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from pipelines.findings.finding import finding
from pipelines.parse.submission import Submission
from pipelines.registry.column import Column
from pipelines.registry.version import Version
from pipelines.validate.costs import Costs
from pipelines.validate.telling import keys_of

_LONDON, _UTC = ZoneInfo("Europe/London"), ZoneInfo("UTC")
NOT_OF_ITS_YEAR = "CELL-018"


def version_start(version: Version, is_daily: bool) -> date | datetime:
    """When the version begins as the rows have times: a day, or its midnight in London in UTC."""
    if is_daily:
        return version.start
    midnight = datetime.combine(version.start, time(), _LONDON)
    return midnight.astimezone(_UTC).replace(tzinfo=None)


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
