"""Tries a file on a feed: the whole road to the answer, of which nothing is kept.

The file is read where it stands. What a load would do is found by doing it in a warehouse in memory
that holds what the real one does of the same time; the real one is only read.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.answer.answer import read_answer
from pipelines.base.clock import now
from pipelines.base.disk_faults import raise_disk_fault
from pipelines.collect.handed_in import give_file, too_large_to_read
from pipelines.collection_run import CollectionRun
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Delivery, Landing, Manifest, NotTaken
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    import duckdb

    from pipelines.conform.conformed_rows import ConformedRows
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.parse.rows import ParsedRows
    from pipelines.validate.batch import Batch


@dataclass(frozen=True, slots=True)
class CellTried:
    """A cell as it was sent and as it is understood; `row` counts the rows of data from 1."""

    row: int
    column: str
    sent: str | None
    understood: Any
    place: str
    """Where it stands: sheet, and cell or row; empty for what the feed file says itself."""


@dataclass
class Trial:
    """What a file would become."""

    feed: Feed
    answer: dict[str, Any]
    """As `read_answer` gives it."""
    said_at: datetime
    """When the file was made, as its name tells; else now."""
    repeats: dict[str, Any] | None
    """The submission of the same bytes that the ledger holds, with its status."""
    headings: "list[HeadingTold]" = field(default_factory=list)
    cells: list[CellTried] = field(default_factory=list)


class _TriedFile(Landing):
    """Landing as far as a trial needs it: it has the bytes of one file, and keeps nothing."""

    def __init__(self, scratch: Path, content: bytes) -> None:
        super().__init__(scratch)
        self._content = content

    def content(self, manifest: Manifest) -> bytes:
        return self._content

    def withhold(self, manifest: Manifest, why: str) -> None:
        """Nothing was kept."""


@dataclass(frozen=True)
class JudgedFile:
    """A file that was read and judged as a submission of a feed, and is loaded nowhere."""

    feed: Feed
    contract: Collection
    submission: Submission
    batch: "Batch"
    parsed: "ParsedRows | None"
    conformed: "ConformedRows | None"
    was_read: bool

    def headings(self) -> "list[HeadingTold]":
        """The headings expected and found; none of a file that was not read."""
        from pipelines.parse.formats.file_format import file_format

        if not self.was_read:
            return []
        return file_format(self.feed).headings_read(self.feed, self.contract, self.parsed)

    def cells(self, rows: int) -> list[CellTried]:
        """The cells of the first rows, as sent and as understood."""
        if not self.parsed or not self.conformed:
            return []
        return list(_cells(self.parsed, self.conformed, self.contract, rows))


def judge_file(registry: Registry, feed_id: str, path: Path, number: int = 1) -> JudgedFile:
    """The file read where it stands, conformed and judged; nothing is kept.

    `number` tells it from others that are tried with it, in their order. Raises `UsageError` for an
    unknown feed and for what is no plain file, and `ConfigurationError` for a broken one.
    """
    registry.feed(feed_id)
    (given,) = give_file(path, [feed_id])
    return judge_given(registry, given, number)


def judge_given(registry: Registry, given: Delivery | NotTaken, number: int = 1) -> JudgedFile:
    """As `judge_file`, of bytes that were handed in for a feed."""
    feed = registry.feed(given.feed_id)
    contract = registry.collection(feed.collection)
    if isinstance(given, Delivery):
        content, size = given.content, len(given.content)
        sha256 = hashlib.sha256(content).hexdigest()
    else:
        content, size, sha256 = b"", given.size_bytes, given.sha256
    name, source = given.file_name, given.source
    manifest = Manifest(f"trial-{number:04d}", feed.feed_id, sha256, size, name, source, now())
    with TemporaryDirectory(prefix="sitrep-try-") as scratch:
        landing = _TriedFile(Path(scratch), content)
        guard = CrashGuard(landing.home, contract.collection)
        run = CollectionRun(landing, registry, contract.collection, guard, {}, is_replay=True)
        submission = Submission(manifest, feed, 0)
        if isinstance(given, Delivery):
            batch, parsed, conformed = _check(run, submission, contract)
        else:
            submission.refuse(too_large_to_read(size))
            (batch, conformed), parsed = _judged(submission, contract), None
    was_read = isinstance(given, Delivery)
    return JudgedFile(feed, contract, submission, batch, parsed, conformed, was_read)


def try_file(home: Path, registry: Registry, feed_id: str, path: Path, rows: int) -> Trial:
    """What the file would become as a submission of that feed, with its first rows.

    Raises as `judge_file` does, and `ContractFault` where the warehouse holds the collection in
    another shape.
    """
    judged = judge_file(registry, feed_id, path)
    held, repeats = _held(home, judged.batch, judged.contract, judged.submission.manifest)
    return Trial(
        judged.feed,
        _answer(judged.batch, judged.contract, registry, held),
        judged.submission.said_at,
        repeats,
        judged.headings(),
        judged.cells(rows),
    )


def _check(
    run: CollectionRun, submission: Submission, contract: Collection
) -> "tuple[Batch, ParsedRows | None, ConformedRows | None]":
    """The file read, conformed and judged; a fault of our reader is the finding that it is."""
    from pipelines.parse.parse import parse_all

    try:
        parse_all(run.landing, [submission], contract, run.guard)
        parsed = submission.parsed
        batch, conformed = _judged(submission, contract)
        return batch, parsed, conformed
    except Exception as error:
        raise_disk_fault(error)
        return run.check([submission.manifest])[0], None, None


def _judged(submission: Submission, contract: Collection) -> "tuple[Batch, ConformedRows]":
    """The batch of a submission that was read, or refused unread, and its rows."""
    from pipelines.conform.conform import conform_submissions
    from pipelines.validate.validate import validate_submissions

    conformed = conform_submissions([submission], contract)
    batch = validate_submissions(contract.collection, [submission], conformed, contract)
    return batch, conformed


def _cells(
    parsed: "ParsedRows", conformed: "ConformedRows", contract: Collection, rows: int
) -> Iterator[CellTried]:
    """The cells of the first rows, in the order of the contract's columns."""
    if not conformed.starts:
        return
    columns = [column.name for column in contract.columns if column.name in parsed.texts]
    for row in range(min(rows, len(parsed))):
        for name in columns:
            place = parsed.place(row, name)
            cell = f"{place.column_letter or ''}{place.row or ''}" if place.column else ""
            at = cell or (f"row {place.row}" if place.row else "")
            told = f"{place.sheet}, {at}" if place.sheet and at else at
            value = conformed.table[name][row].as_py()
            yield CellTried(row + 1, name, parsed.text(row, name), value, told)


