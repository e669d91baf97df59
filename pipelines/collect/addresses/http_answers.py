"""An answer over HTTP: its body read whole, bounded and strictly unpacked, or why there is none."""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.base.settings import settings
from pipelines.collect.addresses.asking import SlotRefused
from pipelines.collect.unpacking import BodyUnpacker, OddEncoding, TooMuch

if TYPE_CHECKING:
    # Feed files are read where nobody asks an address.
    import httpx

NOT_MODIFIED = 304
NOT_THERE = 404
_NOT_YET = (202, 204, NOT_THERE)
_LONGEST_VALIDATOR = 1000
_MAY_HEAL = (408, 425, 429)


class TryAgain(Exception):
    """Why a try failed that the next one may cure."""

    def __init__(self, why: str, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What an address answered."""

    status: int
    address: str
    """Who answered, after redirects within the host."""
    content: bytes | None = None
    """None where there is nothing yet, or nothing new."""
    etag: str = ""
    last_modified: str = ""
    """Both as they came: they are sent back unchanged."""
    next_link: str = ""
    """What `Link: <…>; rel=next` says."""

    @property
    def is_unchanged(self) -> bool:
        """Whether it is what was given before."""
        return self.status == NOT_MODIFIED


def plain(address: str) -> str:
    """The address without its query."""
    return address.partition("?")[0]


async def read_answer(answer: "httpx.Response", address: str) -> HttpAnswer:
    """The answer with its body; raises `TryAgain`, or `SlotRefused` where no try will help."""
    status, url = answer.status_code, str(answer.url)
    if status in _NOT_YET or status == NOT_MODIFIED:
        return HttpAnswer(status, url)
    if status in _MAY_HEAL or status >= 500:
        raise TryAgain(f"answered {status}", retry_after(answer))
    if status != 200:
        raise SlotRefused(f"{plain(address)} answered {status}")
    return HttpAnswer(
        status,
        url,
        await _read_body(answer, address),
        _validator(answer, "ETag"),
        _validator(answer, "Last-Modified"),
        answer.links.get("next", {}).get("url", ""),
    )


def _validator(answer: "httpx.Response", name: str) -> str:
    """The header as it came; empty where it could not be sent back."""
    told = answer.headers.get(name, "")
    is_sendable = told.isascii() and told.isprintable() and len(told) <= _LONGEST_VALIDATOR
    return told if is_sendable else ""


async def _read_body(answer: "httpx.Response", address: str) -> bytes:
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


def retry_after(answer: "httpx.Response") -> float | None:
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
