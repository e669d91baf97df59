"""Reads from a publication what months say, and what they say beside their days."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.board import board
from pipelines.registry.contract import Collection
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_SQL = Path(__file__).parent / "sql"
MONTHS_SHOWN = 13
"""A year, and the same month of the year before."""
_HAS_MONTHS = (
    "SELECT 1 FROM duckdb_views() WHERE view_name = 'month_and_days' AND EXISTS "
    "(FROM national_monthly)"
)
_MET = (
    "FROM month_and_days WHERE month > (SELECT max(month) FROM national_monthly) "
    f"- INTERVAL {2 * MONTHS_SHOWN} MONTH ORDER BY month DESC, collection, measure, org_code"
)
Rows = list[dict[str, Any]]


def read_months(
    asked: "duckdb.DuckDBPyConnection", collections: Iterable[Collection]
) -> tuple[Rows, Rows]:
    """England's newest months, and the months of which there are days, where there are any."""
    monthly = [one.collection for one in collections if one.cadence.is_monthly]
    measures = [(name, measure) for name in monthly for measure in board().headline(name)]
    if not _is_any(asked) or not measures:
        return [], []
    england = render(_SQL, "months", measures=measures, most=MONTHS_SHOWN)
    return _rows(asked, england), _rows(asked, _MET)


def _is_any(asked: "duckdb.DuckDBPyConnection") -> bool:
    """Whether a publication has months: those before this table was made have no such view."""
    import duckdb

    try:
        return asked.execute(_HAS_MONTHS).fetchone() is not None
    except duckdb.CatalogException:
        return False


def _rows(asked: "duckdb.DuckDBPyConnection", sql: str) -> Rows:
    found = asked.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
