"""What landing holds, day by day, so that years of it need not be in memory."""

import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.durable import write_durably
from pipelines.landing.landing import Landing, Manifest
from pipelines.landing.manifest_lines import to_lines
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
    if not landing.settled.is_dir():
        return []
    return sorted(entry.name for entry in os.scandir(landing.settled) if entry.is_dir())


def settled_on(landing: Landing, day: str) -> dict[str, Manifest]:
    """The settled manifests of deliveries that were received on that day (UTC), in order."""
    found: dict[str, Manifest] = {}
    for path in _files(landing.settled / day):
        found |= {one.delivery_id: one for one in landing.manifests_in(path)}
    return dict(sorted(found.items()))


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
    """Settled manifests of these deliveries stand in the inbox again, each once; their number."""
    moved, waiting = 0, {one.delivery_id for one in landing.waiting()}
    for path in _files(landing.settled / day):
        own = landing.manifests_in(path)
        back = [one for one in own if one.delivery_id in deliveries]
        if not back:
            continue
        if lacking := [one for one in back if one.delivery_id not in waiting]:
            landing.enter_again(lacking)
            waiting |= {one.delivery_id for one in lacking}
        if left := [one for one in own if one.delivery_id not in deliveries]:
            write_durably(path, to_lines(left))
        else:
            path.unlink()
        moved += len(back)
    return moved


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.name.endswith(".jsonl"))
