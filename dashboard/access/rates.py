"""How much one user, or one address before sign-in, may ask: a moving window for each cost."""

import re
import time
from enum import Enum
from math import ceil

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from dashboard.access.access_settings import AccessSettings, SignIn


class Cost(Enum):
    """What is asked for, by what it costs."""

    PAGE = "page"
    ASKED = "asked"
    SIGN_IN = "sign-in"


_ASKED = re.compile(r"/(search|day|submission|seen|check)(/.*)?|/data/.*\.parquet")
_USUAL = {Cost.PAGE: "600/minute", Cost.ASKED: "60/minute", Cost.SIGN_IN: "20/minute"}


def cost_of(path: str) -> Cost:
    """What is asked for at that path."""
    if path in ("/sign-in", "/signed-in"):
        return Cost.SIGN_IN
    return Cost.ASKED if _ASKED.fullmatch(path) else Cost.PAGE


class Rates:
    """Counts what is asked, in this process's memory."""

    def __init__(self, told: AccessSettings, way: SignIn) -> None:
        named = {
            Cost.PAGE: told.limit_pages,
            Cost.ASKED: told.limit_asked,
            Cost.SIGN_IN: told.limit_sign_in,
        }
        usual = {} if way is SignIn.NOBODY else _USUAL
        self._limits: dict[Cost, RateLimitItem] = {
            cost: parse(rate) for cost, own in named.items() if (rate := own or usual.get(cost))
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, path: str, who: str) -> int | None:
        """None where `who` may ask for the path now; else when they may again."""
        cost = cost_of(path)
        limit = self._limits.get(cost)
        place = path if cost is Cost.SIGN_IN else cost.value
        if limit is None or self._limiter.hit(limit, place, who):
            return None
        opens = self._limiter.get_window_stats(limit, place, who).reset_time
        return max(1, ceil(opens - time.time()))
