"""One run's connection to an SFTP server, which is made when it is first needed.

One deadline ends a run, and a shorter one each file, whatever the server does in between: says
nothing, sends by drops, or never ends a listing. A connection that broke off is made anew for what
comes after, so that what has landed can still be put away.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TypeVar

import asyncssh

from pipelines.base.errors import SourceUnavailable
from pipelines.base.outgoing import one_line
from pipelines.collect.listed_files import Fetched, Listed, Unread, in_parts
from pipelines.collect.sftp.sftp_access import SftpAccess, find_access, get_in
from pipelines.collect.sftp.sftp_files import (
    MOST_NAMES,
    ChangedMeanwhile,
    LyingList,
    TooManyNames,
    read_whole,
)

_RUN_SECONDS = 600.0
"""Of one run. A quarter of an hour's ticks follow each other, and a hanging one ends before."""
_AT_ONCE = 64
"""Files on their way at the same time; with 20 ms to the server a thousand take 1.6 seconds."""
_FILES_IN_MEMORY = 256
_BYTES_IN_MEMORY = 32 * 1024 * 1024
_LEAST_BYTES_A_SECOND = 50_000
"""Of a file that comes too slowly to be waited for."""
_SLOW_IN_A_ROW = 3
"""Files that hang one after the other: then it is the server."""
_CLOSING_SECONDS = 2.0

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[asyncssh.SFTPClient], Awaitable[Result]]
Read = Callable[[asyncssh.SFTPClient, Listed], Awaitable[bytes]]


