"""Reads a file in the format of its feed."""

from pipelines.parse.formats.tables import TableReader
from pipelines.parse.rows import ParsedRows
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, WinterTimeseries, XlsxTable

_LARGE_BYTES = 4 * 1024 * 1024


def read(content: bytes, file_name: str, feed: Feed, collection: Collection) -> ParsedRows:
    """The file's rows as text; raises `Refusal` where they cannot be read at all."""
    if isinstance(feed.format, WinterTimeseries):
        from pipelines.parse.formats.winter_timeseries import read as read_winter

        return read_winter(content, file_name, feed.format)
    return _table_reader(feed, collection).read(content, file_name)


def may_kill(feed: Feed, size_bytes: int) -> bool:
    """Whether reading such a file could make the process run out of memory or crash.

    Workbooks go through a reader that is not ours; small text can do no harm.
    """
    return isinstance(feed.format, WinterTimeseries | XlsxTable) or size_bytes > _LARGE_BYTES


_table_readers: dict[str, tuple[Feed, Collection, TableReader]] = {}


def _table_reader(feed: Feed, collection: Collection) -> TableReader:
    """The reader of that feed, the same one as long as feed and contract stay the same."""
    known = _table_readers.get(feed.feed_id)
    if known is not None and known[0] is feed and known[1] is collection:
        return known[2]
    assert not isinstance(feed.format, WinterTimeseries)
    made = TableReader(feed, feed.format, collection)
    _table_readers[feed.feed_id] = (feed, collection, made)
    return made
