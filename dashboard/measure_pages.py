"""Pages of measures: England with its chart, the regions, all who give it; and the data behind."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from dashboard.desk import ENGLAND, Desk, Maker, Page, run_of
from dashboard.picture import Row, Series
from dashboard.words import figure, slot_named, slot_told
from pipelines.registry.contract import Collection

JSON, CSV = "application/json", "text/csv; charset=utf-8"


def measure_pages(desk: Desk) -> Iterator[Maker]:
    """Each ratio and measure of each collection, and the data of its chart."""
    for collection in desk.shown:
        for measure in desk.measures(collection):
            yield (
                f"/measure/{collection}/{measure}",
                partial(_measure, desk, collection, measure),
            )
            row = desk.england.get((collection, measure))
            series = desk.picture.series_of(ENGLAND, collection, measure)
            if row and series:
                address = f"/data/measure/{collection}/{measure}"
                yield f"{address}.csv", partial(_series_csv, f"{address}.csv", series)
                yield f"{address}.json", partial(_series_json, f"{address}.json", series, row)


def _measure(desk: Desk, collection: str, measure: str) -> Page:
    contract = desk.collections[collection]
    row = desk.england.get((collection, measure))
    series = desk.picture.series_of(ENGLAND, collection, measure)
    known = row or desk.told(
        {"collection": collection, "measure": measure, "unit": _unit(contract, measure)},
        ENGLAND,
    )
    address = f"/measure/{collection}/{measure}"
    data_address = f"/data/measure/{collection}/{measure}"
    chart = None
    if row and series and (svg := desk.chart(ENGLAND, row)):
        run = run_of(series)
        told = {"svg": svg, "run": run, **_chart_rows(series, row)}
        chart = {"title": f"{row['label']}, England", **told}
    regions = [
        {**one, "label": rows[0]["region_name"] or code, "address": f"/region/{code}"}
        for code, rows in desk.regions.items()
        for one in rows
        if (one["collection"], one["measure"]) == (collection, measure)
    ]
    trusts = [
        {
            **one,
            "label": one["org_name"] or one["org_code"],
            "address": f"/trust/{one['org_code']}",
        }
        for one in desk.of(collection)
        if one["measure"] == measure
    ]
    trusts.sort(key=lambda one: (one["value"] is None, -(one["value"] or 0)))
    return desk.page(
        address, "measure", row={**desk.card(known, ENGLAND), "has_england": row is not None},
        collection=collection, collection_title=desk.board.title(collection),
        meaning=_meaning(contract, measure),
        chart=chart, data_address=data_address, regions=regions, trusts=trusts,
        organisations_title=contract.organisations.capitalize(),
    )  # fmt: skip


def _meaning(contract: Collection, measure: str) -> str:
    columns = {one.name: one.description for one in contract.columns}
    return {**columns, **{one.name: one.description for one in contract.ratios}}[measure]


def _unit(contract: Collection, measure: str) -> str:
    columns = {one.name: one.unit for one in contract.columns}
    return {**columns, **{one.name: one.unit for one in contract.ratios}}[measure]


def _chart_rows(series: Series, row: Row) -> dict[str, Any]:
    usual = series.median or [None] * len(series.times)
    rows = [
        {
            "time": slot_told(time, is_day=series.is_daily),
            "value": figure(value, row["unit"]),
            "usual": "" if median is None else figure(median, row["unit"]),
            "is_whole": whole,
        }
        for time, value, whole, median in zip(
            series.times, series.values, series.is_whole, usual, strict=True
        )
    ]
    return {
        "time": "Day" if series.is_daily else "Slot from (London)",
        "has_usual": any(one is not None for one in usual),
        "rows": rows[::-1],
    }


def _slots(series: Series) -> list[str]:
    return [slot_named(one, is_day=series.is_daily) for one in series.times]


def _series_csv(address: str, series: Series) -> Page:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    time = "report_date" if series.is_daily else "slot_start_utc"
    names = ("value", "all_reported", "lowest_4_weeks", "median_4_weeks", "highest_4_weeks")
    writer.writerow((time, *names))
    empty = [None] * len(series.times)
    writer.writerows(
        (slot, *rest)
        for slot, *rest in zip(
            _slots(series), series.values, series.is_whole, series.lowest or empty,
            series.median or empty, series.highest or empty, strict=True,
        )
    )  # fmt: skip
    return address, CSV, text.getvalue().encode()


def _series_json(address: str, series: Series, row: Row) -> Page:
    content = msgspec.json.encode(
        {
            "collection": row["collection"],
            "measure": row["measure"],
            "unit": row["unit"],
            "report_date" if series.is_daily else "slot_start": _slots(series),
            "value": series.values,
            "all_reported": series.is_whole,
            "lowest_4_weeks": series.lowest,
            "median_4_weeks": series.median,
            "highest_4_weeks": series.highest,
        }
    )
    return address, JSON, content
