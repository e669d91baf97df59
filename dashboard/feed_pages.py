"""Pages of feeds: how all of them stand, and one with its newest submissions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from dashboard.coverage_chart import coverage_told
from dashboard.desk import Desk, Maker, Page, grouped
from dashboard.picture import Row


def feed_pages(desk: Desk) -> Iterator[Maker]:
    """The list of all feeds, and each feed."""
    yield "/feeds", partial(_feeds, desk)
    by_feed = grouped(desk.picture.submissions, "feed_id")
    cards = grouped(desk.picture.scorecards, "feed_id")
    stages = grouped(desk.picture.stage_changes, "feed_id")
    for feed in desk.picture.feeds:
        name = feed["feed_id"]
        told = {"card": cards.get(name, []), "stages": stages.get(name, [])}
        yield f"/feed/{name}", partial(_feed, desk, feed, by_feed.get(name, []), told)


def _feeds(desk: Desk) -> Page:
    return desk.page("/feeds", "feeds", lead=_feeds_lead(desk), groups=_feed_groups(desk))


def _feed(
    desk: Desk, feed: Row, submissions: Sequence[Row], told: Mapping[str, Sequence[Row]]
) -> Page:
    return desk.page(
        f"/feed/{feed['feed_id']}", "feed", feed=feed, submissions=submissions,
        has_page=feed["provider_code"] in desk.trusts, **told,
        group="months" if feed["collection"] in desk.monthly else "collection",
    )  # fmt: skip


def is_in_testing(feed: Row) -> bool:
    """Whether its slots are looked at for its scorecard only: what is missing alarms nobody."""
    return bool(feed["stage"] == "testing")


def feeds_to_look_at(desk: Desk) -> list[tuple[str, str]]:
    """The feeds that are silent or late, the silent first."""
    worst = ["silent", "late"]
    feeds = [one for one in desk.picture.feeds if not is_in_testing(one)]
    found = [one for one in feeds if one["health"] in worst]
    found.sort(key=lambda one: worst.index(one["health"]))
    return [
        (f"/feed/{one['feed_id']}", f"{one['title']}: {desk.board.health_told(one['health'])}")
        for one in found
    ]


def _feeds_lead(desk: Desk) -> str:
    health: dict[str, int] = defaultdict(int)
    testing = [feed for feed in desk.picture.feeds if is_in_testing(feed)]
    for feed in desk.picture.feeds:
        if feed not in testing:
            health[feed["health"]] += 1
    told = [
        f"{health.pop(name)} feeds: {words}"
        for name, words in desk.board.health.items()
        if name in health
    ]
    told += [f"{count} feeds: {name}" for name, count in health.items()]
    if testing:
        told.append(f"{len(testing)} feeds: in testing, apart from England's figures")
    return ". ".join(told) + "."


def _feed_groups(desk: Desk) -> list[dict[str, Any]]:
    by_collection = grouped(desk.picture.feeds, "collection")
    coverage = grouped(desk.picture.coverage_days, "collection")
    return [
        {
            "title": desk.board.title(name),
            "feeds": by_collection[name],
            **coverage_told(name, desk.board.title(name), coverage.get(name, [])),
        }
        for name in (*desk.shown, *(by_collection.keys() - set(desk.shown)))
        if name in by_collection
    ]
