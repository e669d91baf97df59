"""An address that is asked for one slot at a time.

The credential goes to the address's own host only, and into no log or error: the errors of httpx
and h11 may carry what was sent, so that none of them gets further than this file.
"""

import re
import ssl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType

import httpx
import tenacity

from pipelines.base.clock import now
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.settings import connection_secret, connection_variable
from pipelines.collect.asking import NoAccess, SlotRefused

LARGEST_BYTES = 64 * 1024 * 1024
"""A day of all trusts takes a few; what is larger is no SitRep and would fill the memory."""
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
        headers = {"User-Agent": "uec-feeds"}
        if connection is not None:
            headers["Authorization"] = f"Bearer {_secret_of(connection)}"
        self._client = httpx.Client(
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
        self._client.close()

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
        until = time.monotonic() + self._seconds
        try:
            with self._stream(address) as answer:
                if answer.status_code in _ACCESS_REFUSED:
                    raise self._access_refused(address, answer.status_code)
                return _read(answer, address, until)
        except httpx.TimeoutException:
            raise _TryAgain(f"gave no answer within {self._seconds:g} seconds") from None
        except httpx.ConnectError as error:
            raise _TryAgain(f"could not be reached ({error})") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _TryAgain(f"broke off its answer ({type(error).__name__})") from None

    def _access_refused(self, address: str, status: int) -> NoAccess:
        cure = "Give the feed's source a connection"
        if self._connection is not None:
            variable = connection_variable(self._connection)
            cure = f"Ask its provider for a new token and put it into {variable}"
        return NoAccess(f"{plain(address)} refuses the credential ({status}). {cure}.")

    @contextmanager
    def _stream(self, address: str) -> Iterator[httpx.Response]:
        """The answer, whose body is still to be read, of the address or another of its host."""
        request = self._client.build_request("GET", address)
        for _ in range(1 + _MOST_REDIRECTS):
            answer = self._client.send(request, stream=True)
            if answer.next_request is None:
                try:
                    yield answer
                finally:
                    answer.close()
                return
            answer.close()
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


def _read(answer: httpx.Response, address: str, until: float) -> bytes | None:
    """The answer's body; None where there is nothing yet."""
    status = answer.status_code
    if status in _NOT_YET:
        return None
    if status in _MAY_HEAL or status >= 500:
        raise _TryAgain(f"answered {status}", _retry_after(answer))
    if status != 200:
        raise SlotRefused(f"{plain(address)} answered {status}")
    if int(answer.headers.get("Content-Length") or 0) > LARGEST_BYTES:
        raise _too_large(address)
    content = bytearray()
    for part in answer.iter_bytes():
        content += part
        if len(content) > LARGEST_BYTES:
            raise _too_large(address)
        if time.monotonic() > until:
            raise httpx.ReadTimeout("The whole answer took too long.")
    return bytes(content)


def _too_large(address: str) -> SlotRefused:
    limit = LARGEST_BYTES // 1024**2
    return SlotRefused(f"{plain(address)} answered with more than {limit} MB")


def _retry_after(answer: httpx.Response) -> float | None:
    """The seconds that the answer asks to wait for, None where it says nothing usable."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - now()).total_seconds())


def _pause_before_next(state: tenacity.RetryCallState) -> float:
    """One second, then two, unless the source says how long."""
    error = state.outcome.exception() if state.outcome else None
    told = error.wait_seconds if isinstance(error, _TryAgain) else None
    return 2.0 ** (state.attempt_number - 1) if told is None else told


def _secret_of(connection: str) -> str:
    variable = connection_variable(connection)
    secret = connection_secret(connection)
    if secret is None:
        raise ConfigurationError(f"{variable} is not set: the feed's connection has no secret.")
    value = secret.get_secret_value()
    # h11 would quote in its error what it cannot send.
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ConfigurationError(f"{variable} has characters that no token has.")
    return value


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted; to read them takes longer than a request."""
    return httpx.create_ssl_context()
