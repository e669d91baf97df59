"""National figures in random orders and batches: what is held never depends on either.

The oracle is the promise itself: a figure has the value of the file made last that states it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.small_tables import PATIENTS_OF_A_SLOT
from tests.support.warehouse import lay_empty_warehouse
from warehouse.load.totals import merge_totals
from warehouse.store.connection import open_warehouse
from warehouse.store.transaction import transaction

pytestmark = pytest.mark.usefixtures("engine")
DAYS = (date(2026, 11, 8), date(2026, 11, 9))
MEASURES = ("patients", "arrivals")
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class File:
    """A file that states some of England's figures."""

    number: int
    minute: int
    figures: dict[tuple[date, str], float]


def random_files(chance: random.Random, count: int) -> list[File]:
    """Files in a random order of receipt; some are made in one minute, few values differ."""
    files = []
    for number in range(count):
        stated = [(day, name) for day in DAYS for name in MEASURES if chance.random() < 0.7]
        figures = {one: float(chance.choice((1, 1, 2))) for one in stated}
        files.append(File(number, number - chance.choice((0, 0, 1)), figures))
    return chance.sample(files, count)


def load(home: Path, batches: Sequence[Sequence[File]]) -> None:
    lay_empty_warehouse(home)
    for number, batch in enumerate(batches):
        merge(home, batch, NOON + timedelta(seconds=number))


def merge(home: Path, batch: Sequence[File], moment: datetime, *, is_again: bool = False) -> None:
    with open_warehouse(home) as connection, transaction(connection):
        connection.register("entry", entries_of(batch))
        connection.register("batch_totals", totals_of(batch))
        connection.execute("CREATE OR REPLACE TEMP TABLE touched (slot DATE)")
        merge_totals(connection, PATIENTS_OF_A_SLOT, moment, is_again=is_again)
        connection.unregister("entry")
        connection.unregister("batch_totals")


def entries_of(batch: Sequence[File]) -> pa.Table:
    in_order = sorted(batch, key=lambda file: file.minute)
    made = [NOON - timedelta(hours=3) + timedelta(minutes=file.minute) for file in batch]
    return pa.table(
        {
            "submission_number": pa.array([file.number for file in batch], pa.int32()),
            "submission_id": [f"small.rf4@{file.number}" for file in batch],
            "feed_id": ["small.rf4"] * len(batch),
            "stage": ["live"] * len(batch),
            "said_at": pa.array(made, pa.timestamp("us")),
            "came": pa.array(range(len(batch)), pa.int32()),
            "position": pa.array([in_order.index(file) for file in batch], pa.int32()),
        }
    )


def totals_of(batch: Sequence[File]) -> pa.Table:
    stated = [
        {"submission_number": file.number, "report_date": day, "measure": name, "value": value}
        for file in batch
        for (day, name), value in file.figures.items()
    ]
    types = [pa.int32(), pa.date32(), pa.string(), pa.float64()]
    names = ["submission_number", "report_date", "measure", "value"]
    return pa.Table.from_pylist(stated, pa.schema(list(zip(names, types, strict=True))))


def revisions_in(home: Path) -> list[tuple[Any, ...]]:
    """Every revision in its order, and whether it is held."""
    with open_warehouse(home) as connection:
        return connection.execute(
            "SELECT report_date, measure, value, submission_id, said_at, superseded_at IS NULL "
            "FROM warehouse.history.published_total ORDER BY report_date, measure, recorded_at"
        ).fetchall()


def expected(files: Sequence[File]) -> dict[tuple[date, str], float]:
    held: dict[tuple[date, str], float] = {}
    for file in sorted(files, key=lambda one: one.minute):
        held |= file.figures
    return held


@pytest.mark.long_on_lake
@pytest.mark.parametrize("seed", range(6))
def test_national_figures_are_the_same_in_any_batches(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = random_files(chance, 9)
    load(tmp_path / "single", [[file] for file in files])
    wanted = revisions_in(tmp_path / "single")
    held = {(day, name): value for day, name, value, *_, is_held in wanted if is_held}
    assert held == expected(files)
    middle = chance.randrange(1, 8)
    for name, batches in {"all": [files], "two": [files[:middle], files[middle:]]}.items():
        load(tmp_path / name, batches)
        assert revisions_in(tmp_path / name) == wanted


FIGURE = (DAYS[0], MEASURES[0])


def test_files_of_one_time_that_are_read_again_change_nothing(tmp_path: Path) -> None:
    at_once = [File(0, 5, {FIGURE: 1800.0}), File(1, 5, {FIGURE: 1801.0})]
    load(tmp_path, [at_once])
    before = revisions_in(tmp_path)
    assert [value for _, _, value, *_ in before] == [1800, 1801]
    for turn in range(2):
        merge(tmp_path, at_once, NOON + timedelta(hours=1 + turn), is_again=True)
        assert revisions_in(tmp_path) == before


def test_a_file_that_is_read_again_changes_its_own_figure(tmp_path: Path) -> None:
    """Though a later one said the same, which no longer says anything."""
    load(tmp_path, [[File(0, 1, {FIGURE: 1.0})], [File(1, 2, {FIGURE: 1.0})]])
    merge(tmp_path, [File(0, 1, {FIGURE: 2.0})], NOON + timedelta(hours=1), is_again=True)
    assert [(value, is_held) for _, _, value, *_, is_held in revisions_in(tmp_path)] == [
        (1, False),
        (2, True),
    ]


def test_what_is_read_again_is_not_newer_than_another_file(tmp_path: Path) -> None:
    load(tmp_path, [[File(0, 1, {FIGURE: 1.0})], [File(1, 2, {FIGURE: 3.0})]])
    before = revisions_in(tmp_path)
    merge(tmp_path, [File(0, 1, {FIGURE: 2.0})], NOON + timedelta(hours=1), is_again=True)
    assert revisions_in(tmp_path) == before
