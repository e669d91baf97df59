"""An address that is asked: tries, time limits, redirects, and who asks.

The credential goes to the address's own host only, and into no log or error: the errors of httpx
and h11 may carry what was sent, so that none of them gets further than this file.

One deadline ends a try, whatever the source does in between: drips its headers, says `100
Continue` for ever, or sends its body by drops. What is wrong with a certificate is not tried again.
"""

import asyncio
import logging
import random
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from types import TracebackType

import httpx
import tenacity

from pipelines.base.connections import find_connection, variable
from pipelines.base.errors import SourceUnavailable
from pipelines.collect.addresses.asking import NoAccess
from pipelines.collect.addresses.certificates import context_for
from pipelines.collect.addresses.http_answers import HttpAnswer, TryAgain, plain, read_answer
from pipelines.collect.addresses.http_credentials import authorization_of
from pipelines.collect.addresses.tls_faults import listen_for_refusal, place_of, tls_fault
from pipelines.collect.unpacking import ACCEPTED, BrokenBody

_TRIES = 3
_TRYING_SECONDS = 30.0
"""Longest time for one slot's tries; a Retry-After beyond it is left to the next run."""
_CONNECT_SECONDS = 10.0
_MOST_REDIRECTS = 3
_ACCESS_REFUSED = (401, 403, 407)
_JITTER_OF_PAUSE, _LONGEST_JITTER_SECONDS = 0.5, 5.0
"""Who was sent away together does not come back together: up to so much later, never earlier."""

# They tell whole addresses and headers of answers, in which a source may put signed links.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

sleep = time.sleep
lot = random.random
"""A number from 0 to 1, by which a pause is longer."""


class HttpClient(AbstractContextManager["HttpClient"]):
    """The connection to one feed's source; raises `ConfigurationError` without its secret."""

    def __init__(self, timeout_seconds: float, connection: str | None, tries: int = _TRIES) -> None:
        self._seconds = timeout_seconds
        self._connection = find_connection(connection) if connection is not None else None
        self._tries = tries
        headers = {"User-Agent": "uec-feeds", "Accept-Encoding": ACCEPTED}
        if self._connection and (told := authorization_of(self._connection)):
            headers["Authorization"] = told
        self.context = context_for(self._connection)
        self._has_listened = False
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            verify=self.context,
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
        """What the address gives, or None where there is nothing yet; raises as `get` does."""
        return self.get(address, within_seconds).content

    def get(
        self,
        address: str,
        within_seconds: float = _TRYING_SECONDS,
        conditions: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """What the address answers; with `conditions` as headers only if it is new.

        Raises `SlotRefused`, `NoAccess`, or `SourceUnavailable` where no try was answered; the
        tries end `within_seconds` but for the last one's own time.
        """
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._tries)
            | tenacity.stop_before_delay(min(_TRYING_SECONDS, within_seconds)),
            wait=_pause_before_next,
            retry=tenacity.retry_if_exception_type(TryAgain),
            sleep=lambda seconds: sleep(seconds),
            reraise=True,
        )
        try:
            return tries(self._ask_once, address, conditions or {})
        except TryAgain as error:
            raise SourceUnavailable(f"{plain(address)} {error}") from None

    def _ask_once(self, address: str, conditions: Mapping[str, str]) -> HttpAnswer:
        try:
            return self._runner.run(self._ask_in_time(address, conditions))
        except (TimeoutError, httpx.TimeoutException):
            raise TryAgain(f"gave no answer within {self._seconds:g} seconds") from None
        except BrokenBody as error:
            raise TryAgain(f"gave an answer that is not whole: {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, ssl.SSLError) as error:
            raise self._told(error, address) from None

    def _told(self, error: Exception, address: str) -> Exception:
        if fault := tls_fault(error, address, self._connection):
            return NoAccess(f"{plain(address)} {fault.told}")
        if isinstance(error, httpx.ConnectError):
            return TryAgain(f"could not be reached ({error})")
        if address.startswith("https:") and not self._has_listened:
            # A refusal of our certificate may look like that; a second look takes a while.
            self._has_listened = True
            if fault := listen_for_refusal(place_of(address), self.context, self._connection):
                return NoAccess(f"{plain(address)} {fault.told}")
        return TryAgain(f"broke off its answer ({type(error).__name__})")

    async def _ask_in_time(self, address: str, conditions: Mapping[str, str]) -> HttpAnswer:
        async with asyncio.timeout(self._seconds), self._stream(address, conditions) as answer:
            if answer.status_code in _ACCESS_REFUSED:
                raise self._access_refused(address, answer.status_code)
            return await read_answer(answer, address)

    def _access_refused(self, address: str, status: int) -> NoAccess:
        cure = "Give the feed's source a connection"
        if self._connection is not None:
            name = variable(self._connection.name)
            cure = f"Ask its provider for a new token and put it into {name}"
            if self._connection.login:
                cure = f"Check the login and the password in {name}"
        return NoAccess(f"{plain(address)} refuses the credential ({status}). {cure}.")

    @asynccontextmanager
    async def _stream(
        self, address: str, conditions: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """The answer, whose body is still to be read, of the address or another of its host."""
        request = self._client.build_request("GET", address, headers=conditions)
        for _ in range(1 + _MOST_REDIRECTS):
            answer = await self._client.send(request, stream=True)
            if answer.next_request is None:
                try:
                    yield answer
                finally:
                    await answer.aclose()
                return
            await answer.aclose()
            if origin(str(answer.next_request.url)) != origin(str(request.url)):
                elsewhere = f"{answer.next_request.url.scheme}://{answer.next_request.url.host}"
                raise NoAccess(
                    f"{plain(address)} sends on to {elsewhere}, which is not asked. Put the right "
                    "address into the feed's file, if that is the one."
                )
            request = answer.next_request
        raise NoAccess(f"{plain(address)} sends on more than {_MOST_REDIRECTS} times.")


def origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of the address; raises `ValueError` where it is none."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise ValueError("it is no address") from None
    return url.scheme, url.host, url.port


def _pause_before_next(state: tenacity.RetryCallState) -> float:
    """One second, then two, unless the source says how long; and a part of it more, by lot."""
    error = state.outcome.exception() if state.outcome else None
    told = error.wait_seconds if isinstance(error, TryAgain) else None
    pause = 2.0 ** (state.attempt_number - 1) if told is None else told
    return pause + lot() * min(max(pause, 1.0) * _JITTER_OF_PAUSE, _LONGEST_JITTER_SECONDS)
