"""How old the newest slot of a collection was, of those that anybody sent as they should.

Where one provider sends all of a collection, a file that never comes or cannot be read leaves a
gap that no pipeline fills: its slot does not count.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pipelines.simulate.record import Record

Look = tuple[datetime, datetime]
"""When somebody looked, and when the newest slot began that was published then."""


def sound_slots(records: Iterable[Record], collection: str) -> list[datetime]:
    """When the slots begin of which a file without a fault was sent, in their order."""
    return sorted(
        {
            slot
            for record in records
            for one in record.deliveries
            if one.collection == collection and one.fault is None
            for slot in one.slots
        }
    )


def ages(looks: Iterable[Look], sound: Sequence[datetime]) -> list[timedelta]:
    """At each look, how long ago the first sound slot began that was not published yet.

    That is the age of the newest slot's end, where slots follow each other. Nothing where all that
    is sound was published.
    """
    found = []
    for moment, newest in looks:
        lacking = bisect_right(sound, newest)
        found.append(
            max(moment - sound[lacking], timedelta()) if lacking < len(sound) else timedelta()
        )
    return found
