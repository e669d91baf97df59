"""One look of the watch: evaluates, remembers, and tells once what is new or over.

Findings are committed before anything is sent, and a finding counts as told only after a channel
took it: a process that dies in between tells it twice rather than never. Nobody waits for a mail
server while holding the warehouse.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import SitrepError, WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.base.settings import settings
from pipelines.landing.landing import Landing
from pipelines.registry.registry import Registry, load_registry
from pipelines.watch.alert import roll_up
from pipelines.watch.channels import AlertNotTaken, channels_of
from pipelines.watch.evaluate import evaluate
from pipelines.watch.known_monitors import KnownMonitors, find_monitors
from pipelines.watch.monitor import Check
from pipelines.watch.scene import set_scene
from pipelines.watch.state import Watched, carry_on, untold, untold_over
from pipelines.watch.watch_finding import WatchFinding

_log = logging.getLogger("sitrep.watch")


class WatchFault(SitrepError):
    """A monitor could not look: our fault. What the others found is kept and told."""


@dataclass(frozen=True)
class Look:
    """What a look left behind."""

    open: tuple[Watched, ...]
    """The findings that are there now, the newest first."""
    recent: tuple[Watched, ...]
    """These, and those that were over lately."""
    faults: tuple[str, ...]
    """What could not be looked at, and why."""


@disk_faults_told()
def watch() -> int:
    """Looks at all feeds, tells what is new or over, and gives the number of open findings.

    Raises `AlertNotTaken` where a channel fails, to be tried again, and `WatchFault` where a
    monitor does; all else is done by then.
    """
    look = look_now()
    tell(look)
    return len(finish(look).open)


def look_now() -> Look:
    """`ops.watch` has the findings of now; nothing is sent."""
    from pipelines.watch.watch_memory import read_open, read_recent, write_open
    from warehouse.store.connection import open_warehouse

    home, registry, moment = settings().root, load_registry(), now()
    with _watch_lock(home), open_warehouse(home) as connection:
        # Read after the lock: what is settled meanwhile would still seem to wait.
        waiting = tuple(Landing(home).waiting())
        before, monitors = read_open(connection), find_monitors()
        scene = set_scene(connection, registry, waiting, moment, tuple(before))
        found, failed, errors = evaluate(scene, monitors.usable)
        left_out = (f"{name} is not looked at: {why}" for name, why in scene.left_out.items())
        is_held = _held(registry, monitors, failed)
        write_open(connection, carry_on(before, found, is_held, moment))
        recent = tuple(read_recent(connection, moment))
    return Look(
        tuple(row for row in recent if row.is_open),
        recent,
        (*_tell_broken(monitors), *left_out, *errors),
    )


def tell(look: Look) -> None:
    """Every channel has taken one roll-up of what it has not told yet, if there is anything.

    Raises `AlertNotTaken` after all channels were tried, where one of them failed.
    """
    from pipelines.watch.watch_memory import note_told, read_recent
    from warehouse.store.connection import open_warehouse

    channels = channels_of(settings())
    if not any(_to_tell(look.recent, channel.name) for channel in channels):
        return
    home, failures = settings().root, []
    with _watch_lock(home):
        with open_warehouse(home) as connection:
            rows = read_recent(connection, now())
        for channel in channels:
            new, over = _to_tell(rows, channel.name) or ([], [])
            alert = roll_up(new, over, sum(1 for row in rows if row.is_open), now())
            if alert is None:
                continue
            try:
                channel.send(alert)
            except AlertNotTaken as error:
                failures.append(f"{channel.name}: {error}")
                continue
            with open_warehouse(home) as connection:
                note_told(connection, channel.name, new, over, now())
    if failures:
        raise AlertNotTaken(
            "\n".join([*failures, "The alert is kept, and sent with the next look."])
        )


def finish(look: Look) -> Look:
    """The look; raises `WatchFault` where something could not be looked at."""
    if look.faults:
        raise WatchFault("\n".join(look.faults))
    return look


def _to_tell(rows: Sequence[Watched], channel: str) -> tuple[list[Watched], list[Watched]] | None:
    """What is new and what is over to the channel, None where neither is."""
    new, over = untold(rows, channel), untold_over(rows, channel)
    return (new, over) if new or over else None


def _tell_broken(monitors: KnownMonitors) -> list[str]:
    """The log and these lines say which monitors cannot be used, and why."""
    for one in monitors.broken:
        _log.error("The monitor %s cannot be used", one.module, exc_info=one.error)
    return [
        f"The monitor {one.module} cannot be used: {type(one.error).__name__}: {one.error}"
        for one in monitors.broken
    ]


def _held(
    registry: Registry, monitors: KnownMonitors, failed: Sequence[Check]
) -> Callable[[WatchFinding], bool]:
    """Whether nobody could look for a finding: its monitor failed, or a file of it is broken."""
    kinds = monitors.kinds

    def is_held(finding: WatchFinding) -> bool:
        if any(check.looks_for(finding) for check in failed):
            return True
        if monitors.broken and finding.code not in kinds:
            return True
        is_known = finding.feed_id in registry.feeds if finding.feed_id else True
        is_known = is_known and finding.collection in registry.collections
        return bool(registry.problems) and not is_known

    return is_held


def _watch_lock(home: Path) -> AbstractContextManager[None]:
    """A lock: one look at a time, so that nothing is told twice."""
    return held_lock(home, "watch", WarehouseBusy, "The watch")
