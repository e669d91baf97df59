"""A small contract of months, and feeds of it."""

from typing import Any

from pipelines.parse.formats.csv_long import LongCsv
from pipelines.registry.cadence import Cadence
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection

MONTHLY = Cadence.model_validate(
    {
        "cron": "40 9 * * *",
        "time_zone": "Europe/London",
        "slot": "month",
        "due": "09:30",
        "due_days": 14,
        "grace_minutes": 60,
    }
)


def _column(name: str, kind: str, **more: Any) -> Column:
    told = {"name": name, "type": kind, "unit": "calls", "description": "What it is."}
    return Column.model_validate({**told, **more})


CALLS_OF_A_MONTH = Collection(
    collection="small",
    title="Small",
    row="one organisation in one month",
    description="A small contract.",
    key=("org_code", "month"),
    cadence=MONTHLY,
    versions=(),
    columns=(
        _column("org_code", "code", nullable=False),
        _column("month", "month", nullable=False),
        _column("answered", "count", national="sum", optional=True),
        _column("mean", "decimal", optional=True),
    ),
    rules=(),
)


def csv_long(**mapping: Any) -> LongCsv:
    """A table with a line for each figure, of items A01 (answered) and A02 (mean)."""
    known: dict[str, Any] = {
        "item_headings": ["Item"],
        "value_headings": ["Value"],
        "columns": {
            "org_code": ["Code"],
            "month": ["Period"],
            "answered": ["A01"],
            "mean": ["A02"],
        },
    }
    return LongCsv(kind="csv_long", **{**known, **mapping})
