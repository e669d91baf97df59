"""A small England of simulated feeds, whose last hours a test may spoil before they are sent."""

import csv
import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.registry.registry import load_registry
from pipelines.simulate.deliver import LandingReceiver
from pipelines.simulate.events import PlannedDelivery
from pipelines.simulate.plan import Plan, Window
from pipelines.simulate.sending import batches

CALLS = "nhs111.national"
TRUSTS = ("r0a", "rgt", "rjz", "rth")
"""Live trusts whose times have an offset. The first two send the contract's own template."""
TESTER = "acute_realtime.rwa"
"""A trust in testing that sends the template too."""
SEED = 7
QUARTER = timedelta(minutes=15)

Spoil = Callable[[PlannedDelivery], PlannedDelivery | None]
"""What is sent in place of a file; None for nothing."""
Rows = list[dict[str, str]]


def write_feeds(folder: Path, feed_ids: Sequence[str], slots_from: datetime) -> Path:
    """A folder with these feeds of the project, whose slots are expected from that day on."""
    for feed_id in feed_ids:
        collection, _, name = feed_id.partition(".")
        source, target = PROJECT / "pipelines" / "feeds" / collection, folder / collection
        if not target.exists():
            target.mkdir(parents=True)
            if (source / "layouts").exists():
                shutil.copytree(source / "layouts", target / "layouts")
        content = yaml.safe_load((source / f"{name}.yaml").read_text("utf-8"))
        if content["stage"] == "live":
            content["slots_from"] = slots_from.date()
        (target / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return folder


def use(patch: pytest.MonkeyPatch, home: Path, feeds: Path, moment: datetime | None = None) -> None:
    """This home and these feeds are the ones that the pipeline works on, at that moment."""
    patch.setenv("SITREP_HOME", str(home))
    patch.setenv("SITREP_FEEDS_DIR", str(feeds))
    if moment is not None:
        patch.setenv("SITREP_NOW", moment.isoformat())
    settings.cache_clear()


def unchanged(delivery: PlannedDelivery) -> PlannedDelivery:
    """The file as it is."""
    return delivery


def land(
    start: datetime,
    end: datetime,
    spoil: Spoil = unchanged,
    feed_ids: Sequence[str] = (),
) -> None:
    """What comes for these slots has landed, each file at its own time."""
    registry = load_registry()
    feeds = [one for one in registry.feeds.values() if not feed_ids or one.feed_id in feed_ids]
    receiver = LandingReceiver(settings().root, registry.feeds)
    for batch in batches(Plan(registry, feeds, SEED, {}).events(Window(start, end))):
        deliveries = [one for one in batch if isinstance(one, PlannedDelivery)]
        kept = [spoilt for one in deliveries if (spoilt := spoil(one)) is not None]
        if kept:
            receiver.receive(kept)


def send(
    patch: pytest.MonkeyPatch,
    start: datetime,
    end: datetime,
    spoil: Spoil = unchanged,
) -> None:
    """What comes for these slots has landed and is loaded, just after the last of them."""
    patch.setenv("SITREP_NOW", (end + timedelta(minutes=20)).isoformat())
    land(start, end, spoil)
    steps.drain()


def of_feed(feed_id: str, change: Spoil) -> Spoil:
    """The change for files of that feed only."""
    return lambda one: change(one) if one.feed_id == feed_id else one


def nothing(_: PlannedDelivery) -> None:
    """Nothing is sent."""


def rows_changed(change: Callable[[Rows, datetime], Rows]) -> Spoil:
    """A delimited file whose rows are changed; the change knows the slot too."""

    def spoil(delivery: PlannedDelivery) -> PlannedDelivery:
        text = delivery.content.decode("utf-8-sig")
        delimiter = ";" if ";" in text.splitlines()[0] else ","
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        rows = change(list(reader), delivery.slots[0])
        stream = io.StringIO()
        writer = csv.DictWriter(stream, reader.fieldnames or (), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
        return replace(delivery, content=stream.getvalue().encode())

    return spoil


def stuck_since(
    first: datetime, time_column: str = "slot_start"
) -> Callable[[Rows, datetime], Rows]:
    """From that slot on the rows repeat its values, each for its own slot."""
    held: Rows = []

    def change(rows: Rows, slot: datetime) -> Rows:
        if slot < first:
            return rows
        if not held:
            held.extend(rows)
        times = [row[time_column] for row in rows]
        return [{**old, time_column: time} for old, time in zip(held, times, strict=True)]

    return change
