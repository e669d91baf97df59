"""How old the current publication and what it holds of each collection are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start, slot_at
from warehouse.publish.publications import read_description


def publication_age(home: Path, moment: datetime) -> timedelta | None:
    """How long ago the current publication was made; None before the first."""
    description = read_description(home)
    if description is None:
        return None
    return max(moment - datetime.fromisoformat(description["made_at"]), timedelta())


def collection_ages(home: Path, registry: Registry, moment: datetime) -> dict[str, timedelta]:
    """How long ago the newest slot ended that the publication has values of, by collection.

    A collection without values has no age. A slot that is not over counts as zero.
    """
    told: Mapping[str, str | None] = (read_description(home) or {}).get("data_as_of", {})
    ages = {}
    for name, slot_start in told.items():
        if slot_start and registry.knows(name) and (start := _instant(slot_start)) is not None:
            end = slot_at(registry.collections[name].cadence, start).end
            ages[name] = max(moment - end, timedelta())
    return ages


def _instant(told: str) -> datetime | None:
    """The start of a slot as the description names it: an instant, a day in London or a month."""
    try:
        instant = datetime.fromisoformat(f"{told}-01" if len(told) == len("2026-11") else told)
    except ValueError:
        return None
    return instant if instant.tzinfo else day_start(instant.date())
