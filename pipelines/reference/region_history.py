"""Derives the NHS region of every organisation over time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipelines.reference.facts import (
    EARLIEST_VALID_FROM,
    OLD_REGION_OF,
    SEVEN_REGIONS,
    SOUTH_SPLIT,
    Listing,
    OrganisationRegion,
    Succession,
)


def derive_regions(
    listings: Mapping[str, Listing], successions: Iterable[Succession]
) -> list[OrganisationRegion]:
    """The region of every English organisation from its opening on.

    It goes on past the closing, in the successor's region: the rows of a closed code that still
    reports, or is amended, keep a region.
    """
    successors: dict[str, list[str]] = defaultdict(list)
    for succession in successions:
        successors[succession.predecessor_code].append(succession.successor_code)
    return [
        interval
        for code, listing in listings.items()
        for interval in _list_intervals(listing, find_current_region(code, listings, successors))
    ]


def _list_intervals(listing: Listing, current: str | None) -> Iterator[OrganisationRegion]:
    code = listing.organisation.org_code
    old = listing.old_region or OLD_REGION_OF.get(current or "")
    if current and OLD_REGION_OF[current] != old:
        raise ValueError(
            f"{code} moved from {old} to {current}, which was not cut from it: check ODS"
        )
    opened = max(listing.organisation.open_date or EARLIEST_VALID_FROM, EARLIEST_VALID_FROM)
    first_region_to = SOUTH_SPLIT if old == "Y57" else SEVEN_REGIONS
    if old and old == current:
        yield OrganisationRegion(code, old, opened, None)
        return
    if old and opened < first_region_to:
        yield OrganisationRegion(code, old, opened, first_region_to)
    if current:
        yield OrganisationRegion(code, current, max(opened, first_region_to), None)


def find_current_region(
    code: str, listings: Mapping[str, Listing], successors: Mapping[str, Sequence[str]]
) -> str | None:
    """The region, among the seven, of the code or else of its successors.

    Raises ValueError where the successors are in different regions.
    """
    if code in listings and listings[code].current_region:
        return listings[code].current_region
    found = {
        find_current_region(successor, listings, successors)
        for successor in successors.get(code, ())
    } - {None}
    if len(found) > 1:
        raise ValueError(
            f"the successors of {code} are in different regions: say in region_history.py "
            "which one counts"
        )
    return found.pop() if found else None
