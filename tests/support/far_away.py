"""A way to a server on this machine that takes as long as one over a distance."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STARTING_SECONDS = 20.0
_PART_BYTES = 65_536


@contextmanager
def far_away(port: int, round_trip_seconds: float) -> Iterator[int]:
    """A port that leads to the other, half of the time later in each direction."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="far away", daemon=True)
    thread.start()
    delay = round_trip_seconds / 2

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        # Each part waits for itself: what follows is on its way meanwhile.
        with suppress(OSError):
            while part := await source.read(_PART_BYTES):
                loop.call_later(delay, target.write, part)
        loop.call_later(delay, target.close)

    async def lead(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(near, there), carry(far, back))

    async def start() -> asyncio.Server:
        return await asyncio.start_server(lead, "127.0.0.1", 0)

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(_STARTING_SECONDS)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(_STARTING_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_STARTING_SECONDS)
        loop.close()
