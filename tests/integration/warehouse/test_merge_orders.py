"""Random files in random orders and batches: what is held never depends on either.

The oracle is the promise itself: each measure has the value of the file made last among those that
carry it. Files that are loaded in the order in which they were made leave the same revisions
however they are cut into batches; whole files do in whatever order they come.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.conform import typed_columns
from pipelines.conform.conformed_rows import row_schema
from pipelines.conform.typed_columns import CARRIED, carried_columns
from pipelines.registry import carried_words
from pipelines.registry.carried_words import place_of, word_name
from tests.support.each_time import others_are_long
from tests.support.small_tables import PATIENTS_OF_A_SLOT
from tests.support.warehouse import lay_empty_warehouse
from warehouse.ledger.entries import RowCounts
from warehouse.load import merge
from warehouse.load.merge import merge_rows
from warehouse.store.connection import open_warehouse
from warehouse.store.histories import ensure_history
from warehouse.store.transaction import transaction

ON_ENGINES = pytest.mark.parametrize(
    ("engine", "seed"),
    others_are_long(
        [*(("duckdb", seed) for seed in range(4)), ("ducklake", 0)],
        ("duckdb", 0),
        ("ducklake", 0),
    ),
    indirect=["engine"],
)
"""A lake takes ten times as long, and what differs there shows with any seed."""

SITES = ("RF4AA", "RF4BB")
SLOTS = tuple(datetime(2026, 11, 9, 8, 15 * n) for n in range(3))
MEASURES = ("patients", "arrivals", "longest_wait")
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
Key = tuple[str, datetime, str]


@dataclass(frozen=True)
class File:
    """A file with a row for some of the keys; `None` is an empty cell, no entry no cell."""

    number: int
    stage: str
    rows: dict[tuple[str, datetime], dict[str, int | None]]

    @property
    def said_at(self) -> datetime:
        return datetime(2026, 11, 9, 9) + timedelta(minutes=self.number)


def random_files(seed: int, count: int, *, is_whole: bool = False) -> list[File]:
    """Files in the order in which they were made; values are few, so that many stay the same.

    Where they are whole, each carries every measure.
    """
    chance = random.Random(seed)
    files = []
    for number in range(count):
        keys = [(site, slot) for site in SITES for slot in SLOTS if chance.random() < 0.6]
        carried = [name for name in MEASURES if is_whole or chance.random() < 0.7] or ["patients"]
        rows = {key: {name: chance.choice((1, 1, 2, None)) for name in carried} for key in keys}
        files.append(File(number, chance.choice(("live", "live", "testing")), rows))
    return files


def load(home: Path, batches: Sequence[Sequence[File]]) -> dict[int, RowCounts]:
    """The batches are merged one after the other; the counts of every file."""
    lay_empty_warehouse(home)
    counts: dict[int, RowCounts] = {}
    for number, batch in enumerate(batches):
        with open_warehouse(home) as connection, transaction(connection):
            bits = ensure_history(connection, PATIENTS_OF_A_SLOT)
            connection.register("entry", entries_of(batch))
            connection.register("batch_rows", rows_of(batch))
            connection.execute("CREATE OR REPLACE TEMP TABLE touched (slot TIMESTAMP)")
            moment = (NOON + timedelta(seconds=number)).replace(tzinfo=None)
            counts |= merge_rows(connection, PATIENTS_OF_A_SLOT, bits, moment)
            connection.unregister("entry")
            connection.unregister("batch_rows")
    return counts


def entries_of(batch: Sequence[File]) -> pa.Table:
    """The files of a batch, which stand in the order in which they came."""
    ordered = sorted(batch, key=lambda file: file.said_at)
    return pa.table(
        {
            "submission_number": pa.array([file.number for file in ordered], pa.int32()),
            "submission_id": [f"small.rf4@{file.number}" for file in ordered],
            "feed_id": ["small.rf4"] * len(ordered),
            "stage": [file.stage for file in ordered],
            "said_at": pa.array([file.said_at for file in ordered], pa.timestamp("us")),
            "delivery_id": [f"{file.number:03}" for file in ordered],
            "position": pa.array(range(len(ordered)), pa.int32()),
            "came": pa.array([batch.index(file) for file in ordered], pa.int32()),
        }
    )


def bits_of(values: Mapping[str, int | None]) -> dict[str, int]:
    """The columns of bits, with those of the measures that a row has a cell for."""
    words = dict.fromkeys(carried_columns(PATIENTS_OF_A_SLOT), 0)
    for bit, name in enumerate(MEASURES):
        word, value = place_of(bit)
        words[word_name(CARRIED, word)] |= value if name in values else 0
    return words


def rows_of(batch: Sequence[File]) -> pa.Table:
    rows = [
        {
            "org_code": "RF4",
            "site_code": site,
            "slot_start": slot,
            **{name: values.get(name) for name in MEASURES},
            "submission_number": file.number,
            **bits_of(values),
        }
        for file in batch
        for (site, slot), values in file.rows.items()
    ]
    return pa.Table.from_pylist(rows, schema=row_schema(PATIENTS_OF_A_SLOT))


def expected(files: Sequence[File]) -> dict[Key, tuple[Any, ...]]:
    """The value of the file made last among those that carry a measure, for each key."""
    held: dict[Key, dict[str, int | None]] = {}
    for file in sorted(files, key=lambda one: one.said_at):
        for (site, slot), values in file.rows.items():
            held.setdefault((site, slot, file.stage), {}).update(values)
    return {key: tuple(own.get(name) for name in MEASURES) for key, own in held.items()}


def held_in(home: Path) -> dict[Key, tuple[Any, ...]]:
    with open_warehouse(home) as connection:
        rows = connection.execute(
            f"SELECT site_code, slot_start, stage, {', '.join(MEASURES)} "
            "FROM warehouse.history.small WHERE superseded_at IS NULL"
        ).fetchall()
    held = {(site, slot, stage): tuple(values) for site, slot, stage, *values in rows}
    assert len(held) == len(rows), "one value is held for each key"
    return held


def revisions_in(home: Path) -> list[tuple[Any, ...]]:
    """Every revision in its order, without the times at which it was recorded."""
    with open_warehouse(home) as connection:
        rows = connection.execute(
            "SELECT * FROM warehouse.history.small ORDER BY site_code, slot_start, stage, "
            "recorded_at"
        ).fetchall()
        names = [column[0] for column in connection.description or ()]
    times = {"recorded_at", "superseded_at"}
    return [
        tuple(value for name, value in zip(names, row, strict=True) if name not in times)
        for row in rows
    ]


def assert_revisions_follow_each_other(home: Path) -> None:
    with open_warehouse(home) as connection:
        broken = connection.execute(
            "SELECT * FROM (SELECT superseded_at, recorded_at, lead(recorded_at) OVER ("
            "PARTITION BY site_code, slot_start, stage ORDER BY recorded_at) AS next "
            "FROM warehouse.history.small) "
            "WHERE superseded_at IS DISTINCT FROM next OR superseded_at <= recorded_at"
        ).fetchall()
    assert broken == []


def cut(files: Sequence[File], chance: random.Random) -> list[list[File]]:
    """The files, in their order, in batches of random sizes."""
    batches: list[list[File]] = [[]]
    for file in files:
        if batches[-1] and chance.random() < 0.4:
            batches.append([])
        batches[-1].append(file)
    return batches


@pytest.fixture(params=[63, 1], ids=["in one word", "in a word for each measure"])
def word_bits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many measures a column of bits stands for: one, as if there were hundreds of them."""
    for module in (carried_words, typed_columns, merge):
        monkeypatch.setattr(module, "WORD_BITS", request.param)


