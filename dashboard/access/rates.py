"""How much one user, or one address before sign-in, may ask: a moving window for each kind."""

import re
import time
from enum import Enum
from ipaddress import ip_address, ip_network
from math import ceil

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from dashboard.access.access_settings import AccessSettings, SignIn


class Kind(Enum):
    """What is asked for, by what it costs."""

    PAGE = "page"
    ASKED = "asked"
    SIGN_IN = "sign-in"


_ASKED = re.compile(r"/(search|day|submission)(/.*)?|/data/.*\.parquet")
_USUAL = {Kind.PAGE: "600/minute", Kind.ASKED: "60/minute", Kind.SIGN_IN: "20/minute"}
_OF_ONE_LINE = 64
"""Bits of an IPv6 address that one subscriber has: the rest is theirs to choose."""


def kind_of(path: str) -> Kind:
    """What is asked for at that path."""
    if path in ("/sign-in", "/signed-in"):
        return Kind.SIGN_IN
    return Kind.ASKED if _ASKED.fullmatch(path) else Kind.PAGE


class Rates:
    """Counts what is asked, in this process's memory."""

    def __init__(self, told: AccessSettings, way: SignIn) -> None:
        named = {
            Kind.PAGE: told.limit_pages,
            Kind.ASKED: told.limit_asked,
            Kind.SIGN_IN: told.limit_sign_in,
        }
        usual = {} if way is SignIn.NOBODY else _USUAL
        self._limits: dict[Kind, RateLimitItem] = {
            kind: parse(rate) for kind, own in named.items() if (rate := own or usual.get(kind))
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, path: str, who: str) -> int | None:
        """None where `who` may ask for the path now; else when they may again."""
        kind = kind_of(path)
        limit = self._limits.get(kind)
        place = path if kind is Kind.SIGN_IN else kind.value
        if limit is None or self._limiter.hit(limit, place, who):
            return None
        opens = self._limiter.get_window_stats(limit, place, who).reset_time
        return max(1, ceil(opens - time.time()))


def line_of_address(address: str) -> str:
    """What stands for an address when requests are counted."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ip_network((found, _OF_ONE_LINE), strict=False))
