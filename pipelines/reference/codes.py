"""The sets of organisation codes that rules ask for, from the code lists of this folder."""

import csv
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent

TABLES = ("contract_area", "organisation", "organisation_region", "region", "succession")
"""Each is a CSV file of this folder and a table of the warehouse's schema `ref`."""

ISLE_OF_WIGHT = "R1F"
"""An NHS trust in the list, as it runs hospitals too, and one of the 11 ambulance services."""


@lru_cache(maxsize=1)
def organisation_codes() -> frozenset[str]:
    """Every organisation code that is or was in use, closed ones included."""
    return frozenset(row["org_code"] for row in _read("organisation"))


@lru_cache(maxsize=1)
def organisation_names() -> dict[str, str]:
    """Code → name of every organisation that is or was in use."""
    return {row["org_code"]: row["org_name"] for row in _read("organisation")}


@lru_cache(maxsize=1)
def contract_area_names() -> dict[str, str]:
    """Code → name of every NHS 111 contract area."""
    return {row["contract_code"]: row["contract_name"] for row in _read("contract_area")}


@lru_cache(maxsize=1)
def ambulance_codes() -> frozenset[str]:
    """Every code of an ambulance service that is or was in use, closed ones included."""
    services = (row for row in _read("organisation") if row["org_type"] == "ambulance_service")
    return frozenset(row["org_code"] for row in services) | {ISLE_OF_WIGHT}


@lru_cache(maxsize=1)
def contract_area_codes() -> frozenset[str]:
    """Every code of an NHS 111 contract area; all but one are provisional (docs/adr/0009)."""
    return frozenset(row["contract_code"] for row in _read("contract_area"))


def _read(table: str) -> list[dict[str, str]]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
