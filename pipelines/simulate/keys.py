"""The codes that a feed reports for: an organisation, an organisation's sites, contract areas."""

import csv
import hashlib
from functools import lru_cache

from pipelines.base.errors import UsageError
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.sample.trusts import REFERENCE

Key = tuple[str, ...]
"""The codes of a row, in the order of the contract's key, without its time."""


def keys_of(feed: Feed, collection: Collection) -> list[Key]:
    """The keys of the rows that the feed sends for each slot, in order."""
    organisations = _organisations_of(feed, collection)
    codes = [column.name for column in collection.key_columns if column.type == "code"]
    if codes[1:] == ["site_code"]:
        if feed.sites:
            return [(feed.provider.code, site) for site in feed.sites]
        return [(code, site) for code in organisations for site in sites_of(code)]
    return [(code,) for code in organisations]


def sites_of(org_code: str) -> list[str]:
    """The codes of an acute trust's invented sites: one for most, at most three."""
    chance = hashlib.blake2b(org_code.encode(), digest_size=1).digest()[0]
    count = 1 if chance < 140 else 2 if chance < 215 else 3
    return [f"{org_code}{number:02d}" for number in range(1, count + 1)]


@lru_cache(maxsize=1)
def contract_areas() -> list[str]:
    """The codes of the NHS 111 contract areas; raises `UsageError` where there is no list."""
    path = REFERENCE / "contract_area.csv"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [row["contract_code"] for row in csv.DictReader(lines)]
    except FileNotFoundError as error:
        raise UsageError(f"{path} is missing, so NHS 111 cannot be simulated.") from error


def _organisations_of(feed: Feed, collection: Collection) -> list[str]:
    if feed.may_report is not None:
        return sorted(feed.may_report)
    if collection.organisation_column == "contract_code":
        return contract_areas()
    return [feed.provider.code]
