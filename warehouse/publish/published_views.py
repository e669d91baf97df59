"""What every view of a publication means, from one file beside this, and how they are made."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from pipelines.base.yamlfile import Strict, read_model
from pipelines.registry.contract import Collection
from warehouse.marts.months.month_and_days import MONTH_AND_DAYS, month_and_days_sql
from warehouse.marts.series.series import AREAS, GRAINS, series_views
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.published_tables import PublishedColumn, PublishedTable
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

_FILE = Path(__file__).parent / "published_views.yaml"


class _Area(Strict):
    title: str = Field(min_length=1)
    row_of: str = Field(min_length=1)
    key: tuple[str, ...]
    columns: dict[str, PublishedColumn]


class _Grain(Strict):
    title: str = Field(min_length=1)
    row: str = Field(min_length=1)
    key: tuple[str, ...]
    meaning: str = Field(min_length=1)
    window: str = Field(min_length=1)
    columns: tuple[str, ...]


class _Views(Strict):
    """The file: areas, grains, and what their columns mean."""

    freshness: str = Field(min_length=1)
    areas: dict[str, _Area]
    grains: dict[str, _Grain]
    only_of_many: tuple[str, ...]
    columns: dict[str, PublishedColumn]
    months: PublishedTable


@cache
def published_views() -> dict[str, PublishedTable]:
    """The contract of each view, in the order in which they are made."""
    told = read_model(_FILE, _Views)
    views = {}
    for area in AREAS:
        own = told.areas[area.name]
        for name in GRAINS:
            grain = told.grains[name]
            columns = [
                column
                for column in grain.columns
                if area.has_many or column not in told.only_of_many
            ]
            views[f"{area.name}_{name}"] = PublishedTable(
                title=f"{own.title} {grain.title}",
                row=grain.row.format(own.row_of),
                key=(*own.key, *grain.key),
                meaning=grain.meaning,
                freshness=told.freshness,
                window=grain.window,
                columns={
                    "collection": told.columns["collection"],
                    **own.columns,
                    "measure": told.columns["measure"],
                    **{column: told.columns[column] for column in columns},
                },
            )
    return {**views, MONTH_AND_DAYS: told.months}


def view_statements(collections: Iterable[Collection]) -> dict[str, list[str]]:
    """View → the SQL that makes it and says what it means, where `publication` is used."""
    described, told = published_views(), list(collections)
    queries = series_views(told)
    if months := month_and_days_sql(told):
        queries[MONTH_AND_DAYS] = months
    return {
        view: [f"CREATE VIEW {view} AS {query}", *_comments(view, described[view])]
        for view, query in queries.items()
    }


def make_views(
    connection: "duckdb.DuckDBPyConnection",
    statements: Mapping[str, list[str]],
    faults: Faults,
) -> None:
    """The publication has these views and no others; names are looked up in whatever holds them."""
    connection.execute("USE publication")
    try:
        connection.execute(";".join(f"DROP VIEW IF EXISTS {view}" for view in published_views()))
        for view, texts in statements.items():
            with costs_only(view, faults):
                connection.execute(";\n".join(texts))
    finally:
        connection.execute("USE warehouse")


def _comments(view: str, told: PublishedTable) -> Iterable[str]:
    yield f"COMMENT ON VIEW {view} IS {literals.text(told.text)}"
    for name, column in told.columns.items():
        yield f"COMMENT ON COLUMN {view}.{name} IS {literals.text(column.text)}"
