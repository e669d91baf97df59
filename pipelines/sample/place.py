"""One trust in one winter, and the chances that its figures are drawn from.

Everything comes from `Random(text).random()`, whose sequence Python promises to keep
from version to version; its other methods carry no such promise.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from pipelines.sample.trusts import Trust
from pipelines.sample.winter import Winter

Draw = Callable[[], float]

# Monday to Sunday.
DEMAND_BY_WEEKDAY = (1.09, 1.02, 1.0, 0.99, 0.98, 0.95, 0.97)

SPECIALIST = re.compile(
    "orthop|cancer|eye |heart|christie|marsden|walton|papworth|queen victoria",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TrustWinter:
    """One trust in one winter: its nature, and its own streams of chance."""

    size: float
    specialist: bool
    days: list[date]
    nature: Draw
    """Draws alike in every winter: what the trust is."""
    draw: Draw
    """Draws of this winter: what happens there."""

    def demand(self, mean: float, spread: float = 0.1) -> list[int]:
        """A daily count about `mean` × size, with weekdays, slow drift and noise."""
        slow = drift(len(self.days), self.draw)
        return [
            near(
                mean * self.size * DEMAND_BY_WEEKDAY[day.weekday()] * (1 + 0.04 * wave),
                spread,
                self.draw,
            )
            for day, wave in zip(self.days, slow, strict=True)
        ]


def find_place(trust: Trust, winter: Winter, seed: int) -> TrustWinter:
    """The trust in that winter, of the same nature in every winter."""
    specialist = bool(SPECIALIST.search(trust.name))
    nature = Random(f"{seed}:{trust.code}").random
    size = 0.15 + 0.15 * nature()
    if not specialist:
        size = 0.45 + 0.7 * nature() + 0.7 * nature() ** 3
    draw = Random(f"{seed}:{trust.code}:{winter.first}").random
    return TrustWinter(size, specialist, winter.days, nature, draw)


def drift(length: int, draw: Draw) -> list[float]:
    """Slow noise about 0, mostly within ±1, that remembers four fifths of yesterday."""
    level, levels = 1.5 * (draw() + draw() - 1), []
    for _ in range(length):
        level = 0.8 * level + 0.9 * (draw() + draw() - 1)
        levels.append(level)
    return levels


def near(mean: float, spread: float, draw: Draw) -> int:
    """A whole number about `mean`, never negative; `spread` is its largest share off."""
    return max(0, round(mean * (1 + spread * (draw() + draw() - 1))))
