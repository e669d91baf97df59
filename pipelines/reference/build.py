"""Builds the organisation code lists from the files of the Organisation Data Service (ODS).

The lists let a row of any winter find its organisation, its successor and the NHS region that it
was in on the day of the report, although closed codes leave the current ODS list and the regions
were redrawn in 2018 and 2019. The raw files carry addresses and stay out of the project; the four
code lists written here do not, and are committed (docs/adr/0003-organisation-reference.md).

Every interval is half-open, [from, to): a `close_date` or `valid_to` is the first day that is no
longer covered.
"""

import argparse
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path

from pipelines.base.settings import published_data_folder
from pipelines.reference.facts import (
    CLOSED_TRUST_NAMES,
    EARLIEST_CLOSURE_KEPT,
    REGIONS,
    Listing,
    Organisation,
    Record,
    Succession,
)
from pipelines.reference.ods_files import (
    CURRENT_LIST,
    OLD_LIST,
    SUCCESSION,
    SYSTEM_MAPPING,
    classify_trust,
    read_listings,
    read_successions,
)
from pipelines.reference.region_history import derive_regions


def add_closed_trusts(
    listings: Mapping[str, Listing], successions: Iterable[Succession]
) -> dict[str, Listing]:
    """The listings with the trusts that only the succession file remembers.

    A code with a successor and no close date closes when its last successor takes over.
    """
    completed = dict(listings)
    by_date = sorted(successions, key=lambda succession: succession.legal_start_date)
    last_successions = {succession.predecessor_code: succession for succession in by_date}
    for code, succession in last_successions.items():
        closed_on = succession.legal_start_date
        if code in listings:
            organisation = listings[code].organisation
            closed = replace(organisation, close_date=organisation.close_date or closed_on)
            completed[code] = replace(listings[code], organisation=closed)
        elif code.startswith("R") and closed_on >= EARLIEST_CLOSURE_KEPT:
            name = CLOSED_TRUST_NAMES.get(code) or _describe_predecessor(succession, listings)
            completed[code] = Listing(
                Organisation(code, name, classify_trust(name, ""), None, closed_on)
            )
    return completed


def _describe_predecessor(succession: Succession, listings: Mapping[str, Listing]) -> str:
    code = succession.successor_code
    return f"Predecessor of {listings[code].organisation.org_name if code in listings else code}"


def build_code_lists(ods_folder: Path) -> dict[str, Sequence[Record]]:
    """The records of each code list by file name."""
    successions = read_successions(ods_folder / SUCCESSION)
    listings = add_closed_trusts(read_listings(ods_folder), successions)
    return {
        "organisation.csv": [listing.organisation for listing in listings.values()],
        "succession.csv": [
            each
            for each in successions
            if each.predecessor_code in listings or each.successor_code in listings
        ],
        "region.csv": REGIONS,
        "organisation_region.csv": derive_regions(listings, successions),
    }


def write_code_list(path: Path, records: Sequence[Record]) -> None:
    """The file holds a header and one sorted line for each record, in UTF-8 with LF line ends."""
    header = [field.name for field in fields(records[0])]
    lines = sorted(
        ["" if cell is None else str(cell) for cell in astuple(record)] for record in records
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """The four code lists in the output folder are those of the ODS files."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.reference.build", description="Build the code lists."
    )
    parser.add_argument(
        "--ods", type=Path, default=published_data_folder() / "ods", help="folder of the ODS files"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder to write the lists to"
    )
    options = parser.parse_args(arguments)
    for file_name in (OLD_LIST, CURRENT_LIST, SYSTEM_MAPPING, SUCCESSION):
        if not (options.ods / file_name).is_file():
            parser.error(
                f"{options.ods / file_name} is missing: "
                "give the folder of the ODS files with --ods or SITREP_REAL_DATA"
            )
    for file_name, records in build_code_lists(options.ods).items():
        write_code_list(options.out / file_name, records)
        print(f"{file_name}: {len(records)} rows")


if __name__ == "__main__":
    main()
