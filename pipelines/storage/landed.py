"""What landing holds, day by day, so that years of it need not be in memory."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines.landing.landing import Landing, Manifest
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

_DAYS_IN_MEMORY = 40
"""Deliveries that were landed within a month may have been loaded together."""


class LandedManifests:
    """The manifests of a home, in the inbox and settled, found by delivery."""

    def __init__(self, landing: Landing) -> None:
        self._landing = landing
        self._waiting = {one.delivery_id: one for one in landing.waiting()}
        self._days: OrderedDict[str, dict[str, Manifest]] = OrderedDict()

    def find(self, delivery_id: str) -> Manifest | None:
        """The manifest of that delivery; None where landing has none."""
        day = f"{delivery_id[:4]}-{delivery_id[4:6]}-{delivery_id[6:8]}"
        if day not in self._days:
            self._days[day] = settled_on(self._landing, day)
            if len(self._days) > _DAYS_IN_MEMORY:
                self._days.popitem(last=False)
        return self._days[day].get(delivery_id) or self._waiting.get(delivery_id)


def settled_days(landing: Landing) -> list[str]:
    """The days on which deliveries were received that are settled, in order."""
    return landing.queue.settled_days()


def settled_on(landing: Landing, day: str) -> dict[str, Manifest]:
    """The settled manifests of deliveries that were received on that day (UTC), in order."""
    return landing.queue.settled_on(day)


def missing_from_ledger(
    connection: "duckdb.DuckDBPyConnection", landing: Landing
) -> Iterator[tuple[str, set[str]]]:
    """Days of receipt and their deliveries that landing calls settled and the ledger lacks."""
    for day in settled_days(landing):
        settled = settled_on(landing, day)
        rows = connection.execute(
            "SELECT delivery_id FROM warehouse.ops.submission "
            f"WHERE received_at BETWEEN {literals.text(day)}::TIMESTAMP - INTERVAL 1 DAY "
            f"AND {literals.text(day)}::TIMESTAMP + INTERVAL 2 DAY"
        ).fetchall()
        missing = settled.keys() - {delivery_id for (delivery_id,) in rows}
        if missing:
            yield day, missing


def back_to_inbox(landing: Landing, day: str, deliveries: set[str]) -> int:
    """Settled manifests of these deliveries wait again, each once; their number."""
    return landing.queue.back(day, deliveries)
