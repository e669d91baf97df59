"""What is read from the publication when it is asked for: a past day, a submission."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.desk import Desk
from dashboard.picture import Row, rows_of
from pipelines.base.settings import settings
from warehouse.store import literals
from warehouse.store.reader import ended_after, read_publication
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_SQL = Path(__file__).parent / "sql"


def submission_of(file: Path, submission_id: str) -> Row | None:
    """The submission of that id, None where the publication does not have it."""
    with asked_for_a_page(file) as reader:
        told = literals.text(submission_id)
        found = rows_of(reader, f"FROM submission WHERE submission_id = {told} LIMIT 1")
    return found[0] if found else None


def day_words(desk: Desk, file: Path, day: date) -> dict[str, Any]:
    """What the template `day` needs: England's figures as held and as published."""
    with asked_for_a_page(file) as reader:
        rows = rows_of(reader, render(_SQL, "day", day=day))
        ((first, last),) = reader.execute(
            "SELECT min(report_date), max(report_date) FROM national_daily"
        ).fetchall()
    sections = []
    for name in desk.shown:
        own = [row for row in rows if row["collection"] == name]
        order = {measure: number for number, measure in enumerate(desk.measures(name))}
        own.sort(key=lambda row: order.get(row["measure"], len(order)))
        if own:
            told = [
                {
                    **row,
                    "label": desk.board.label(row["measure"]),
                    "address": f"/measure/{name}/{row['measure']}",
                }
                for row in own
            ]
            organisations = desk.collections[name].organisations
            sections.append(
                {"title": desk.board.title(name), "organisations": organisations, "rows": told}
            )
    return {"day": day, "first": first, "last": last, "sections": sections}


@contextmanager
def asked_for_a_page(file: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection for one page; raises `QuestionEnded` where it takes too long."""
    with (
        read_publication(file) as reader,
        ended_after(reader, settings().dashboard_query_seconds, "SITREP_DASHBOARD_QUERY_SECONDS"),
    ):
        yield reader
