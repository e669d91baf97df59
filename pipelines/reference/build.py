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
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.reference.facts import (
    CLOSED_TRUST_NAMES,
    EARLIEST_CLOSURE_KEPT,
    EARLIEST_VALID_FROM,
    INITIALS,
    OLD_REGION_OF,
    OUTSIDE_ENGLAND,
    REGIONS,
    SEVEN_REGIONS,
    SMALL_WORDS,
    SOUTH_SPLIT,
    Listing,
    Organisation,
    OrganisationRegion,
    Record,
    Succession,
)

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
OLD_LIST = "etr-2021-01.csv"  # carries the four regions of before April 2018
CURRENT_LIST = "etr-2025Q2.csv"  # carries the seven regions of today
SYSTEM_MAPPING = "System-Mapping.csv"
SUCCESSION = "ods-succession.parquet"


# Older than any report that we read: no interval needs to start before it.
def find_data_folder() -> Path:
    """The folder of published data: SITREP_REAL_DATA, or else ../shared/data from the project."""
    return Path(os.environ.get("SITREP_REAL_DATA") or PROJECT_FOLDER / ".." / "shared" / "data")


def find_region_code(label: str) -> str:
    """The code of a region under a published name, such as "London Commissioning Region".

    Raises ValueError for a name that no region has had.
    """
    name = label.casefold().strip().removesuffix("commissioning region").strip()
    for region in REGIONS:
        if region.region_name.casefold() == name:
            return region.region_code
    raise ValueError(
        f"no NHS England region is named {label!r}: correct the file, or add it to REGIONS"
    )


def make_readable_name(name: str) -> str:
    """The name in title case, with initials in capitals and small words in lower case."""
    words = name.split()
    befores = ["-", *words]
    spelled = [
        _spell_word(word, before, name.isupper())
        for before, word in zip(befores, words, strict=False)
    ]
    return " ".join(spelled)


def _spell_word(word: str, before: str, is_all_capitals: bool) -> str:
    if word.upper() in INITIALS:
        return word.upper()
    if word.lower() in SMALL_WORDS and before != "-":
        return word.lower()
    return word.capitalize() if is_all_capitals or word == "LTD" else word


def classify_trust(name: str, region_code: str) -> str:
    """The type of an organisation in the ODS list of trusts; a Welsh body is `other_provider`."""
    spelling = name.casefold()
    if region_code == OUTSIDE_ENGLAND or not spelling.endswith("trust"):
        return "other_provider"
    if "ambulance service" in spelling:
        return "ambulance_service"
    return "care_trust" if spelling.endswith("care trust") else "nhs_trust"


def read_trusts(path: Path) -> Iterator[tuple[Organisation, str | None]]:
    """Each organisation of an ODS list of trusts with its region code in that list."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            code, name, region_code = (cell.strip() for cell in row[:3])
            last_day = _parse_ods_date(row[11])
            organisation = Organisation(
                org_code=code,
                org_name=make_readable_name(name),
                org_type=classify_trust(name, region_code),
                open_date=_parse_ods_date(row[10]),
                close_date=last_day + timedelta(days=1) if last_day else None,
            )
            yield organisation, _check_region_code(region_code, code, path)


def _check_region_code(region_code: str, org_code: str, path: Path) -> str | None:
    if region_code in {"", OUTSIDE_ENGLAND}:
        return None
    if region_code not in {region.region_code for region in REGIONS}:
        raise ValueError(
            f"{path.name}: {org_code} is in an unknown region, {region_code!r}: add it to REGIONS"
        )
    return region_code


def _parse_ods_date(text: str) -> date | None:
    return datetime.strptime(text, "%Y%m%d").date() if text else None


def read_listings(ods_folder: Path) -> dict[str, Listing]:
    """Every code in the ODS lists and the system mapping; the later list has the last word."""
    listings = {
        organisation.org_code: Listing(organisation, old_region=region_code)
        for organisation, region_code in read_trusts(ods_folder / OLD_LIST)
    }
    for organisation, region_code in read_trusts(ods_folder / CURRENT_LIST):
        known = listings.get(organisation.org_code, Listing(organisation))
        listings[organisation.org_code] = replace(
            known, organisation=organisation, current_region=region_code
        )
    for organisation, region_code in read_system_mapping(ods_folder / SYSTEM_MAPPING):
        listings.setdefault(
            organisation.org_code, Listing(organisation, current_region=region_code)
        )
    return listings


def read_system_mapping(path: Path) -> Iterator[tuple[Organisation, str]]:
    """Each organisation of the system mapping with its region code.

    A few codes there have a stray space or a small letter, which are taken away.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            code, name = row["Code"].strip().upper(), make_readable_name(row["Name"])
            yield (
                Organisation(code, name, "other_provider", None, None),
                find_region_code(row["Region Name"]),
            )


def read_successions(path: Path) -> list[Succession]:
    """One succession for each pair of codes, on the latest date that ODS gives the pair.

    The file holds some pairs twice, once from each side, and then one date is the predecessor's
    last day and the other the successor's first.
    """
    from pyarrow import parquet  # type: ignore[import-untyped, unused-ignore]

    dates: dict[tuple[str, str], date] = {}
    for row in parquet.read_table(path).to_pylist():
        pair = row["predecessor_code"], row["successor_code"]
        start = date.fromisoformat(row["legal_start_date"])
        dates[pair] = max(start, dates.get(pair, start))
    return [Succession(*pair, start) for pair, start in dates.items()]


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
            f"the successors of {code} are in different regions: say in build.py which one counts"
        )
    return found.pop() if found else None


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
        "--ods", type=Path, default=find_data_folder() / "ods", help="folder of the ODS files"
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
