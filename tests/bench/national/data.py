"""Makes the files of England, tick by tick, with the simulator's figures and faults.

Every tick has 137 files: one of each of 125 acute trusts with all its sites, one of NHS 111 with
all contract areas, and one of each of 11 ambulance services, which correct the day before all day
long. Three files in a hundred have a fault. The same seed gives the same bytes.

    python -m tests.bench.national.data FOLDER DAYS
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.base.settings import settings
from pipelines.parse.formats.csv_table import CsvTable
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import load_registry
from pipelines.simulate import damage
from pipelines.simulate.days import slots_of_day
from pipelines.simulate.draws import uniforms
from pipelines.simulate.faults import Fault, choose_faults
from pipelines.simulate.figures import CORRECTABLE, Figures
from pipelines.simulate.keys import Key, keys_of
from pipelines.simulate.render import FeedPlan, Table, Values
from pipelines.simulate.timing import FileNames, Timing
from tests.bench.measure import say
from tests.bench.national.feeds import write_feeds
from tests.bench.national.ticks import (
    COLLECTIONS,
    QUARTER,
    TICKS_PER_DAY,
    made_at_of,
    tick_folder,
)

FIRST_DAY = date(2026, 11, 2)
"""A Monday, all of whose quarter-hours have the same name in London and in UTC."""
SEED = 2026
_FAULTS = (
    Fault.MALFORMED,
    Fault.WRONG_CODE,
    Fault.TEXT_IN_NUMBER,
    Fault.CORRECTED,
    Fault.DUPLICATE,
)
"""Those after which a tick still has 137 files, none of which has to be withheld."""
_RATES = {fault: 0.03 / len(_FAULTS) for fault in _FAULTS}
_MOST_SLOTS = 100
_CHANCES = 4
_DAY = timedelta(days=1)


def write_ticks(folder: Path, days: int, first_day: date = FIRST_DAY) -> None:
    """The feed files, and the files of every tick of so many days, stand in the folder."""
    write_feeds(folder / "feeds", first_day)
    os.environ["SITREP_FEEDS_DIR"] = str(folder / "feeds")
    settings.cache_clear()
    senders = list(_senders())
    for number in range(days):
        day = first_day + number * _DAY
        say(f"files of {day}: {len(senders) * TICKS_PER_DAY:,}")
        _write_day(folder, number, day, senders)


def _write_day(folder: Path, number: int, day: date, senders: Sequence["_Sender"]) -> None:
    starts = slots_of_day(day, QUARTER.seconds // 60)
    first = number * TICKS_PER_DAY
    folders = [tick_folder(folder, first + at, start) for at, start in enumerate(starts)]
    for one in folders:
        one.mkdir(parents=True)
    for sender in senders:
        for one, (name, content) in zip(folders, sender.files_of(day, starts), strict=True):
            (one / name).write_bytes(content)
            # A folder's files are taken by their age.
            made_at = made_at_of(name).timestamp()
            os.utime(one / name, (made_at, made_at))


def _senders() -> Iterator["_Sender"]:
    """One for each feed; those of a collection share its figures."""
    registry = load_registry()
    for name in COLLECTIONS:
        collection = registry.collections[name]
        feeds = [_in_plain_csv(feed) for feed in registry.feeds_of(name)]
        keys = {feed.feed_id: keys_of(feed, collection) for feed in feeds}
        everyone = sorted({key for own in keys.values() for key in own})
        figures = Figures(SEED, name, everyone)
        for feed in feeds:
            yield _Sender(feed, collection, keys[feed.feed_id], figures)


def _in_plain_csv(feed: Feed) -> Feed:
    """The feed as its sender writes: with commas, in UTF-8. Its reader is told neither."""
    assert isinstance(feed.format, CsvTable)
    written = {"delimiter": ",", "encoding": "utf-8"}
    return feed.model_copy(update={"format": feed.format.model_copy(update=written)})


class _Sender:
    """What one feed sends: a file for each tick."""

    def __init__(
        self, feed: Feed, collection: Collection, keys: Sequence[Key], figures: Figures
    ) -> None:
        self._feed = feed
        self._collection = collection
        self._figures = figures
        self._places = [figures.place[key] for key in keys]
        self._plan = FeedPlan(feed, collection, keys)
        self._names = FileNames(feed)
        self._timing = Timing(collection.cadence)
        self._is_daily = collection.cadence.is_daily
        possible = set(_FAULTS)
        if self._is_daily:
            # Every file of it corrects the one before.
            possible.discard(Fault.CORRECTED)
        self._possible = frozenset(possible)
        self._sent: bytes | None = None

    def files_of(self, day: date, starts: Sequence[datetime]) -> Iterator[tuple[str, bytes]]:
        """The name and the bytes of the file of each tick of the day."""
        feed_id = self._feed.feed_id
        never = [False] * len(starts)
        faults = choose_faults(SEED, feed_id, day, never, _RATES, self._possible).kinds
        chances = uniforms(_MOST_SLOTS * _CHANCES, SEED, "bench", feed_id, day)
        values = self._values(day)
        slots = [starts[0] - _DAY] * len(starts) if self._is_daily else starts
        tables = self._plan.tables(values, slots)
        for number, chance in enumerate(chances.reshape(_MOST_SLOTS, -1).tolist()[: len(starts)]):
            made_at = self._made_at(starts[number], chance[0])
            table = tables[number]
            if faults[number] is Fault.CORRECTED and number:
                earlier = self._correct(values, slots, number - 1)
                table = replace(table, rows=[*earlier.rows, *table.rows])
            content = self._content(table, faults[number], made_at, chance[1:])
            self._sent = content
            yield self._names.name(made_at), content

    def _content(
        self, table: Table, fault: Fault | None, made_at: datetime, chance: Sequence[float]
    ) -> bytes:
        """The bytes of the file, damaged where it has such a fault."""
        plan = self._plan
        if fault is Fault.DUPLICATE and self._sent is not None:
            return self._sent
        if fault is Fault.WRONG_CODE:
            table, _ = damage.put_wrong_code(table, plan, self._collection, chance)
        elif fault is Fault.TEXT_IN_NUMBER:
            table = damage.put_text_in_number(table, plan, chance)
        content = plan.write(table, made_at)
        if fault is Fault.MALFORMED:
            return damage.break_bytes(content, plan, made_at, chance[0])
        return content

    def _values(self, day: date) -> Values:
        """Column → values, keys × ticks; of a day's figures one is higher from tick to tick."""
        figures = self._figures.of_day(day - _DAY if self._is_daily else day)
        own = {name: numbers[self._places] for name, numbers in figures.items()}
        if not self._is_daily:
            return own
        every = {name: numbers.repeat(TICKS_PER_DAY, axis=1) for name, numbers in own.items()}
        raised = CORRECTABLE[self._collection.collection][0]
        every[raised] = every[raised] + range(TICKS_PER_DAY)
        return every

    def _correct(self, values: Values, slots: Sequence[datetime], number: int) -> Table:
        """The table of that slot with one figure a little higher."""
        own = {name: numbers[:, number : number + 1].copy() for name, numbers in values.items()}
        raised = CORRECTABLE[self._collection.collection][number % 3]
        own[raised][0] += 1
        return self._plan.tables(own, [slots[number]])[0]

    def _made_at(self, start: datetime, chance: float) -> datetime:
        if not self._is_daily:
            return self._timing.ordinary(start, chance).made_at
        return start + QUARTER + timedelta(seconds=60 + int(120 * chance))


if __name__ == "__main__":
    write_ticks(Path(sys.argv[1]), int(sys.argv[2]))
