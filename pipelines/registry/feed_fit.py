"""Whether a feed fits a contract: its columns, units, exceptions of rules, and slots."""

from datetime import timedelta

from pipelines.base.clock import now
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.severity import Severity
from pipelines.registry.units import FACTORS

_FAR_AHEAD = timedelta(days=3653)


def with_new_names(feed: Feed, collection: Collection) -> Feed:
    """The feed with its columns as they are called now; raises `ValueError` where two are one."""
    earlier = collection.earlier_names
    if not feed.format.columns_named & earlier.keys():
        return feed
    try:
        return feed.model_copy(update={"format": feed.format.renamed(earlier)})
    except ValueError as error:
        raise ValueError(f"format: {error}") from None


def feed_under(feed: Feed, collection: Collection) -> Feed | str:
    """The feed as that contract would have it, or the first way in which it does not fit."""
    try:
        feed = with_new_names(feed, collection)
    except ValueError as error:
        return str(error)
    return first_mistake(feed, collection) or feed


def first_mistake(feed: Feed, collection: Collection) -> str | None:
    """The first way in which the feed does not fit its collection, or None."""
    name = collection.collection
    columns = feed.format.columns_offered(collection)
    known = {column.name for column in columns}
    if unknown := sorted(feed.format.columns_named - known):
        return f"format: columns that '{name}' does not have: {', '.join(unknown)}"
    for column in columns:
        given_in = feed.format.reading(column.name).given_in
        if given_in and (given_in, column.unit) not in FACTORS:
            return f"format: {column.name}: {given_in} cannot be turned into {column.unit}"
    if feed.format.states_national and not collection.cadence.is_dated:
        return "format: national_names: England's figures are kept by day or month, not by slot"
    of_rows = (Severity.REJECT_ROW, Severity.REJECT_VALUE)
    rules = {rule.code for rule in collection.rules if rule.on_failure in of_rows}
    if unknown := sorted(set(feed.warn_only) - rules):
        return f"warn_only: no rule of '{name}' that rejects rows or values: {', '.join(unknown)}"
    if feed.slots_from and not feed.expects_slots:
        return (
            "slots_from: slots are expected of feeds that are testing or live, and this one is "
            f"{feed.stage}"
        )
    if feed.slots_from and feed.slots_from > now().date() + _FAR_AHEAD:
        return f"slots_from: {feed.slots_from} is more than ten years ahead"
    mistake = feed.source.first_mistake(collection.cadence)
    return f"source: {mistake}" if mistake else None
