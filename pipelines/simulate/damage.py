"""What the faults do to a file: wrong codes, texts for numbers, NHS numbers, broken bytes.

Each draws its details from numbers from 0 to 1, so that the same numbers do the same damage.
"""

from collections.abc import Sequence
from datetime import datetime

from pipelines.registry.contract import Collection
from pipelines.simulate.render import FeedPlan, FileColumn, Table

WRONG_AREA = "111ZZ9"
WRONG_ORGANISATIONS = ("ZZ9", "RRV", "RR8")
"""One that does not exist, and two that report for themselves."""
WRONG_SITE = "ED1"
_NO_NUMBERS = ("n/k", "12a", "unknown")
_FREE_TEXT = ("comment", "note", "remark")
_NO_CHECK_DIGIT = 10
"""Nine digits whose check digit would be this one are never given out."""
_ERROR_PAGES = 0.4
"""Share of the broken files that are an error page in place of a file."""

_ERROR_PAGE = """<!DOCTYPE html>
<html><head><title>503 Service Unavailable</title></head>
<body><h1>Service Unavailable</h1><p>Request {stamp} of {feed_id}</p></body></html>
"""


def codes_at_risk(plan: FeedPlan, collection: Collection) -> list[FileColumn]:
    """The columns of the feed's files in which a wrong code would be noticed."""
    own = plan.feed.may_report is not None or collection.organisation_column == "contract_code"
    return [
        column
        for column in plan.columns
        if column.role == "code" and (own or column.name != collection.organisation_column)
    ]


def plain_counts(plan: FeedPlan) -> list[FileColumn]:
    """The columns of the feed's files that hold plain counts."""
    return [one for one in plan.columns if one.role == "number" and one.column.type == "count"]


def put_wrong_code(
    table: Table, plan: FeedPlan, collection: Collection, chance: Sequence[float]
) -> tuple[Table, str]:
    """The table with a code in one row that its feed may not report; the column that has it."""
    columns = codes_at_risk(plan, collection)
    column = columns[int(chance[0] * len(columns))]
    if column.name == "site_code":
        code = WRONG_SITE
    elif column.name == "contract_code":
        code = WRONG_AREA
    else:
        others = [one for one in WRONG_ORGANISATIONS if one != plan.feed.provider.code]
        code = others[int(chance[1] * len(others))]
    changed = _put(table, plan, column, int(chance[2] * len(table.rows)), code)
    return changed, column.name


def put_text_in_number(table: Table, plan: FeedPlan, chance: Sequence[float]) -> Table:
    """The table with a text in place of a count, neither a number nor a missing value."""
    columns = plain_counts(plan)
    missing = {text.casefold() for text in plan.feed.missing}
    texts = [text for text in _NO_NUMBERS if text.casefold() not in missing]
    column = columns[int(chance[0] * len(columns))]
    text = texts[int(chance[1] * len(texts))]
    return _put(table, plan, column, int(chance[2] * len(table.rows)), text)


def put_nhs_number(table: Table, plan: FeedPlan, chance: Sequence[float]) -> Table:
    """The table with a test NHS number in a remark, or in place of a count."""
    number = nhs_test_number(chance[0])
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    row = int(chance[2] * len(table.rows))
    remarks = (number, spaced, f"Waits for a bed, {spaced}")
    columns = plain_counts(plan)
    variant = int(chance[1] * (len(remarks) + bool(columns)))
    if variant == len(remarks):
        return _put(table, plan, columns[int(chance[3] * len(columns))], row, number)
    cells = [plan.writer.text("")] * len(table.rows)
    cells[row] = plan.writer.text(remarks[variant])
    return table.with_column(_remark_heading(plan), cells, plan.writer.text(""))


def nhs_test_number(chance: float) -> str:
    """A valid NHS number of the range from 999, which is kept for tests and no patient has.

    The library's own generator draws at random from the whole range from 900 to 999.
    """
    from nhs_number.validate import calculate_checksum

    body = int(chance * 1_000_000)
    while (check := calculate_checksum(f"999{body:06d}")) == _NO_CHECK_DIGIT:
        body = (body + 1) % 1_000_000
    return f"999{body:06d}{check}"


def break_bytes(content: bytes, plan: FeedPlan, made_at: datetime, chance: float) -> bytes:
    """Bytes that are not the feed's format any more, and differ from time to time."""
    if chance < _ERROR_PAGES:
        stamp = f"{made_at:%Y%m%dT%H%M%S}"
        return _ERROR_PAGE.format(stamp=stamp, feed_id=plan.feed.feed_id).encode()
    return plan.writer.spoil(content, (chance - _ERROR_PAGES) / (1 - _ERROR_PAGES))


def _put(table: Table, plan: FeedPlan, column: FileColumn, row: int, text: str) -> Table:
    place = plan.place(column.name)
    assert place is not None
    return table.with_cell(row, place, plan.writer.text(text))


def _remark_heading(plan: FeedPlan) -> str:
    """A heading of the feed that is left out on purpose and takes remarks, or one of its own."""
    for heading in plan.writer.form.ignored_headings:
        if any(word in heading.casefold() for word in _FREE_TEXT):
            return heading
    return "Comments"
