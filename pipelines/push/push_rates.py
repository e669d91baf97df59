"""How often one token, or one address without a usable token, may ask: moving windows."""

import time
from math import ceil

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from pipelines.push.push_settings import PushSettings
from pipelines.push.said_no import try_again

_WRITTEN_DOWN = parse("1/hour")


class PushRates:
    """Counts what is asked, in this process's memory."""

    def __init__(self, told: PushSettings) -> None:
        self._of_token = parse(told.limit_token)
        self._of_address = parse(told.limit_address)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count_token(self, token_id: str) -> None:
        """One request with the token is counted; raises `SaidNo` (429) where it is one too many."""
        self._count(self._of_token, "token", token_id, "with this token")

    def count_address(self, kind: str, address: str) -> None:
        """One request of the address is counted; raises `SaidNo` (429) where it is too many."""
        self._count(self._of_address, kind, address, "from your address without a usable token")

    def is_to_write_down(self, *about: str) -> bool:
        """Whether nothing about the same was written down within the hour."""
        return self._limiter.hit(_WRITTEN_DOWN, *about)

    def _count(self, limit: object, kind: str, who: str, told: str) -> None:
        if self._limiter.hit(limit, kind, who):  # type: ignore[arg-type]
            return
        opens = self._limiter.get_window_stats(limit, kind, who).reset_time  # type: ignore[arg-type]
        wait = max(1, ceil(opens - time.time()))
        raise try_again(
            "too_many_requests",
            f"There were too many requests {told}. Wait {wait} seconds, then send again.",
            wait,
            status=429,
        )
