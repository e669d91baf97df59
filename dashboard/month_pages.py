"""Pages of months: what monthly publications say, and what their days say beside it."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from dashboard.desk import Desk, Maker, Page, grouped
from dashboard.picture import Row


def month_pages(desk: Desk) -> Iterator[Maker]:
    """England's months, and for each monthly collection the newest month that has days."""
    yield "/months", partial(_england, desk)
    for name in desk.monthly:
        yield f"/months/{name}", partial(_organisations, desk, name)


def _england(desk: Desk) -> Page:
    by_collection = grouped(desk.picture.national_months, "collection")
    met = grouped([row for row in desk.picture.months if row["org_code"] is None], "collection")
    groups = [
        {
            "title": desk.board.title(name),
            "address": f"/months/{name}",
            "table": _by_month(desk, by_collection[name]),
            "met": [_told(desk, row) for row in met.get(name, [])],
        }
        for name in desk.monthly
        if name in by_collection
    ]
    return desk.page("/months", "months", groups=groups)


def _organisations(desk: Desk, name: str) -> Page:
    own = [row for row in desk.picture.months if row["collection"] == name]
    newest = max((row["month"] for row in own), default=None)
    shown = [_told(desk, row) for row in own if row["month"] == newest]
    # Within a measure those that differ most come first, England before all.
    shown.sort(key=_by_difference)
    return desk.page(
        f"/months/{name}", "month_of", title=desk.board.title(name), month=newest,
        rows=shown, whose=desk.collections[name].organisations,
    )  # fmt: skip


def _by_difference(row: Row) -> tuple[str, bool, float]:
    return row["label"], row["org_code"] is not None, -abs(row["difference_pct"] or 0)


def _by_month(desk: Desk, rows: Sequence[Row]) -> dict[str, Any]:
    """A line for each measure, a column for each month, the newest first."""
    months = sorted({row["month"] for row in rows}, reverse=True)
    by_measure = grouped(rows, "measure")
    order = [one for one in desk.board.headline(rows[0]["collection"]) if one in by_measure]
    lines = [
        {
            "label": desk.board.label(measure),
            "unit": by_measure[measure][0]["unit"],
            "values": [
                next((row["value"] for row in by_measure[measure] if row["month"] == month), None)
                for month in months
            ],
        }
        for measure in order
    ]
    return {"months": months, "lines": lines}


def _told(desk: Desk, row: Row) -> Row:
    """The row in words; where days lack, the difference tells nothing yet."""
    code = row["org_code"]
    return {
        **row,
        "label": desk.board.label(row["measure"]),
        "who": "England" if code is None else row["org_name"] or code,
        "address": f"/trust/{code}" if code in desk.trusts else None,
        "days_told": f"{row['days_there']} of {row['days_in_month']}",
    }
