"""Pages: where the next one of a listing is, and which is the last.

A listing may lie: send in a circle, to another host, or on for ever. Each is told, and the run
takes nothing of that listing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec
from pydantic import Field, model_validator

from pipelines.base.errors import SourceUnavailable
from pipelines.base.yamlfile import Strict
from pipelines.collect.addresses.http_answers import HttpAnswer, plain

LINK = "link"
_PATH = re.compile(r"\$(\.[^.\[\]]+|\[\d+\])+")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NO_JSON = (msgspec.DecodeError, ValueError, RecursionError)
_LONGEST_ADDRESS = 8000
"""Servers and proxies take no longer ones."""


class Paging(Strict):
    """How a listing goes on: by what it says of its next page, or by counting."""

    next: str | None = Field(
        default=None,
        description="'link' (the header Link with rel=next), or where the answer's JSON has the "
        "next address: $.links.next.",
    )
    parameter: str | None = Field(
        default=None, min_length=1, description="Name of the parameter that counts pages."
    )
    first: int = Field(default=1, ge=0, le=1, description="Number of the first page.")
    until: Literal["empty", "404"] = Field(
        default="empty", description="What comes after the last page, where pages are counted."
    )

    @model_validator(mode="after")
    def _goes_on_in_one_way(self) -> "Paging":
        if (self.next is None) == (self.parameter is None):
            raise ValueError("has either next or parameter")
        if self.next is not None and self.next != LINK and not _PATH.fullmatch(self.next):
            raise ValueError("next: is link, or a path as in $.links.next")
        return self

    @property
    def is_counted(self) -> bool:
        """Whether the address of each page is known beforehand."""
        return self.parameter is not None

    def first_address(self, address: str) -> str:
        """Where the first page is."""
        return self._counted(address, self.first) if self.is_counted else address

    def is_end(self, answer: HttpAnswer) -> bool:
        """Whether the answer is what comes after the last page."""
        if not self.is_counted:
            return False
        if self.until == "404":
            return answer.status == 404
        return answer.status == 204 or (answer.content is not None and _is_empty(answer.content))

    def next_address(self, address: str, number: int, answer: HttpAnswer) -> str | None:
        """Where the page after the one of that number (from 1) is; None after the last.

        Raises `SourceUnavailable` where that cannot be asked.
        """
        if self.is_counted:
            return self._counted(address, self.first + number)
        told = answer.next_link if self.next == LINK else self._told_in(answer)
        return _followed(answer.address, told) if told else None

    def _told_in(self, answer: HttpAnswer) -> str | None:
        # Only what lies on the way is made into objects: an answer may have many megabytes.
        found: msgspec.Raw | None = msgspec.Raw(answer.content or b"null")
        try:
            for name, number in _STEP.findall(self.next or ""):
                found = _entry(found, name) if name else _item(found, int(number))
                if found is None:
                    return None
            return msgspec.json.decode(found or b"null", type=str | None) or None
        except msgspec.ValidationError:
            raise _lying(answer.address, f"has no address at {self.next}") from None
        except _NO_JSON:
            raise _lying(answer.address, f"is no JSON, so that it has no {self.next}") from None

    def _counted(self, address: str, number: int) -> str:
        parts = urlsplit(address)
        others = [
            one
            for one in parse_qsl(parts.query, keep_blank_values=True)
            if one[0] != self.parameter
        ]
        query = urlencode([*others, (str(self.parameter), str(number))])
        return urlunsplit(parts._replace(query=query))


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page of an answer."""

    number: int
    """From 1."""
    asked: str
    """The address that was asked."""
    answer: HttpAnswer
    sha256: str
    is_new: bool


def refuse_circle(address: str, pages: Sequence[FetchedPage], asked: set[str], most: int) -> None:
    """Raises `SourceUnavailable` where the listing was there already, or does not end."""
    if address in asked:
        raise _lying(address, f"is named as the page after page {len(pages)}, and was read before")
    if len(pages) >= most:
        raise _lying(address, f"has more than {most} pages. Ask for less at once")
    asked.add(address)


def refuse_repeated(page: FetchedPage, pages: Sequence[FetchedPage]) -> None:
    """Raises `SourceUnavailable` where a page is the one before it again."""
    if pages and pages[-1].sha256 == page.sha256:
        raise _lying(
            page.answer.address,
            f"gives page {page.number - 1} again as page {page.number}. Check the paging of the "
            "feed's source",
        )


def _followed(address: str, told: str) -> str:
    """The next address, of the same host; raises `SourceUnavailable` where it is another."""
    from pipelines.collect.addresses.http_client import origin

    try:
        following = urljoin(address, told.strip()).partition("#")[0]
        is_odd = len(following) > _LONGEST_ADDRESS or "@" in urlsplit(following).netloc
        if is_odd or origin(following) != origin(address):
            raise ValueError
    except ValueError:
        raise _lying(
            address, "names a next page at another host, or at no address; it is not asked"
        ) from None
    return following


def _lying(address: str, why: str) -> SourceUnavailable:
    return SourceUnavailable(f"{plain(address)} {why}. Nothing of this answer was taken.")


def _entry(found: msgspec.Raw | None, name: str) -> msgspec.Raw | None:
    """What stands under the name; None where nothing does, or it is no object."""
    try:
        return msgspec.json.decode(found or b"null", type=dict[str, msgspec.Raw]).get(name)
    except msgspec.ValidationError:
        return None


def _item(found: msgspec.Raw | None, number: int) -> msgspec.Raw | None:
    """What stands at that place, from 0; None where nothing does, or it is no list."""
    try:
        items = msgspec.json.decode(found or b"null", type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return None
    return items[number] if number < len(items) else None


def _is_empty(content: bytes) -> bool:
    """Whether a page has no rows: nothing, a heading alone, or JSON whose lists are empty."""
    content = content.strip()
    try:
        if content[:1] == b"[":
            return not msgspec.json.decode(content, type=list[msgspec.Raw])
        if content[:1] == b"{":
            values = msgspec.json.decode(content, type=dict[str, msgspec.Raw]).values()
            lists = [bytes(one) for one in values if bytes(one)[:1] == b"["]
            return not values or (bool(lists) and not any(one[1:-1].strip() for one in lists))
    except _NO_JSON:
        return False
    return b"\n" not in content and b"\r" not in content
