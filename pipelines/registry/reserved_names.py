"""Names that a contract cannot give to a column or a collection, because SQL has them already.

Both become names of tables and columns in the warehouse and in publications, where readers write
them without quotes.
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS_OF_BITS = re.compile("(carried|confirmed|later|own)_[0-9]+")
"""Columns of bits beside `carried` and `confirmed`, where a collection has many measures."""

ADDED_COLUMNS = _words(
    """
    carried confirmed confirmed_at submission_id stage said_at recorded_at superseded_at
    submission_number position row_id
    org_name region_code slot_start_london
    collection measure value unit organisations published_value sites_reporting
    feed_id key kind wave place revision held later slot earlier
    cells
    """
)
"""Names that stand beside the columns of a contract, line by line: in a history; in a batch; in a
table of a publication; in England's figures; in queries that make them; in a rule's message."""

OTHER_TABLES = _words(
    """
    national_daily national_monthly national_slot month_and_days
    organisation slot_status feed_status coverage watch submission
    feed_day_status finding_day coverage_day stage_change scorecard
    expected now_site now_trust now_region now_england change
    publication published_total unmatched
    england_slot england_hour england_day england_usual england_year_before
    region_slot region_hour region_day region_usual region_year_before
    trust_slot trust_hour trust_day trust_usual trust_year_before
    """
)
"""Tables and views of a publication, tables beside the histories, where files of no feed are."""

DUCKDB_WORDS = _words(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column
    constraint create default deferrable desc describe distinct do else end except false
    fetch for foreign from group having in initially intersect into lambda lateral leading
    limit not null offset on only or order pivot pivot_longer pivot_wider placing primary
    qualify references returning select show some summarize symmetric table then to trailing
    true union unique unpivot using variadic when where window with

    anti asof at authorization binary by collation columns concurrently cross freeze full
    generated glob ilike inner is isnull join left like map natural notnull outer overlaps
    positional right semi similar struct tablesample try_cast unpack verbose
    """
)
"""Words that DuckDB takes for no column or table: those that `duckdb_keywords()` of DuckDB
1.5.5 has as `reserved`, and after the empty line as `type_function`."""

DUCKLAKE_NAMES = frozenset({"rowid", "row_id", "snapshot_id"})
"""Columns that every table of a DuckLake has by itself; no name begins with `_`, as others do."""


def why_no_column(name: str) -> str | None:
    """Why a column of a contract cannot have that name, or None.

    Queries call their tables by single letters, which would name the column instead.
    """
    if name in ADDED_COLUMNS or len(name) == 1 or _WORDS_OF_BITS.fullmatch(name):
        return f"'{name}' is a name that the warehouse itself uses beside it; choose another"
    return _why_reserved(name)


def why_no_collection(name: str) -> str | None:
    """Why a collection, and so its table, cannot have that name, or None."""
    if name in OTHER_TABLES:
        return f"'{name}' is the name of another table; choose another"
    return _why_reserved(name)


def _why_reserved(name: str) -> str | None:
    if name in DUCKDB_WORDS:
        return f"'{name}' is a word of DuckDB's SQL; choose another"
    if name in DUCKLAKE_NAMES:
        return f"'{name}' is a name that DuckLake keeps to itself; choose another"
    return None
