"""Tells whether a file writes its decimals after a point or after a comma.

A file has one style. It is asked for only where a number of the file means one thing by a point
and another by a comma: files without such numbers are not looked at.
"""

from collections.abc import Mapping, Sequence

from pipelines.base.number_text import NumberText
from pipelines.conform.numbers import NOT_SETTLED, style_of
from pipelines.conform.readings import has_whole_numbers, value_in
from pipelines.parse.rows import ParsedRows, RowProblem
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import DecimalMark


def has_open_numbers(problems: Sequence[RowProblem]) -> bool:
    """Whether any number of the file was left open for its decimal mark."""
    return any(one.code == NOT_SETTLED for one in problems)


def stated_mark(feed: Feed) -> DecimalMark:
    """The mark that the feed states for its files; 'auto' where it leaves it open."""
    return feed.format.reading("").decimal_mark


def decimal_mark_of(parsed: ParsedRows, feed: Feed, collection: Collection) -> DecimalMark:
    """The mark that the numbers of the file show; 'auto' where none does, or both are shown."""
    if stated_mark(feed) != "auto":
        return stated_mark(feed)
    shown = {
        style
        for column in collection.columns
        if column.type in ("count", "decimal", "level")
        for style in _styles_in(column.name, column.type, parsed.texts, feed)
    } - {"auto"}
    return shown.pop() if len(shown) == 1 else "auto"


def _styles_in(
    name: str, kind: str, texts: Mapping[str, Sequence[str | None]], feed: Feed
) -> set[DecimalMark]:
    reading = feed.format.reading(name)
    bare = value_in(reading)
    is_whole = has_whole_numbers(kind, reading)
    # True numbers are equal to their texts, so that a set would keep either.
    own = {text for text in texts.get(name, ()) if text and type(text) is not NumberText}
    return {style_of(bare(text.strip()), is_whole) for text in own}
