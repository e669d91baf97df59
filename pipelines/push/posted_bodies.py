"""The body of a post: read whole, in time, unpacked strictly, within bounds of memory.

What is held of all bodies together is bounded, and so is what one token holds of it: a slow sender
of large files takes no room from the others.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from starlette.requests import ClientDisconnect, Request

from pipelines.base.settings import settings
from pipelines.collect.unpacking import BodyUnpacker, BrokenBody, TooMuch
from pipelines.push.push_settings import PushSettings
from pipelines.push.said_no import SaidNo, try_again

_GZIP = ("gzip", "x-gzip")
_CLOSE = {"connection": "close"}
_READ_ON_BYTES = 1_000_000
_READ_ON_SECONDS = 2.0
"""What is read of a body that is refused, so that its sender sees the answer."""


class HeldBodies:
    """Counts the bytes of bodies in memory, of all and by token."""

    def __init__(self, told: PushSettings) -> None:
        self._most = int(told.most_held)
        self._most_of_one = max(self._most // 4, settings().max_file_bytes)
        self._all = 0
        self._of: Counter[str] = Counter()

    @contextmanager
    def room(self, token_id: str) -> Iterator["HeldBody"]:
        """A body of the token; its bytes count until the end."""
        body = HeldBody(self, token_id)
        try:
            yield body
        finally:
            self._all -= body.size
            self._of[token_id] -= body.size
            if not self._of[token_id]:
                del self._of[token_id]

    def take(self, token_id: str, size: int) -> None:
        """So many bytes more; raises `SaidNo` (503) where there is no room for them."""
        is_full = self._all + size > max(self._most, settings().max_file_bytes)
        if is_full or self._of[token_id] + size > self._most_of_one:
            told = "Too many files are being sent at once. Send this one again in a moment."
            raise try_again("busy", told, 5)
        self._all += size
        self._of[token_id] += size


class HeldBody:
    """What one body holds."""

    def __init__(self, held: HeldBodies, token_id: str) -> None:
        self._held = held
        self._token_id = token_id
        self.size = 0

    def grow(self, size: int) -> None:
        """It has so many bytes now; raises `SaidNo` (503) where there is no room for them."""
        if size > self.size:
            self._held.take(self._token_id, size - self.size)
            self.size = size


class IncomingBody:
    """The body of a request as it comes in."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._is_over = False

    async def read(self, held: HeldBody, seconds: float) -> bytes:
        """The bytes of the file; raises `SaidNo` where they are too many, late, broken or cut."""
        try:
            async with asyncio.timeout(seconds):
                return await self._unpacked(held)
        except TimeoutError:
            told = f"The file did not come whole within {seconds:g} seconds. Send it again."
            raise SaidNo(408, "too_slow", told, _CLOSE) from None
        except TooMuch:
            await self.read_on()
            limit = settings().max_file_bytes
            told = (
                f"The file has more than {limit:,} bytes. Send a smaller one, or ask us for more."
            )
            raise SaidNo(413, "too_large", told, _CLOSE) from None
        except BrokenBody as error:
            await self.read_on()
            told = f"The body cannot be unpacked: {error}. Pack the whole file with gzip, or send "
            raise SaidNo(400, "broken_body", f"{told}it as it is.", _CLOSE) from None
        except ClientDisconnect:
            told = "The connection ended before the file was whole. Send it again."
            raise SaidNo(400, "cut", told, _CLOSE) from None

    async def read_on(self) -> None:
        """Some more of a body that nobody wants: who sends it would else not read the answer."""
        if self._request.headers.get("expect"):
            return
        left = _READ_ON_BYTES
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(_READ_ON_SECONDS):
                async for part in self._parts():
                    left -= len(part)
                    if left < 0:
                        return

    async def _unpacked(self, held: HeldBody) -> bytes:
        encoding, limit = encoding_of(self._request), settings().max_file_bytes
        length = self._request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise TooMuch
        unpacker = BodyUnpacker([encoding], limit)
        async for part in self._parts():
            if encoding in _GZIP:
                # A part may unpack to many megabytes, and others wait for this thread.
                await asyncio.to_thread(unpacker.feed, part)
            else:
                unpacker.feed(part)
            held.grow(unpacker.size)
        return unpacker.finish()

    async def _parts(self) -> AsyncIterator[bytes]:
        while not self._is_over:
            message = await self._request.receive()
            if message["type"] != "http.request":
                raise ClientDisconnect
            self._is_over = not message.get("more_body", False)
            yield message.get("body", b"")


def encoding_of(request: Request) -> str:
    """How the body is packed; raises `SaidNo` (415) unless with gzip or not at all."""
    named = ",".join(request.headers.getlist("content-encoding")).lower()
    encoding = named.strip() or "identity"
    if encoding != "identity" and encoding not in _GZIP:
        told = "The body may be packed with gzip (Content-Encoding: gzip) or not at all."
        raise SaidNo(415, "odd_encoding", told, {"accept-encoding": "gzip", **_CLOSE})
    return encoding
