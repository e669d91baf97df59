"""An example row of a collection, of the slot that ended last: what pages and templates show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.base.clock import london_date
from pipelines.guide.code_choices import code_choices
from pipelines.guide.slots_told import last_slot
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.slots import Slot

Value = int | float | str


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A row as a careful sender would send it."""

    slot: Slot
    values: Mapping[str, Value]
    """Column → value, in the contract's order and without the slot."""


def example_row(collection: Collection, moment: datetime, feed: Feed | None = None) -> ExampleRow:
    """The contract's example, of the slot that had ended last at that moment.

    Where the contract gives none, every count is zero. With a feed it is a row that
    this one may send.
    """
    given = collection.example
    values = {
        column.name: given.get(column.name, _plainest(collection, column))
        for column in collection.columns
        if column.name != collection.time_column
    }
    if feed is not None:
        values |= _own_codes(collection, feed, values)
    told = {name: value for name, value in values.items() if value is not None}
    return ExampleRow(last_slot(collection.cadence, moment), told)


def slot_text(collection: Collection, slot: Slot) -> str:
    """How the slot is written under the contract's own heading."""
    kind = collection.column(collection.time_column).type
    if kind != "slot":
        day = london_date(slot.start)
        return f"{day:%Y-%m}" if kind == "month" else day.isoformat()
    return f"{slot.start:%Y-%m-%dT%H:%M:%SZ}"


def _plainest(collection: Collection, column: Column) -> Value | None:
    """A value that breaks no rule as far as possible; None leaves the cell empty."""
    if collection.example or (column.type in ("code", "text") and column.nullable):
        return None
    if column.is_number:
        return None if column.type == "level" else 0
    choices = code_choices(collection, column, None)
    # A site, of which there is no list, is named after its trust.
    return next(iter(choices.names)) if choices else "RGT01"


def _own_codes(
    collection: Collection, feed: Feed, values: Mapping[str, Value | None]
) -> dict[str, Value | None]:
    """The codes of an organisation, and of a site, that the feed may report for."""
    column, site = collection.organisation_column, collection.site_column
    code = values[column]
    if feed.may_report is not None and code not in feed.may_report:
        code = feed.covers[0]
    own = {column: code}
    if site is not None and (feed.sites or code != values[column]):
        own[site] = feed.sites[0] if feed.sites else f"{code}01"
    return own
