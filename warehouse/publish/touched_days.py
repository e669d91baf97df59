"""What was found in files by day, made anew for the days that something was settled of."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.base.clock import london_date
from pipelines.registry.slots import day_start
from warehouse.publish.empty_tables import EARLIER
from warehouse.publish.queries import SUBMISSION_DAYS, submissions_sql
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

FINDINGS = "finding_day"
"""The table whose rows follow from the submissions of a London day."""
_MOST_DAYS = 7
"""Of more days all are made anew."""


def find_touched_days(connection: "duckdb.DuckDBPyConnection", condition: str) -> list[date]:
    """The London days of receipt of submissions that came, went or were read again since.

    The condition tells them in the ledger and in the publication before.
    """
    rows = connection.execute(
        "SELECT DISTINCT london_day(received_at) FROM ("
        f"SELECT received_at FROM warehouse.ops.submission WHERE {condition} UNION "
        f"SELECT received_at FROM {EARLIER}.main.submission WHERE {condition})"
    ).fetchall()
    return [day for (day,) in rows]


def replace_touched_days(
    connection: "duckdb.DuckDBPyConnection", days: list[date], made_at: datetime
) -> bool:
    """The table is up to date; False where so many days were touched that all are to be made.

    The first day of the window always is: it is there in part, and less of it each time.
    """
    first = london_date(made_at - timedelta(days=SUBMISSION_DAYS))
    wanted = sorted({first, *(day for day in days if day > first)})
    if len(wanted) > _MOST_DAYS:
        return False
    path = f"publication.main.{FINDINGS}"
    told = ", ".join(literals.literal(day) for day in wanted)
    connection.execute(
        f"DELETE FROM {path} WHERE day < {told.partition(',')[0]} OR day IN ({told})"
    )
    of_days = " OR ".join(
        f"s.received_at >= {literals.instant(day_start(day))} "
        f"AND s.received_at < {literals.instant(day_start(day + timedelta(days=1)))}"
        for day in wanted
    )
    sql = submissions_sql(FINDINGS, made_at, f"({of_days})")
    connection.execute(f"INSERT INTO {path} BY NAME {sql}")
    return True
