"""The page of alerts: what the watch has found and is not over, those on figures first."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from dashboard.desk import Desk, Maker, Page
from dashboard.picture import Row
from pipelines.watch.known_monitors import find_monitors, kind_of
from pipelines.watch.watch_finding import WatchKind


def alert_pages(desk: Desk) -> Iterator[Maker]:
    """The page of all findings that are open, and of those that were over within a day."""
    yield "/alerts", partial(_alerts, desk)


def _alerts(desk: Desk) -> Page:
    kinds = find_monitors().kinds
    told = [_told(desk, row, kind_of(row["code"], kinds)) for row in desk.picture.findings]
    told.sort(key=lambda one: (not one["is_on_figure"], one["urgency"]))
    begun = [one for one in told if one["ended_at"] is None]
    groups = [
        ("Figures", [one for one in begun if one["is_on_figure"]]),
        ("Feeds and files", [one for one in begun if not one["is_on_figure"]]),
    ]
    return desk.page(
        "/alerts", "alerts", groups=[one for one in groups if one[1]], count=len(begun),
        over=[one for one in told if one["ended_at"] is not None],
    )  # fmt: skip


def _told(desk: Desk, row: Row, kind: WatchKind) -> dict[str, Any]:
    links = list(_links(desk, row))
    return {
        **row,
        "title": kind.title,
        "urgency": kind.urgency,
        "no_help": kind.no_help,
        "links": links,
        "is_on_figure": any(address.startswith("/measure/") for address, _ in links),
    }


def _links(desk: Desk, row: Row) -> Iterator[tuple[str, str]]:
    """The pages of what the finding is about: its feed, and what its subject names."""
    collection, words = row["collection"], row["subject"].split()
    for feed in desk.picture.feeds:
        if feed["feed_id"] == row["feed_id"]:
            yield f"/feed/{feed['feed_id']}", feed["title"]
    measures = desk.measures(collection) if collection in desk.collections else []
    for word in words:
        if word in measures:
            yield f"/measure/{collection}/{word}", desk.board.label(word)
        elif word in desk.regions:
            yield f"/region/{word}", desk.regions[word][0]["region_name"] or word
        elif word in desk.trusts:
            yield f"/trust/{word}", desk.trusts[word][0]["org_name"] or word
