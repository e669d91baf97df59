"""Pages of places: England, a collection, a region, a trust or service."""

from collections.abc import Iterator, Sequence
from functools import partial

from dashboard.desk import ENGLAND, Desk, Maker, Page
from dashboard.feed_pages import feeds_to_look_at
from dashboard.picture import Area, Row
from dashboard.site_rows import sites_of

_ON_THE_WALL = 3
"""Collections of the wall screen: all that a room sees at once."""


def area_pages(desk: Desk) -> Iterator[Maker]:
    """England, each collection, each region, each trust, service and contract area."""
    yield "/", partial(_england, desk)
    yield "/wall", partial(_wall, desk)
    for name in desk.shown:
        yield f"/collection/{name}", partial(_collection, desk, name)
    for code, rows in desk.regions.items():
        yield f"/region/{code}", partial(_region, desk, code, rows)
    for code, rows in desk.trusts.items():
        yield f"/trust/{code}", partial(_trust, desk, code, rows)


def _wall(desk: Desk) -> Page:
    sections = [desk.section(name, desk.england, ENGLAND) for name in desk.shown[:_ON_THE_WALL]]
    return desk.page("/wall", "wall", sections=[one for one in sections if one["headline"]])


def _lead(desk: Desk) -> str:
    partial = sum(_is_partial(row) for row in desk.england.values())
    told = "Each figure says of whom it is, and when it was measured."
    return f"{told} {partial} of {len(desk.england)} are partial." if partial else told


def _england(desk: Desk) -> Page:
    regions = [
        (f"/region/{code}", rows[0]["region_name"] or code) for code, rows in desk.regions.items()
    ]
    sections = [
        desk.section(name, desk.england, ENGLAND, f"/collection/{name}") for name in desk.shown
    ]
    lists = [
        {"title": "Feeds to look at", "entries": feeds_to_look_at(desk)},
        {"title": "Regions", "entries": regions},
    ]
    lists = [one for one in lists if one["entries"]]
    sections = [one for one in sections if one["headline"]]
    return desk.page(
        "/", "area", title="England now", lead=_lead(desk), sections=sections, lists=lists
    )


def _collection(desk: Desk, name: str) -> Page:
    contract = desk.collections[name]
    section = desk.section(name, desk.england, ENGLAND)
    section["charts"] = [
        {"title": row["label"], "svg": svg}
        for row in section["headline"]
        if (svg := desk.chart(ENGLAND, row))
    ]
    lists = [
        {
            "title": contract.organisations.capitalize(),
            "entries": desk.organisations(name),
        }
    ]
    return desk.page(
        f"/collection/{name}", "area", title=f"{desk.board.title(name)}, England",
        lead=contract.description, sections=[section], lists=lists,
    )  # fmt: skip


def _region(desk: Desk, code: str, rows: Sequence[Row]) -> Page:
    area: Area = ("region", code)
    told = desk.by_measure(rows, area)
    sections = [desk.section(name, told, area, f"/collection/{name}") for name in desk.shown]
    lists = []
    for name in desk.shown:
        if entries := desk.organisations(name, code):
            title = f"{desk.collections[name].organisations.capitalize()}: {desk.board.title(name)}"
            lists.append({"title": title, "entries": entries})
    return desk.page(
        f"/region/{code}", "area", title=rows[0]["region_name"] or code,
        lead="Region of England.", lists=lists,
        sections=[one for one in sections if one["headline"]],
    )  # fmt: skip


def _trust(desk: Desk, code: str, rows: Sequence[Row]) -> Page:
    area: Area = ("trust", code)
    told = desk.by_measure(rows, area)
    sections = []
    for name in desk.shown:
        section = desk.section(name, told, area, f"/collection/{name}")
        if section["headline"] or section["others"]:
            section["sites"] = sites_of(desk, name, code)
            section["charts"] = [
                {"title": row["label"], "svg": svg}
                for row in section["headline"][:4]
                if (svg := desk.chart(area, row))
            ]
            sections.append(section)
    feeds = [
        (f"/feed/{one['feed_id']}", f"{one['title']}: {desk.board.health_told(one['health'])}")
        for one in desk.picture.feeds
        if one["provider_code"] == code
    ]
    quality = [
        (f"/quality/{one['feed_id']}", one["title"])
        for one in desk.picture.feeds
        if one["provider_code"] == code
    ]
    region = rows[0]["region_name"]
    return desk.page(
        f"/trust/{code}", "area", title=rows[0]["org_name"] or code,
        lead=f"{code}{', ' + region if region else ''}.", sections=sections,
        lists=[
            {"title": "Its feeds", "entries": feeds},
            {"title": "Its data quality over time", "entries": quality},
        ]
        if feeds
        else [],
    )  # fmt: skip


def _is_partial(row: Row) -> bool:
    return bool(row["expected"]) and row["reporting"] < row["expected"]
