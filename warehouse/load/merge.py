"""Merges rows into a collection's history as revisions.

Each measure of a key has the value of the file made last among those that carry it, whatever the
order in which they are loaded: a late or reprocessed file fills in what no later one says, and
never replaces newer values with older ones. Where the outcome differs from what is held, it is a
new revision.

What the history holds of the batch's keys is looked up once, between the first and the last slot
of the batch, so that the cost follows the batch and not the length of history. What remains
depends on the batch, because a small one is all overhead and a large one all rows:

    nothing is held of the keys, as of every new slot    the rows are inserted
    one row for each key                                 `one_by_key`, once
    many of a key, in the order in which they were made  `sequence`, in one pass
    keys of which a file at least as new came before     `one_by_key`, row after row
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.conform.typed_columns import CARRIED, carried_columns
from pipelines.registry.carried_words import WORD_BITS, word_name, words_for
from pipelines.registry.contract import Collection
from warehouse.ledger.entries import RowCounts
from warehouse.load.history import History
from warehouse.load.one_by_key import merge_one_by_key
from warehouse.load.sequence import merge_sequence
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb


def merge_rows(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    bits: Mapping[str, int],
    moment: datetime,
) -> dict[int, RowCounts]:
    """The rows in `batch_rows` of the submissions in `entry` are in the history.

    `bits` are those that `ensure_history` gave.

    Returns the counts by submission number; `incoming` holds the rows with their submissions, and
    `touched` gets the slots whose values changed.
    """
    words = _moved_bits(list(bits.values()))
    own = carried_columns(collection)
    connection.execute(render(Path(__file__).parent, "incoming", words=words, own=own))
    time, counts = collection.time_column, _Counts(connection, collection)
    rows, first, last = connection.execute(
        f"SELECT count(*), min({time})::VARCHAR, max({time})::VARCHAR FROM incoming"
    ).fetchall()[0]
    if not rows:
        return {}
    history = History(connection, collection, bits, f"'{first}' AND '{last}'")
    is_any_held, is_any_repeated = history.find_held(), _is_any_repeated(history)
    in_order = "incoming"
    if (is_any_held or is_any_repeated) and _find_overtaken(history, is_any_repeated):
        in_order = f"(FROM incoming ANTI JOIN overtaken USING ({history.key}))"
        ((waves,),) = connection.execute("SELECT max(wave) FROM overtaken").fetchall()
        for wave in range(1, waves + 1):
            source = f"(FROM overtaken WHERE wave = {wave})"
            history.find_held(source)
            moment_of_wave = moment + timedelta(microseconds=wave - 1)
            merge_one_by_key(history, source, moment_of_wave, in_order=False)
            counts.add()
        is_any_held = history.find_held(in_order)
        is_any_repeated = _is_any_repeated(history, in_order)
    if is_any_repeated:
        merge_sequence(history, in_order, moment)
    elif is_any_held:
        merge_one_by_key(history, in_order, moment, in_order=True)
    else:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE compared AS SELECT *, 'new' AS kind FROM {in_order}"
        )
        history.insert_changed(moment)
    counts.add()
    return counts.by_submission()


def _moved_bits(bits: Sequence[int]) -> dict[str, list[dict[str, object]]]:
    """For each column of bits of the history, where each of its bits stands in the batch.

    Nothing where all stand in the same place.
    """
    if list(bits) == list(range(len(bits))):
        return {}
    words = range(words_for(max(bits, default=0) + 1))
    moved: dict[str, list[dict[str, object]]] = {word_name(CARRIED, word): [] for word in words}
    for at, bit in enumerate(bits):
        column = word_name(CARRIED, at // WORD_BITS)
        told = {"column": column, "bit": at % WORD_BITS, "to": bit % WORD_BITS}
        moved[word_name(CARRIED, bit // WORD_BITS)].append(told)
    return moved


def _find_overtaken(history: History, is_any_repeated: bool) -> bool:
    """Whether there are keys whose rows do not come in the order in which they were made.

    `overtaken` has all rows of such keys: a file that was made later or at the same time came
    before, in this batch or an earlier one, or the submission has been loaded before. `wave`
    numbers the rows of each.
    """
    history.run("overtaken", is_any_repeated=is_any_repeated)
    return history.is_any("FROM overtaken")


def _is_any_repeated(history: History, source: str = "incoming") -> bool:
    """Whether a key has several rows."""
    return history.is_any(f"FROM {source} GROUP BY {history.key} HAVING count(*) > 1")


class _Counts:
    """Counts what becomes of the rows of each submission."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", collection: Collection) -> None:
        self._execute = connection.execute
        self._time = collection.time_column
        self._counts: dict[int, dict[str, int]] = {}

    def add(self) -> None:
        """What became of the rows in `compared` is counted, and their slots are touched."""
        for number, kind, rows in self._execute(
            "SELECT submission_number, kind, count(*) FROM compared "
            "WHERE kind != 'held' GROUP BY ALL"
        ).fetchall():
            own = self._counts.setdefault(number, {})
            own[kind] = own.get(kind, 0) + rows
        self._execute(
            f"INSERT INTO touched SELECT DISTINCT {self._time} FROM compared "
            "WHERE kind IN ('new', 'revised')"
        )

    def by_submission(self) -> dict[int, RowCounts]:
        """The counts by submission number."""
        return {number: RowCounts(**own) for number, own in self._counts.items()}
