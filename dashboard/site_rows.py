"""The sites of a trust: the figures of each that are shown first, and how old they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.desk import Desk
from dashboard.picture import Row


def sites_of(desk: Desk, collection: str, org_code: str) -> dict[str, Any] | None:
    """A table of the trust's sites, None where rows of the collection are no sites.

    A site that is expected and gave nothing lately is there without figures.
    """
    given: dict[str, dict[str, Row]] = {}
    for row in desk.sites.get(org_code, []):
        if row["collection"] == collection:
            given.setdefault(row["site_code"], {})[row["measure"]] = row
    expected = {
        row["site_code"]
        for row in desk.expected.get(org_code, [])
        if row["collection"] == collection and row["site_code"]
    }
    codes = sorted(given.keys() | expected)
    if not codes:
        return None
    found = {measure for own in given.values() for measure in own}
    order = desk.board.headline(collection) or desk.measures(collection)[:4]
    # A ratio or level that no site gave, or that sites have no figure of, would be an empty column.
    measures = [name for name in order if name in found] or list(order[:1])
    return {
        "measures": [(name, desk.board.label(name)) for name in measures],
        "rows": [_row(code, given.get(code, {}), measures) for code in codes],
    }


def _row(code: str, own: Mapping[str, Row], measures: Sequence[str]) -> dict[str, Any]:
    newest = max((row["slot_end"] for row in own.values()), default=None)
    return {
        "site_code": code,
        "slot_end": newest,
        "cells": [_cell(own.get(name), newest) for name in measures],
    }


def _cell(row: Row | None, newest: Any) -> dict[str, Any] | None:
    """The figure; `is_older` where it was measured before the newest of its site."""
    return None if row is None else {**row, "is_older": row["slot_end"] < newest}
