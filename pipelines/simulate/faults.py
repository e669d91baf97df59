"""Which submissions go wrong, and how: by rate, the same for the same seed, feed and slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pipelines.base.errors import UsageError
from pipelines.simulate.draws import Numbers, uniforms

_MOST_SLOTS = 100
_STUCK_BLOCK_SLOTS = 23
"""Slots within which a feed is stuck at most once: the shortest day has four such blocks."""
_STUCK_SLOTS = (12, 20)
"""Shortest and longest time for which a feed repeats its values."""


class Fault(StrEnum):
    """What is wrong with a submission or with its arrival."""

    LATE = "late"
    MISSING = "missing"
    DUPLICATE = "duplicate"
    CORRECTED = "corrected"
    OUT_OF_ORDER = "out_of_order"
    MALFORMED = "malformed"
    STUCK = "stuck"
    WRONG_CODE = "wrong_code"
    TEXT_IN_NUMBER = "text_in_number"
    NHS_NUMBER = "nhs_number"
    AMBIGUOUS_TIME = "ambiguous_time"
    """Not by rate: times without an offset in the hour that the clocks repeat."""


RATED = tuple(fault for fault in Fault if fault is not Fault.AMBIGUOUS_TIME)
"""The faults that come by rate."""

Rates = Mapping[Fault, float]
"""Fault → the share of a feed's slots that have it."""


@dataclass(frozen=True)
class DayFaults:
    """The faults of one feed's day: one or none for each slot."""

    kinds: Sequence[Fault | None]
    stuck_since: Mapping[int, int] = field(default_factory=dict)
    """Number of a stuck slot → number of the slot whose values it repeats."""


def share_rate(total: float) -> Rates:
    """All faults alike, together at that rate; raises `UsageError` where it is not a rate."""
    return check_rates({fault: total / len(RATED) for fault in RATED})


def parse_rates(texts: Sequence[str]) -> Rates:
    """The rates of texts like 'late=0.01'; raises `UsageError` for others."""
    rates: dict[Fault, float] = {}
    for text in texts:
        name, _, rate = text.partition("=")
        if name not in set(RATED):
            known = ", ".join(RATED)
            raise UsageError(f"'{text}': there is no fault '{name}'. Known faults: {known}.")
        try:
            rates[Fault(name)] = float(rate)
        except ValueError as error:
            raise UsageError(f"'{text}' is not a rate. Write it like {name}=0.01.") from error
    return check_rates(rates)


def check_rates(rates: Rates) -> Rates:
    """The rates, where none is below 0 and all together are at most 1; else `UsageError`."""
    if any(not 0 <= rate <= 1 for rate in rates.values()) or sum(rates.values()) > 1:
        raise UsageError("A rate is from 0 to 1, and all faults together are at most 1.")
    return rates


def choose_faults(
    seed: int,
    feed_id: str,
    day: date,
    ambiguous: Sequence[bool],
    rates: Rates,
    possible: frozenset[Fault],
) -> DayFaults:
    """The faults of a London day, one for each entry of `ambiguous` (whose time is so) at most.

    Faults that a feed cannot have are left out; the others do not become more frequent.
    """
    count = len(ambiguous)
    chance = uniforms(_MOST_SLOTS, seed, "fault", feed_id, day)[:count].tolist()
    stuck = _stuck_since(seed, feed_id, day, ambiguous, rates.get(Fault.STUCK, 0.0))
    if Fault.STUCK not in possible:
        stuck = {}
    limits = _limits(rates)
    kinds: list[Fault | None] = []
    for number, one in enumerate(chance):
        if ambiguous[number]:
            kinds.append(Fault.AMBIGUOUS_TIME)
        elif number in stuck:
            kinds.append(Fault.STUCK)
        else:
            kind = next((fault for fault, limit in limits if one < limit), None)
            kinds.append(kind if kind in possible else None)
    return DayFaults(kinds, stuck)


def _limits(rates: Rates) -> list[tuple[Fault, float]]:
    """Each fault with the upper end of its part of the line from 0 to 1."""
    limits: list[tuple[Fault, float]] = []
    end = 0.0
    for fault in RATED:
        if fault is not Fault.STUCK and rates.get(fault, 0.0) > 0:
            end += rates[fault]
            limits.append((fault, end))
    return limits


def _stuck_since(
    seed: int, feed_id: str, day: date, ambiguous: Sequence[bool], rate: float
) -> dict[int, int]:
    """The stuck slots of a day, each with the first of its run; a run never passes midnight."""
    count = len(ambiguous)
    blocks = count // _STUCK_BLOCK_SLOTS
    if rate <= 0 or not blocks:
        return {}
    shortest, longest = _STUCK_SLOTS
    chance: Numbers = uniforms(3 * blocks, seed, "stuck", feed_id, day).reshape(blocks, 3)
    share = rate * count / (blocks * (shortest + longest) / 2)
    found: dict[int, int] = {}
    for block, (whether, how_long, where) in enumerate(chance.tolist()):
        length = shortest + int(how_long * (longest - shortest + 1))
        first = block * _STUCK_BLOCK_SLOTS + int(where * (_STUCK_BLOCK_SLOTS - length + 1))
        run = range(first, first + length)
        if whether < share and not any(ambiguous[number] for number in run):
            found |= dict.fromkeys(run, first)
    return found
