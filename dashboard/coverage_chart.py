"""How much of the nation is live: the line of today, who is missing, and the chart over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.charts import line_chart
from dashboard.picture import Row, Series

_SIZE = (720, 180)


def coverage_told(collection: str, title: str, days: Sequence[Row]) -> dict[str, Any]:
    """`coverage` in words, `missing` with names, `chart` over the days; empty without any."""
    if not days:
        return {"coverage": "", "missing": [], "chart": ""}
    newest = days[-1]
    series = Series(
        [datetime(one["day"].year, one["day"].month, one["day"].day) for one in days],
        [float(one["live"]) for one in days],
        [True] * len(days),
        step=timedelta(days=1),
    )
    chart = line_chart(
        series,
        f"{title}: live providers of {newest['providers']}, by day",
        "providers",
        chart_id=f"coverage-{collection}",
        size=_SIZE,
        span=(0, newest["providers"]),
    )
    missing = newest["missing"].split("; ") if newest["missing"] else []
    # A single day is no line.
    told = chart if len(days) > 1 else ""
    return {"coverage": newest["coverage"], "missing": missing, "chart": told}
