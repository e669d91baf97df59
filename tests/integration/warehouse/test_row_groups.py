"""Large tables as Parquet: what is taken over from the file before, and what readers find."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pyarrow.parquet as pq
import pytest

from warehouse.publish import row_groups
from warehouse.publish.parquet_footer import UnreadableFooter, read_footer
from warehouse.publish.row_groups import KeptFile, write_in_groups

BEGIN = datetime(2026, 10, 24, 22)
QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "ROWS_OF_A_GROUP", 20)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute(
            "CREATE TABLE slots (site VARCHAR, slot TIMESTAMP, day DATE, told BOOLEAN, "
            "value INTEGER, mean DOUBLE, big BIGINT, huge HUGEINT, note VARCHAR)"
        )
        yield made


def enter(connection: duckdb.DuckDBPyConnection, slot: datetime, rows: int, value: int) -> None:
    connection.execute(f"DELETE FROM slots WHERE slot = '{slot}'")
    connection.execute(
        f"INSERT INTO slots SELECT 'S' || range, '{slot}', '{slot:%Y-%m-%d}', range % 2 = 0, "
        f"CASE WHEN range % 3 > 0 THEN range * {value} END, range / 7.0, {value}::BIGINT << 40, "
        f"{value}, repeat('ü', {value} % 5) FROM range({rows})"
    )


def only_in_one(connection: duckdb.DuckDBPyConnection, path: Path) -> list[object]:
    return [
        row
        for one, other in (("slots", f"'{path}'"), (f"'{path}'", "slots"))
        for row in connection.execute(
            # Parquet has no numbers of sixteen bytes: DuckDB writes them as DOUBLE.
            f"SELECT * REPLACE (huge::DOUBLE AS huge) FROM {one} "
            f"EXCEPT ALL SELECT * REPLACE (huge::DOUBLE AS huge) FROM {other}"
        ).fetchall()
    ]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_changed_readers_find_the_rows_of_the_table(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, seed: int
) -> None:
    draw = Random(seed)
    slots = [BEGIN + QUARTER * number for number in range(24)]
    for slot in slots[:12]:
        enter(connection, slot, draw.randrange(1, 9), draw.randrange(9))
    before = tmp_path / "0.parquet"
    write_in_groups(connection, "slots", "slot", before)
    for number in range(1, 8):
        changed = draw.sample(slots[: 12 + number], draw.randrange(1, 4))
        for slot in changed:
            enter(connection, slot, draw.randrange(0, 9), draw.randrange(9))
        after = tmp_path / f"{number}.parquet"
        write_in_groups(connection, "slots", "slot", after, KeptFile(before, "TIMESTAMP", changed))
        assert only_in_one(connection, after) == []
        with pq.ParquetFile(after) as told:
            first = [told.read_row_group(n)["slot"][0].as_py() for n in range(told.num_row_groups)]
            rows = told.metadata.num_rows
        assert rows == connection.execute("SELECT count(*) FROM slots").fetchall()[0][0]
        assert first == sorted(first)
        before = after
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n}.parquet" for n in range(8)]


def test_what_did_not_change_is_taken_over_byte_by_byte(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    slots = [BEGIN + QUARTER * number for number in range(12)]
    for slot in slots:
        enter(connection, slot, 5, 3)
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    write_in_groups(connection, "slots", "slot", before)
    # What the table has there is not looked at: the parts that differ are told.
    connection.execute("UPDATE slots SET value = -1")
    enter(connection, slots[0], 4, 3)
    enter(connection, slots[-1] + QUARTER, 5, 3)
    changed = [slots[0], slots[-1] + QUARTER]
    write_in_groups(connection, "slots", "slot", after, KeptFile(before, "TIMESTAMP", changed))
    kept = connection.execute(
        f"SELECT min(slot), max(slot) FROM '{after}' WHERE value IS DISTINCT FROM -1 "
        f"AND slot > '{slots[3]}' AND slot <= '{slots[11]}'"
    ).fetchall()
    assert kept == [(slots[4], slots[11])]
    assert [group.rows for group in read_footer(before).row_groups] == [20, 20, 20]
    assert [group.rows for group in read_footer(after).row_groups] == [19, 20, 20, 5]


def test_a_part_over_two_row_groups_is_written_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """As DuckDB writes a file by itself: a group ends in the middle of a slot."""
    for number in range(5):
        enter(connection, BEGIN + QUARTER * number, 1000, 3)
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    connection.execute(
        f"COPY (FROM slots ORDER BY slot) TO '{before}' "
        "(FORMAT parquet, ROW_GROUP_SIZE 2048, WRITE_BLOOM_FILTER false)"
    )
    assert len(read_footer(before).row_groups) > 1
    enter(connection, BEGIN, 10, 4)
    write_in_groups(connection, "slots", "slot", after, KeptFile(before, "TIMESTAMP", [BEGIN]))
    assert only_in_one(connection, after) == []


def test_days_are_parts_too(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for number in range(300):
        enter(connection, BEGIN + QUARTER * number, 1, 3)
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    write_in_groups(connection, "slots", "day", before)
    enter(connection, BEGIN, 5, 4)
    write_in_groups(connection, "slots", "day", after, KeptFile(before, "DATE", [BEGIN.date()]))
    assert only_in_one(connection, after) == []


@pytest.mark.parametrize("length", [0, 4, 11, 12, 300, -9, -1])
def test_a_file_that_ends_early_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, length: int
) -> None:
    enter(connection, BEGIN, 9, 3)
    path = tmp_path / "slots.parquet"
    write_in_groups(connection, "slots", "slot", path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UnreadableFooter):
        read_footer(path)


def test_any_garbage_in_a_footer_is_refused_or_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    enter(connection, BEGIN, 9, 3)
    path = tmp_path / "slots.parquet"
    write_in_groups(connection, "slots", "slot", path)
    sound, draw = path.read_bytes(), Random(7)
    refused = 0
    for _ in range(300):
        content = bytearray(sound)
        for _ in range(draw.randrange(1, 6)):
            content[draw.randrange(len(sound) - 700, len(sound))] = draw.randrange(256)
        path.write_bytes(content)
        try:
            read_footer(path)
        except UnreadableFooter:
            refused += 1
    assert refused > 100


def test_a_filter_apart_is_not_left_behind(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A file with what stands outside of its row groups is written anew as a whole."""
    enter(connection, BEGIN, 500, 3)
    path = tmp_path / "slots.parquet"
    connection.execute(f"COPY slots TO '{path}' (FORMAT parquet, WRITE_BLOOM_FILTER true)")
    with pytest.raises(UnreadableFooter, match="filter apart"):
        read_footer(path)