def _held(
    home: Path, batch: "Batch", contract: Collection, manifest: Manifest
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What the warehouse holds of the batch's time, as Arrow tables; who sent the bytes before."""
    from warehouse.store import literals
    from warehouse.store.warehouse_reader import read_warehouse

    with read_warehouse(home) as reader:
        found = reader.execute(
            "SELECT submission_id, status, received_at FROM warehouse.ops.submission "
            f"WHERE feed_id = {literals.text(manifest.feed_id)} "
            f"AND sha256 = {literals.text(manifest.sha256)} AND duplicate_of IS NULL "
            "ORDER BY received_at DESC LIMIT 1"
        ).fetchone()
        held = _history_held(reader, batch, contract)
    names = ("submission_id", "status", "received_at")
    return held, dict(zip(names, found, strict=True)) if found else None


def _history_held(
    reader: "duckdb.DuckDBPyConnection", batch: "Batch", contract: Collection
) -> dict[str, Any]:
    """The history between the batch's first and last time, with the bits of its measures."""
    from warehouse.store import literals

    rows, time = batch.tables["rows"], contract.time_column
    bits = reader.execute(
        "SELECT * FROM warehouse.ops.measure "
        f"WHERE collection = {literals.text(contract.collection)}"
    ).to_arrow_table()
    if not rows.num_rows or not bits.num_rows:
        return {}
    reader.register("tried", rows.select([time]))
    table = f"warehouse.history.{contract.collection}"
    held = reader.execute(
        f"SELECT h.* FROM {table} AS h, (SELECT min({time}) AS first, max({time}) AS last "
        f"FROM tried) AS t WHERE h.{time} BETWEEN t.first AND t.last"
    ).to_arrow_table()
    return {table: held, "warehouse.ops.measure": bits}


def _answer(
    batch: "Batch", contract: Collection, registry: Registry, held: dict[str, Any]
) -> dict[str, Any]:
    """The answer that the batch's one submission gets where it is loaded upon what is held."""
    from warehouse.load.load import load_batch

    with warehouse_in_memory() as connection:
        for table, rows in held.items():
            connection.register("rows_held", rows)
            is_there = table == "warehouse.ops.measure"
            verb = f"INSERT INTO {table} BY NAME" if is_there else f"CREATE TABLE {table} AS"
            connection.execute(f"{verb} SELECT * FROM rows_held")
            connection.unregister("rows_held")
        load_batch(connection, batch, contract)
        found = connection.execute("SELECT submission_id FROM warehouse.ops.submission").fetchone()
        assert found is not None
        return read_answer(connection, found[0], registry)


@contextmanager
def warehouse_in_memory() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection with an empty warehouse that is gone when it is left."""
    from warehouse.store.connection import macros
    from warehouse.store.migrate import migrate
    from warehouse.store.reader import open_memory

    with closing(open_memory()) as connection:
        connection.execute("ATTACH ':memory:' AS warehouse")
        migrate(connection)
        connection.execute("USE warehouse")
        connection.execute(macros())
        yield connection
