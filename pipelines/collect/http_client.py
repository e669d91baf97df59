"""An address that is asked for one slot at a time.

The credential goes to the address's own host only, and into no log or error: the errors of httpx
and h11 may carry what was sent, so that none of them gets further than this file.

One deadline ends a try, whatever the source does in between: drips its headers, says `100
Continue` for ever, or sends its body by drops.
"""

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType

import httpx
import tenacity

from pipelines.base.clock import now
from pipelines.base.connections import find_connection, variable
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.asking import NoAccess, SlotRefused
from pipelines.collect.unpacking import ACCEPTED, BodyUnpacker, BrokenBody, OddEncoding, TooMuch

_TRIES = 3
_TRYING_SECONDS = 30.0
"""Longest time for one slot's tries; a Retry-After beyond it is left to the next run."""
_CONNECT_SECONDS = 10.0
_MOST_REDIRECTS = 3
_NOT_YET = (202, 204, 404)
_MAY_HEAL = (408, 425, 429)
_ACCESS_REFUSED = (401, 403, 407)

sleep = time.sleep


class _TryAgain(Exception):
    """Why a try failed that the next one may cure."""

    def __init__(self, why: str, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.wait_seconds = wait_seconds


class HttpClient(AbstractContextManager["HttpClient"]):
    """The connection to one feed's source; raises `ConfigurationError` without its secret."""

    def __init__(self, timeout_seconds: float, connection: str | None) -> None:
        self._seconds = timeout_seconds
        self._connection = connection
        headers = {"User-Agent": "uec-feeds", "Accept-Encoding": ACCEPTED}
        if connection is not None:
            headers["Authorization"] = f"Bearer {_token_of(connection)}"
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            verify=_trusted(),
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._runner.run(self._client.aclose())
        finally:
            self._runner.close()

    def ask(self, address: str, within_seconds: float = _TRYING_SECONDS) -> bytes | None:
        """What the address gives, or None where there is nothing yet.

        Raises `SlotRefused`, `NoAccess`, or `SourceUnavailable` where no try was answered; the
        tries end `within_seconds` but for the last one's own time.
        """
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES)
            | tenacity.stop_before_delay(min(_TRYING_SECONDS, within_seconds)),
            wait=_pause_before_next,
            retry=tenacity.retry_if_exception_type(_TryAgain),
            sleep=lambda seconds: sleep(seconds),
            reraise=True,
        )
        try:
            return tries(self._ask_once, address)
        except _TryAgain as error:
            raise SourceUnavailable(f"{plain(address)} {error}") from None

    def _ask_once(self, address: str) -> bytes | None:
        try:
            return self._runner.run(self._ask_in_time(address))
        except (TimeoutError, httpx.TimeoutException):
            raise _TryAgain(f"gave no answer within {self._seconds:g} seconds") from None
        except httpx.ConnectError as error:
            raise _TryAgain(f"could not be reached ({error})") from None
        except BrokenBody as error:
            raise _TryAgain(f"gave an answer that is not whole: {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _TryAgain(f"broke off its answer ({type(error).__name__})") from None

    async def _ask_in_time(self, address: str) -> bytes | None:
        async with asyncio.timeout(self._seconds), self._stream(address) as answer:
            if answer.status_code in _ACCESS_REFUSED:
                raise self._access_refused(address, answer.status_code)
            return await _read(answer, address)

    def _access_refused(self, address: str, status: int) -> NoAccess:
        cure = "Give the feed's source a connection"
        if self._connection is not None:
            name = variable(self._connection)
            cure = f"Ask its provider for a new token and put it into {name}"
        return NoAccess(f"{plain(address)} refuses the credential ({status}). {cure}.")

    @asynccontextmanager
    async def _stream(self, address: str) -> AsyncIterator[httpx.Response]:
        """The answer, whose body is still to be read, of the address or another of its host."""
        request = self._client.build_request("GET", address)
        for _ in range(1 + _MOST_REDIRECTS):
            answer = await self._client.send(request, stream=True)
            if answer.next_request is None:
                try:
                    yield answer
                finally:
                    await answer.aclose()
                return
            await answer.aclose()
            if _origin(answer.next_request.url) != _origin(request.url):
                elsewhere = f"{answer.next_request.url.scheme}://{answer.next_request.url.host}"
                raise NoAccess(
                    f"{plain(address)} sends on to {elsewhere}, which is not asked. Put the right "
                    "address into the feed's file, if that is the one."
                )
            request = answer.next_request
        raise NoAccess(f"{plain(address)} sends on more than {_MOST_REDIRECTS} times.")


def plain(address: str) -> str:
    """The address without its query."""
    return address.partition("?")[0]


async def _read(answer: httpx.Response, address: str) -> bytes | None:
    """The answer's body; None where there is nothing yet."""
    status = answer.status_code
    if status in _NOT_YET:
        return None
    if status in _MAY_HEAL or status >= 500:
        raise _TryAgain(f"answered {status}", _retry_after(answer))
    if status != 200:
        raise SlotRefused(f"{plain(address)} answered {status}")
    most = settings().max_file_bytes
    told = answer.headers.get_list("Content-Encoding", split_commas=True)
    try:
        unpacker = BodyUnpacker(told, most)
        if int(answer.headers.get("Content-Length") or 0) > most:
            raise TooMuch
        async for part in answer.aiter_raw():
            unpacker.feed(part)
    except OddEncoding as error:
        raise SlotRefused(f"{plain(address)} answered packed as '{error}'; gzip is taken") from None
    except TooMuch:
        raise SlotRefused(f"{plain(address)} answered with more than {most:,} bytes") from None
    return unpacker.finish()


def _retry_after(answer: httpx.Response) -> float | None:
    """The seconds that the answer asks to wait for, None where it says nothing usable."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, LookupError, OverflowError):
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - now()).total_seconds())


def _pause_before_next(state: tenacity.RetryCallState) -> float:
    """One second, then two, unless the source says how long."""
    error = state.outcome.exception() if state.outcome else None
    told = error.wait_seconds if isinstance(error, _TryAgain) else None
    return 2.0 ** (state.attempt_number - 1) if told is None else told


def _token_of(name: str) -> str:
    token = find_connection(name).password
    if not token:
        raise ConfigurationError(
            f"The connection '{name}' has no password, which is the token: put it into "
            f'{variable(name)}, as in {{"password": "…"}}, or into Airflow\'s connection.'
        )
    # h11 would quote in its error what it cannot send.
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ConfigurationError(
            f"The password of the connection '{name}' ({variable(name)}) has characters that no "
            "token has."
        )
    return token


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted; to read them takes longer than a request."""
    return httpx.create_ssl_context()