class SftpClient(AbstractContextManager["SftpClient"]):
    """A connection to the server; `seconds` is how long one answer may take."""

    def __init__(self, connection: str, seconds: float) -> None:
        self.connection = connection
        self._seconds = seconds
        self._ends_at = time.monotonic() + _RUN_SECONDS
        self._runner = asyncio.Runner()
        self._access: SftpAccess | None = None
        self._session: tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient] | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()

    @property
    def access(self) -> SftpAccess:
        """What the connection says; raises `ConfigurationError` where it does not say enough."""
        if self._access is None:
            self._access = find_access(self.connection)
        return self._access

    def run(self, work: Work[Result], seconds: float | None = None) -> Result:
        """What the work gives, done in that time, or in the time for one answer.

        Raises `SourceUnavailable` where the server is not reached or breaks off; errors about one
        file or folder (`asyncssh.SFTPError`) come through.
        """
        return self._run(work, seconds or self._seconds)

    def each(
        self, items: Iterable[Item], work: Callable[[asyncssh.SFTPClient, Item], Awaitable[Result]]
    ) -> Iterator[tuple[Item, Result | Exception]]:
        """What the work gives for each of the items, many at once, or why it gives nothing.

        Raises `SourceUnavailable` where the server is not reached at first.
        """
        limit = asyncio.Semaphore(_AT_ONCE)

        is_stuck = asyncio.Event()

        async def do(sftp: asyncssh.SFTPClient, item: Item) -> Result:
            async with limit:
                if is_stuck.is_set():
                    raise TimeoutError
                try:
                    async with asyncio.timeout(self._seconds_for(item)):
                        return await work(sftp, item)
                except TimeoutError:
                    # Servers do one thing after the other: what follows would wait behind it.
                    is_stuck.set()
                    raise

        async def do_all(sftp: asyncssh.SFTPClient) -> list[Result | BaseException]:
            return await asyncio.gather(*(do(sftp, item) for item in own), return_exceptions=True)

        own = list(items)
        for item, result in zip(own, self._run(do_all, None), strict=True):
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
            yield item, result

    def read(
        self, files: Iterable[Listed], path_of: Callable[[Listed], str]
    ) -> Iterator[Fetched | Unread]:
        """The files with their bytes, or why they cannot be read; those that changed are left out.

        Raises `SourceUnavailable` where the server breaks off, after those that came before.
        """

        async def read(sftp: asyncssh.SFTPClient, file: Listed) -> bytes:
            return await read_whole(sftp, path_of(file), file)

        for batch in in_parts(files, _FILES_IN_MEMORY, _BYTES_IN_MEMORY):
            stuck: list[Listed] = []
            yield from self._read_at_once(batch, read, stuck)
            yield from self._read_singly(stuck, read, is_all=len(stuck) == len(batch))

    def _read_at_once(
        self, files: Sequence[Listed], read: Read, stuck: list[Listed]
    ) -> Iterator[Fetched | Unread]:
        """As `read`; those that did not come in time are added to `stuck`."""
        broken: Exception | None = None
        for file, result in self.each(files, read):
            if isinstance(result, bytes):
                yield Fetched(file, result)
            elif isinstance(result, TimeoutError):
                stuck.append(file)
            elif isinstance(result, LyingList):
                yield Unread(file, f"is listed with {file.size:,} bytes and has {result}")
            elif is_broken(result):
                broken = result
            elif not isinstance(result, ChangedMeanwhile):
                yield Unread(file, f"cannot be read ({in_words(result)})")
        if broken is not None:
            raise self._broken_off(broken)

    def _read_singly(
        self, files: Sequence[Listed], read: Read, *, is_all: bool
    ) -> Iterator[Fetched | Unread]:
        """As `read`, each on a connection that nothing holds up.

        Servers do one thing after the other, so that one file that hangs holds up all others.
        Raises `SourceUnavailable` where several hang one after the other, or all (`is_all`) do.
        """
        slow: list[Listed] = []
        in_a_row = 0
        for file in files:
            if in_a_row or file is files[0]:
                self._drop_session()
            before = len(slow)
            yield from self._read_at_once([file], read, slow)
            in_a_row = in_a_row + 1 if len(slow) > before else 0
            if in_a_row == _SLOW_IN_A_ROW:
                raise self._broken_off(TimeoutError())
        if is_all and files and len(slow) == len(files):
            raise self._broken_off(TimeoutError())
        for file in slow:
            yield Unread(file, "comes too slowly, and is asked for again")

    def _run(self, work: Work[Result], seconds: float | None) -> Result:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise self._out_of_time()
        try:
            return self._runner.run(self._in_time(work, left, seconds))
        except TooManyNames:
            raise SourceUnavailable(
                f"A folder at {self.access.place} holds more than {MOST_NAMES:,} names. Have old "
                "files moved away, or set `after_landing: move`."
            ) from None
        except (TimeoutError, OSError, asyncssh.Error) as error:
            if not is_broken(error):
                raise
            self._drop_session()
            if self._ends_at <= time.monotonic():
                raise self._out_of_time() from None
            raise self._broken_off(error) from None

    async def _in_time(self, work: Work[Result], left: float, seconds: float | None) -> Result:
        async with asyncio.timeout(left):
            if self._session is None or self._session[0].is_closed():
                self._session = await get_in(self.access, self._seconds)
            async with asyncio.timeout(seconds):
                return await work(self._session[1])

    def _seconds_for(self, item: object) -> float:
        size = item.size if isinstance(item, Listed) else 0
        return self._seconds + size / _LEAST_BYTES_A_SECOND

    def _broken_off(self, error: Exception) -> SourceUnavailable:
        place = self.access.place
        if isinstance(error, TimeoutError):
            self._drop_session()
            return SourceUnavailable(
                f"{place} gave no whole answer within {self._seconds:g} seconds. The next run "
                "goes on; where it lasts, raise `timeout_seconds` or ask its provider."
            )
        return SourceUnavailable(
            f"{place} broke off the connection ({in_words(error)}). Nothing is half landed, and "
            "the next run goes on."
        )

    def _out_of_time(self) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.access.place} took more than {_RUN_SECONDS:g} seconds for one run. What came "
            "whole has landed, and the next run goes on."
        )

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session[0].abort()
            self._session = None

    async def _close(self) -> None:
        if self._session is None:
            return
        connection, _ = self._session
        connection.close()
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                await connection.wait_closed()
        except (TimeoutError, OSError, asyncssh.Error):
            connection.abort()


def is_broken(error: object) -> bool:
    """Whether the connection, and not one file, is at fault."""
    if isinstance(error, OSError):
        # That one is ours: the server has something else where a folder should be.
        return not isinstance(error, NotADirectoryError)
    return isinstance(
        error,
        asyncssh.DisconnectError
        | asyncssh.ChannelOpenError
        | asyncssh.SFTPConnectionLost
        | asyncssh.SFTPNoConnection
        | asyncssh.SFTPBadMessage,
    )


def in_words(error: object) -> str:
    """What the server or the network said, on one line."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return "the server gives no permission"
    if isinstance(error, ChangedMeanwhile):
        return "another came in its place"
    said = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return one_line(str(said)) or type(error).__name__
