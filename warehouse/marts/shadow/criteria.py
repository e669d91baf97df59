"""The criteria of a promotion, held against what came of a feed: figures in, words out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from math import floor
from typing import Any, Literal

from pipelines.registry.promotion import Promotion

CriterionVerdict = Literal["met", "not met", "not judged"]
_MOST_CODES = 8
"""Codes that are named; the page of data quality has all of them."""


@dataclass(frozen=True)
class Evidence:
    """What came of a feed for the slots that are looked at."""

    slots: int = 0
    on_time: int = 0
    late: int = 0
    missing: int = 0
    first_slot: datetime | None = None
    """Start of the first of them, as the warehouse has it; None where none is over."""
    first_end: datetime | None = None
    """End of the first of them: no file for it comes before."""
    last_slot: datetime | None = None
    files: int = 0
    refused: int = 0
    rows_accepted: int = 0
    rows_kept_out: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    """Code → how often, the most frequent first."""
    compared: int = 0
    agreeing: int = 0
    farthest: tuple[str, ...] = ()
    """Of each reference the figure that is farthest from it, in words."""
    references: tuple[str, ...] = ()
    """The collections that figures could be compared with."""
    compared_with: tuple[str, ...] = ()
    """Those of them that have some of the figures."""


@dataclass(frozen=True)
class Criterion:
    """One thing that is asked of a feed, and how it stands."""

    name: str
    verdict: CriterionVerdict
    wanted: float | None
    found: float | None
    unit: str
    told: str
    """The same in a sentence, with its figures."""


@dataclass(frozen=True)
class Scorecard:
    """How a feed stands against all criteria of its collection."""

    feed_id: str
    collection: str
    stage: str
    slots_from: date | None
    first_slot: datetime | None
    last_slot: datetime | None
    looked_at: str | None
    """From when to when, in words; None where no expected slot is over."""
    criteria: tuple[Criterion, ...]
    has_criteria: bool
    """Whether the collection's contract states any."""

    @property
    def lacking(self) -> tuple[Criterion, ...]:
        """The criteria that are not met."""
        return tuple(one for one in self.criteria if one.verdict == "not met")

    def as_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each criterion, as a record keeps it."""
        return [asdict(one) for one in self.criteria]


def judge_evidence(wanted: Promotion | None, slots: int, seen: Evidence) -> Iterator[Criterion]:
    """How each criterion stands; without criteria the figures alone. `slots` are looked at."""
    yield _slots(wanted, slots, seen)
    yield _on_time(wanted, seen)
    yield _accepted_rows(wanted, seen)
    yield _findings(wanted, seen)
    yield _agreement(wanted, seen)


def _slots(wanted: Promotion | None, slots: int, seen: Evidence) -> Criterion:
    told = f"{seen.slots} of the {slots} slots that are looked at are over."
    if seen.slots < slots:
        told += f" {slots - seen.slots} more are needed."
    return Criterion(
        "slots", _verdict(wanted, seen.slots >= slots), slots, seen.slots, "slots", told
    )


def _on_time(wanted: Promotion | None, seen: Evidence) -> Criterion:
    least = wanted.least_on_time_pct if wanted else None
    share = _share(seen.on_time, seen.slots)
    told = "No expected slot is over yet."
    if share is not None:
        told = (
            f"{seen.on_time} of {seen.slots} slots came on time ({_pct(share)}), "
            f"{seen.late} late, {seen.missing} not at all{_at_least(least)}."
        )
    return _of_share("on time", wanted, least, share, told)


def _accepted_rows(wanted: Promotion | None, seen: Evidence) -> Criterion:
    least = wanted.least_accepted_rows_pct if wanted else None
    rows = seen.rows_accepted + seen.rows_kept_out
    share = _share(seen.rows_accepted, rows)
    told = f"{seen.files} files came for these slots, and no row."
    if share is not None:
        told = (
            f"{seen.rows_accepted:,} of {rows:,} rows were loaded ({_pct(share)}), "
            f"{seen.rows_kept_out:,} were kept out{_at_least(least)}."
        )
    if seen.refused:
        told += f" {seen.refused} of {seen.files} files were refused."
    return _of_share("accepted rows", wanted, least, share, told)


def _findings(wanted: Promotion | None, seen: Evidence) -> Criterion:
    excluded = wanted.codes_excluded if wanted else ()
    found = {code: seen.findings[code] for code in excluded if code in seen.findings}
    if found:
        told = f"These must not occur, and did: {_counted(found)}."
    elif seen.findings:
        told = f"{_counted(seen.findings)}. None of these is excluded."
    else:
        told = "Nothing was found in its files."
    number = float(sum(found.values()))
    return Criterion("findings", _verdict(wanted, not found), 0, number, "findings", told)


def _agreement(wanted: Promotion | None, seen: Evidence) -> Criterion:
    least = wanted.least_agreement_pct if wanted and wanted.references else None
    share = _share(seen.agreeing, seen.compared)
    if share is None:
        told = "The contract names no reference."
        if seen.references:
            told = (
                "There is nothing to compare with: no live feed has given the same figures of the "
                f"same organisation and day ({', '.join(seen.references)})."
            )
        return Criterion("agreement", "not judged", least, None, "%", told)
    whom = ", ".join(seen.compared_with)
    told = (
        f"{seen.agreeing:,} of {seen.compared:,} figures agree with {whom} "
        f"({_pct(share)}){_at_least(least)}."
    )
    if seen.farthest:
        told += f" Farthest off: {'; '.join(seen.farthest)}."
    return _of_share("agreement", wanted, least, share, told)


def _of_share(
    name: str, wanted: Promotion | None, least: float | None, share: float | None, told: str
) -> Criterion:
    is_met = share is not None and least is not None and share >= least
    return Criterion(name, _verdict(wanted, is_met), least, share, "%", told)


def _verdict(wanted: Promotion | None, is_met: bool) -> CriterionVerdict:
    if wanted is None:
        return "not judged"
    return "met" if is_met else "not met"


def _share(part: int, of: int) -> float | None:
    return 100 * part / of if of else None


def _pct(share: float) -> str:
    """The share with one decimal, rounded down: what is short of a criterion never looks met."""
    return f"{floor(share * 10 + 1e-9) / 10:g}%"


def _at_least(least: float | None) -> str:
    return "" if least is None else f"; at least {least:g}% are wanted"


def _counted(codes: Mapping[str, int]) -> str:
    told: Sequence[str] = [f"{code} ×{count:,}" for code, count in codes.items()]
    more = len(told) - _MOST_CODES
    return ", ".join(told[:_MOST_CODES]) + (f" and {more} more" if more > 0 else "")
