"""What is read from the publication when it is asked for: a past day, a submission."""

from datetime import date
from pathlib import Path
from typing import Any

from dashboard.desk import Desk
from dashboard.picture import Row, rows_of
from warehouse.store import literals
from warehouse.store.reader import read_publication
from warehouse.store.sql import render

_SQL = Path(__file__).parent / "sql"


def submission_of(file: Path, submission_id: str) -> Row | None:
    """The submission of that id, None where the publication does not have it."""
    with read_publication(file) as reader:
        told = literals.text(submission_id)
        found = rows_of(reader, f"FROM submission WHERE submission_id = {told} LIMIT 1")
    return found[0] if found else None


def day_words(desk: Desk, file: Path, day: date) -> dict[str, Any]:
    """What the template `day` needs: England's figures as held and as published."""
    with read_publication(file) as reader:
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
            sections.append({"title": desk.board.title(name), "rows": told})
    return {"day": day, "first": first, "last": last, "sections": sections}
