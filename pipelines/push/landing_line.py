"""The line of posts in front of landing: those that wait are landed together.

One thread lands, so that what waits in the inbox is looked up once for all of them, and many posts
at once cost one sync of the disk. A post is answered only when its landing has returned.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines.base.disk_faults import disk_faults_told
from pipelines.collect.arrivals import note_arrived
from pipelines.landing.landing import Delivery, Manifest
from pipelines.landing.served_landing import ServedLanding
from pipelines.registry.feed import collection_named_in

_MOST_TOGETHER = 200
_log = logging.getLogger("sitrep.push")

Landed = Manifest | Exception


class LandingLine:
    """Lands deliveries of many requests, in the order in which they came."""

    def __init__(self, home: Path) -> None:
        self._landing = ServedLanding(home)
        self._thread = ThreadPoolExecutor(1, "landing")
        self._line: list[tuple[Delivery, asyncio.Future[Manifest]]] = []
        self._landing_on: asyncio.Task[None] | None = None

    async def land(self, delivery: Delivery) -> Manifest:
        """The manifest of the delivery, which is durable.

        Raises `DiskFault` where the disk takes no more. A caller that is gone meanwhile takes
        nothing back.
        """
        done: asyncio.Future[Manifest] = asyncio.get_running_loop().create_future()
        self._line.append((delivery, done))
        if self._landing_on is None or self._landing_on.done():
            self._landing_on = asyncio.create_task(self._land_on())
        return await done

    def close(self) -> None:
        """What is being landed has landed; no more is taken."""
        self._thread.shutdown()

    async def _land_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self._line:
            taken, self._line = self._line[:_MOST_TOGETHER], self._line[_MOST_TOGETHER:]
            deliveries = [delivery for delivery, _ in taken]
            try:
                landed = await loop.run_in_executor(self._thread, self._land_all, deliveries)
            except BaseException as error:
                # The server ends, or has a fault of its own: nobody is left waiting.
                told = error if isinstance(error, Exception) else RuntimeError("landing has ended")
                landed = [told] * len(taken)
                if not isinstance(error, Exception):
                    _answer(taken, landed)
                    raise
            _answer(taken, landed)

    def _land_all(self, deliveries: Sequence[Delivery]) -> list[Landed]:
        """The manifest of each delivery, or why it could not be landed."""
        try:
            return self._land(deliveries)
        except Exception as error:
            if len(deliveries) == 1:
                return [error]
            _log.warning("landing %d posts together failed: %s", len(deliveries), error)
        # What one of them does costs no other.
        return [result for one in deliveries for result in self._land_all([one])]

    def _land(self, deliveries: Sequence[Delivery]) -> list[Landed]:
        with disk_faults_told():
            landed = self._landing.land_all(deliveries)
        note_arrived(self._landing.home, {collection_named_in(one.feed_id) for one in landed})
        return [*landed]


def _answer(
    taken: Sequence[tuple[Delivery, asyncio.Future[Manifest]]], landed: Sequence[Landed]
) -> None:
    for (_, done), result in zip(taken, landed, strict=True):
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)
