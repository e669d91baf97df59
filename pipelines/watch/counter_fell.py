"""A count since midnight that falls within a day: the rule of a contract that no single slot shows.

"Since midnight" is read as midnight in London, so that a count may fall only into the first slot
of a day there. A count that begins anew at another hour (that of UTC in summer, a change of
shift, a restart of the system) makes every total of the day too small without one wrong-looking
figure. What this cannot see: a count that never begins anew; the contract's limits and `level` can.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from pipelines.registry.contract import Collection
from pipelines.watch.kinds import COUNTER_FELL
from pipelines.watch.watch_finding import WatchFinding, tell_number, tell_time, watch_finding

_SUFFIX = "_since_midnight"
"""What the names of such measures end with in every contract."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A count that is lower in a slot than in the slot before it on the same day in London."""

    feed_id: str
    key: str
    measure: str
    slot: datetime
    before: float
    after: float


def counters(collection: Collection) -> list[str]:
    """The measures that are counted since midnight."""
    return [one.name for one in collection.measures if one.name.endswith(_SUFFIX)]


def find_falls(falls: Iterable[Fall], collection: str) -> list[WatchFinding]:
    """A finding for each site and count that fell, however often it did."""

    def about(fall: Fall) -> tuple[str, str, str]:
        return fall.feed_id, fall.key, fall.measure

    findings = []
    for (feed_id, key, measure), group in groupby(sorted(falls, key=about), key=about):
        own = sorted(group, key=lambda fall: fall.slot)
        last = own[-1]
        message = (
            f"{measure} of {key} fell from {tell_number(last.before)} to "
            f"{tell_number(last.after)} in the slot {tell_time(last.slot)}, within a day."
        )
        if len(own) > 1:
            message += f" It fell {len(own)} times since {tell_time(own[0].slot)}."
        findings.append(
            watch_finding(
                COUNTER_FELL, collection, feed_id, f"{key} {measure}", own[0].slot, message
            )
        )
    return findings
