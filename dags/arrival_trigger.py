"""The event trigger that starts a collection's run when something of it arrives.

All collections share one look at the folders: Airflow's triggerer runs it once for all of them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Hashable
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

_LOOKED_EVERY_SECONDS = 0.1
_AFTER_A_FAULT_SECONDS = 10.0


class ArrivalTrigger(BaseEventTrigger):
    """Fires for each arrival of its collection."""

    def __init__(self, collection: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.collection = collection

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """What the triggerer makes the trigger of again."""
        return f"{__name__}.{type(self).__qualname__}", {"collection": self.collection}

    def shared_stream_key(self) -> Hashable:
        """The same for all collections."""
        return ("arrivals",)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[str]:
        """The names of collections, as something of them arrives."""
        from pipelines.base.settings import settings
        from pipelines.collect.arrivals import ArrivalWatch

        arrivals = ArrivalWatch(settings().root)
        while True:
            try:
                arrived = await asyncio.to_thread(arrivals.look)
            except Exception:
                # The stream of all collections would end with it; the clock starts runs as well.
                logging.getLogger(__name__).exception("No look for arrivals just now")
                arrived = set()
                await asyncio.sleep(_AFTER_A_FAULT_SECONDS)
            for name in sorted(arrived):
                yield name
            await asyncio.sleep(_LOOKED_EVERY_SECONDS)

    async def filter_shared_stream(
        self, shared_stream: AsyncIterator[str]
    ) -> AsyncIterator[TriggerEvent]:
        """An event for each arrival of the collection."""
        async for name in shared_stream:
            if name == self.collection:
                yield TriggerEvent({"collection": name})  # type: ignore[no-untyped-call]

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same by a look of its own, for who runs it alone."""
        async for event in self.filter_shared_stream(self.open_shared_stream({})):
            yield event