@pytest.mark.usefixtures("word_bits")
@ON_ENGINES
def test_what_is_held_does_not_depend_on_the_order_of_loading(
    engine: str, tmp_path: Path, seed: int
) -> None:
    files = random_files(seed, 9)
    chance = random.Random(seed)
    for attempt in range(3):
        shuffled = chance.sample(files, len(files))
        home = tmp_path / str(attempt)
        load(home, cut(shuffled, chance))
        assert held_in(home) == expected(files)
        assert_revisions_follow_each_other(home)


@pytest.mark.usefixtures("word_bits")
@pytest.mark.long_on_lake
@ON_ENGINES
@pytest.mark.parametrize("is_in_order", [True, False], ids=["in order", "out of order"])
def test_files_leave_the_same_revisions_in_any_batches(
    engine: str, tmp_path: Path, seed: int, is_in_order: bool
) -> None:
    files, chance = random_files(seed, 9, is_whole=not is_in_order), random.Random(seed)
    if not is_in_order:
        files = chance.sample(files, len(files))
    one_by_one = load(tmp_path / "single", [[file] for file in files])
    wanted = revisions_in(tmp_path / "single")
    for attempt, batches in enumerate(([files], cut(files, chance), cut(files, chance))):
        home = tmp_path / str(attempt)
        assert load(home, batches) == one_by_one
        assert revisions_in(home) == wanted
        assert_revisions_follow_each_other(home)
