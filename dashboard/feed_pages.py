"""Pages of feeds: how all of them stand, and one with its newest submissions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from dashboard.desk import Desk, Maker, Page, grouped
from dashboard.picture import Row


def feed_pages(desk: Desk) -> Iterator[Maker]:
    """The list of all feeds, and each feed."""
    yield "/feeds", partial(_feeds, desk)
    by_feed = grouped(desk.picture.submissions, "feed_id")
    for feed in desk.picture.feeds:
        newest = by_feed.get(feed["feed_id"], [])
        yield f"/feed/{feed['feed_id']}", partial(_feed, desk, feed, newest)


def _feeds(desk: Desk) -> Page:
    return desk.page("/feeds", "feeds", lead=_feeds_lead(desk), groups=_feed_groups(desk))


def _feed(desk: Desk, feed: Row, submissions: Sequence[Row]) -> Page:
    return desk.page(
        f"/feed/{feed['feed_id']}", "feed", feed=feed, submissions=submissions,
        has_page=feed["provider_code"] in desk.trusts,
        group="months" if feed["collection"] in desk.monthly else "collection",
    )  # fmt: skip


def feeds_to_look_at(desk: Desk) -> list[tuple[str, str]]:
    """The feeds that are silent or late, the silent first."""
    worst = ["silent", "late"]
    found = [one for one in desk.picture.feeds if one["health"] in worst]
    found.sort(key=lambda one: worst.index(one["health"]))
    return [
        (f"/feed/{one['feed_id']}", f"{one['title']}: {desk.board.health_told(one['health'])}")
        for one in found
    ]


def _feeds_lead(desk: Desk) -> str:
    health: dict[str, int] = defaultdict(int)
    for feed in desk.picture.feeds:
        health[feed["health"]] += 1
    told = [
        f"{health.pop(name)} feeds: {words}"
        for name, words in desk.board.health.items()
        if name in health
    ]
    return ". ".join([*told, *(f"{count} feeds: {name}" for name, count in health.items())]) + "."


def _feed_groups(desk: Desk) -> list[dict[str, Any]]:
    by_collection = grouped(desk.picture.feeds, "collection")
    return [
        {"title": desk.board.title(name), "feeds": by_collection[name]}
        for name in (*desk.shown, *(by_collection.keys() - set(desk.shown)))
        if name in by_collection
    ]
