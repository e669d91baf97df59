"""Versions of a contract by financial year, and what holds in some of them only.

A version holds from its start until the next one begins; what is from before the first follows the
first. A column or a rule names versions by their financial year.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import Field

from pipelines.base.yamlfile import Strict, Words, wrong_at

YEAR = r"^\d{4}-\d{2}$"
"""A financial year as it is written: 2027-28."""


class Version(Strict):
    """What changed from a financial year on."""

    financial_year: str = Field(pattern=YEAR)
    start: date
    end: date | None = Field(
        default=None,
        description="The last London day; without it, the day before the next version begins.",
    )
    note: Words


class InYears(Strict):
    """What holds in all versions of a contract, or in some."""

    since: str | None = Field(
        default=None,
        alias="from",
        pattern=YEAR,
        description="The financial year of the first version in which it holds.",
    )
    until: str | None = Field(
        default=None,
        pattern=YEAR,
        description="The financial year of the last version in which it holds.",
    )

    @property
    def names_years(self) -> bool:
        """Whether it holds in some versions only."""
        return self.since is not None or self.until is not None


def check_versions(versions: Sequence[Version]) -> None:
    """Raises `ValidationError` where a version overlaps another, leaves a gap or is misnamed."""
    for number, one in enumerate(versions):
        place = ("versions", number)
        year = int(one.financial_year[:4])
        if int(one.financial_year[5:]) != (year + 1) % 100:
            told = (
                f"'{one.financial_year}' is no financial year; write {year}-{(year + 1) % 100:02}"
            )
            raise wrong_at((*place, "financial_year"), told)
        if not date(year, 4, 1) <= one.start <= date(year + 1, 3, 31):
            days = f"1 April {year} to 31 March {year + 1}"
            told = f"{one.start} is not in {one.financial_year} ({days})"
            raise wrong_at((*place, "start"), told)
        _check_neighbour(versions, number)


def _check_neighbour(versions: Sequence[Version], number: int) -> None:
    """The version begins after the one above it ends, and on the day after."""
    one, place = versions[number], ("versions", number)
    if one.end is not None and number == len(versions) - 1:
        raise wrong_at((*place, "end"), "the last version has no end; remove it")
    if not number:
        return
    before = versions[number - 1]
    if one.start <= before.start:
        told = (
            f"overlaps {before.financial_year}, which begins on {before.start}; list versions by "
            "their start, each once"
        )
        raise wrong_at((*place, "start"), told)
    expected = one.start - timedelta(days=1)
    if before.end is not None and before.end != expected:
        kind = "a gap before" if before.end < expected else "an overlap with"
        told = f"{before.end} leaves {kind} {one.financial_year}; it should be {expected}"
        raise wrong_at(("versions", number - 1, "end"), told)


def check_years(one: InYears, place: tuple[str | int, ...], versions: Sequence[Version]) -> range:
    """The positions of the versions in which it holds.

    Raises `ValidationError` where it names a year that no version has, or ends before it begins.
    """
    first = _position(one.since, (*place, "from"), versions) if one.since else 0
    last = _position(one.until, (*place, "until"), versions) if one.until else len(versions) - 1
    if one.names_years and last < first:
        raise wrong_at((*place, "until"), f"{one.until} is before {one.since}, where it begins")
    return range(first, last + 1)


def _position(year: str, place: tuple[str | int, ...], versions: Sequence[Version]) -> int:
    known = [one.financial_year for one in versions]
    if year not in known:
        told = f"no version of '{year}'; known: {', '.join(known) or 'none'}. Add it to `versions:`"
        raise wrong_at(place, told)
    return known.index(year)
