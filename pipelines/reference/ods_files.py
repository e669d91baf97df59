"""Reads the files of the Organisation Data Service (ODS) that the code lists are built from."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.reference.facts import OUTSIDE_ENGLAND, REGIONS, Listing, Organisation, Succession
from pipelines.reference.spelling import make_readable_name

OLD_LIST = "etr-2021-01.csv"  # carries the four regions of before April 2018
CURRENT_LIST = "etr-2025Q2.csv"  # carries the seven regions of today
SYSTEM_MAPPING = "System-Mapping.csv"
SUCCESSION = "ods-succession.parquet"


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


def classify_trust(name: str, region_code: str) -> str:
    """The type of an organisation in the ODS list of trusts; a Welsh body is `other_provider`."""
    spelling = name.casefold()
    if region_code == OUTSIDE_ENGLAND or not spelling.endswith("trust"):
        return "other_provider"
    if "ambulance service" in spelling:
        return "ambulance_service"
    return "care_trust" if spelling.endswith("care trust") else "nhs_trust"


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
