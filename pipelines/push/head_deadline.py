"""A connection that sends the head of a request too slowly, or too large a one, is closed.

uvicorn waits for a head without an end, and a few hundred such connections would keep all others
out. Bodies have a deadline of their own (`posted_bodies`).
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_BYTES = 64 * 1024


def protocol_with_deadline(seconds: float) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, in which a head takes no longer than that."""

    class HeadDeadline(HttpToolsProtocol):
        """Counts time and bytes until the head of a request is there."""

        _late: asyncio.TimerHandle | None = None
        _head_bytes = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_is_there()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._late is not None:
                self._head_bytes += len(data)
            super().data_received(data)
            if self._late is not None and self._head_bytes > _MOST_BYTES:
                self._close()

        def on_headers_complete(self) -> None:
            self._head_is_there()
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.cycle is None or self.cycle.response_complete:
                self._await_head()

        def _await_head(self) -> None:
            self._head_is_there()
            self._head_bytes = 0
            self._late = self.loop.call_later(seconds, self._close)

        def _head_is_there(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _close(self) -> None:
            if not self.transport.is_closing():
                self.transport.close()

    return HeadDeadline
