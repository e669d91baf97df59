"""What has arrived and is not in the ledger yet, for whoever publishes: a moment brings it all."""

import time
from datetime import timedelta
from pathlib import Path

from pipelines.base.clock import now
from pipelines.collect.arrivals import is_waiting_at_sources
from pipelines.landing.landing import Landing
from pipelines.queue import is_any_since
from pipelines.registry.registry import Registry

MOST_SECONDS = 5.0
"""A file that takes longer has the next publication."""
_LOOKED_EVERY_SECONDS = 0.03
_NEW_SECONDS = 10.0
"""A file that lies longer in a source's folder is taken by the clock, or by nobody just now."""
_FRESH = timedelta(minutes=1)
"""A delivery that waits longer in the inbox is held up by something, and nobody waits for it."""


def await_settled(home: Path, registry: Registry, seconds: float = MOST_SECONDS) -> bool:
    """Returns as soon as nothing is under way, or after that time; whether nothing was.

    Under way is what lies whole in a source's folder, and what has landed and is not settled.
    """
    landing = Landing(home)
    until = time.monotonic() + seconds
    while _is_under_way(landing, registry):
        if time.monotonic() >= until:
            return False
        time.sleep(_LOOKED_EVERY_SECONDS)
    return True


def _is_under_way(landing: Landing, registry: Registry) -> bool:
    if is_waiting_at_sources(landing.home, registry, time.time() - _NEW_SECONDS):
        return True
    return is_any_since(landing, registry, now() - _FRESH)
