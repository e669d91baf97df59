"""Tells tables whose measures stand in their cells, which no column can be mapped to."""

from pipelines.onboard.heading_match import HeadingMatcher
from pipelines.onboard.table_choice import ChosenTable
from pipelines.registry.contract import Collection

_LEAST = 3
"""Names of measures in the cells of one column that are no chance."""
_HALF = 0.5


def told_other_shape(
    table: ChosenTable, matcher: HeadingMatcher, contract: Collection
) -> list[str]:
    """A note for each column whose cells name measures, and what to do; none where none do."""
    measures = {column.name for column in contract.measures}
    notes = []
    for one in table.headings:
        texts = list(dict.fromkeys(table.texts(one.at)))
        likely = [matcher.read(one.at, text).taken for text in texts]
        named = {like.column for like in likely if like is not None} & measures
        if len(named) < max(_LEAST, _HALF * len(texts)):
            continue
        if contract.time_column in table.columns_taken:
            notes.append(
                f"The cells under '{one.heading}' name measures: it is a table with a line for "
                "each figure. It is written by hand: `kind: csv_long`, with `item_headings: "
                f"[{one.heading}]`, the `value_headings`, and for each measure what its cells say."
            )
        else:
            notes.append(
                f"The cells under '{one.heading}' name measures: the table has a row for each "
                "measure, and its days stand side by side. No feed reads that: ask for a row for "
                "each day, with the measures as headings."
            )
    return notes
