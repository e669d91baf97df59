"""Which trusts stand in a sample workbook, under which name and region."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.base.errors import UsageError

REFERENCE = Path(__file__).resolve().parents[1] / "reference"

NOT_ACUTE_WORDS = ("mental health", "community", "ambulance", "partnership")

# Trusts without acute beds whose names do not show it (mental health and community).
# fmt: off
NOT_ACUTE_CODES = frozenset({
    "G6V2S", "R1A", "R1C", "RAT", "RDY", "RHA", "RKL", "RLY", "RMY", "RNK", "RNU",
    "RP1", "RPG", "RT1", "RT2", "RTQ", "RV3", "RV5", "RV9", "RW1", "RW4", "RW5", "RWK",
    "RWX", "RX3", "RX4", "RXE", "RXM", "RYK", "TAD", "TAF", "TAH",
})
# fmt: on


@dataclass(frozen=True)
class Trust:
    """One trust as the publisher prints it: ODS code, name, region."""

    code: str
    name: str
    region: str


@dataclass(frozen=True)
class Validity:
    """From `since` to the day before `until`; a missing end is open."""

    since: date | None
    until: date | None

    def covers(self, first: date, last: date) -> bool:
        """Whether it holds on every day from `first` to `last`, both included."""
        started = self.since is None or self.since <= first
        return started and (self.until is None or self.until > last)


def choose_trusts(
    first: date, last: date, limit: int | None = None, reference: Path = REFERENCE
) -> list[Trust]:
    """Acute trusts open from `first` to `last`, in the publisher's order.

    That order is by region, then name without regard to case. `limit` keeps so many,
    spread evenly over the list. Raises `UsageError` where no trust is left.
    """
    regions = _regions_of_organisations(reference, first, last)
    found = [
        Trust(row["org_code"], row["org_name"], regions[row["org_code"]])
        for row in _read(reference / "organisation.csv")
        if row["org_type"] == "nhs_trust"
        and row["org_code"] in regions
        and is_acute(row["org_code"], row["org_name"])
        and _validity(row, "open_date", "close_date").covers(first, last)
    ]
    if not found or (limit is not None and limit < 1):
        raise UsageError(
            f"No trust of {reference} can stand in a sample of {first} to {last}. Ask "
            "for at least one trust, and check that organisation.csv and "
            "organisation_region.csv hold trusts that were open then."
        )
    found.sort(key=lambda trust: (trust.region, trust.name.lower()))
    return spread(found, limit)


def is_acute(code: str, name: str) -> bool:
    """Whether neither the name nor the code is that of a trust without acute beds."""
    lowered = name.lower()
    named_otherwise = any(word in lowered for word in NOT_ACUTE_WORDS)
    return not named_otherwise and code not in NOT_ACUTE_CODES


def spread(trusts: list[Trust], limit: int | None) -> list[Trust]:
    """At most `limit` trusts, taken at even steps so that every region is kept."""
    if limit is None or limit >= len(trusts):
        return trusts
    return [trusts[index * len(trusts) // limit] for index in range(limit)]


def _regions_of_organisations(reference: Path, first: date, last: date) -> dict[str, str]:
    """Organisation code to the region's published name, as of `last`."""
    names = {
        row["region_code"]: f"{row['region_name']} Commissioning Region"
        for row in _read(reference / "region.csv")
        if _validity(row, "valid_from", "valid_to").covers(last, last)
    }
    return {
        row["org_code"]: names[row["region_code"]]
        for row in _read(reference / "organisation_region.csv")
        if row["region_code"] in names
        and _validity(row, "valid_from", "valid_to").covers(last, last)
    }


def _read(path: Path) -> Iterable[dict[str, str]]:
    """The rows of a reference file, as text by column name."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _validity(row: dict[str, str], since: str, until: str) -> Validity:
    """The validity that two columns of `row` hold; an empty one is open-ended."""
    start, end = (
        date.fromisoformat(row[column]) if row[column] else None for column in (since, until)
    )
    return Validity(start, end)
