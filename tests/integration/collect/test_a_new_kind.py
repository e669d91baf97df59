"""A new kind of format is one class: what is written here is all that the project needs of it.

Simulated providers send a day in it, with faults; it is collected, read, loaded and answered, and
the ledger has what was sent.
"""

import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest
import yaml

from pipelines.base.settings import settings
from pipelines.collect.collect import collect_endpoint
from pipelines.parse.formats.encodings import decode
from pipelines.parse.formats.file_writer import Cell, FileWriter, Row, number_text
from pipelines.parse.formats.table_format import TableFormat
from pipelines.parse.formats.tables.records import Objects
from pipelines.parse.formats.tables.table_reader import TableReader
from pipelines.parse.rows import ParsedRows
from pipelines.registry.format import formats
from pipelines.registry.registry import load_registry
from tests.support.simulated import SimulatedHome, failed

DAY = "2026-10-27"
NEXT_DAY = "2026-10-28"


class PairsWriter(FileWriter):
    """Writes a line of name=value pairs for each row."""

    def text(self, text: str) -> Cell:
        return text

    def number(self, value: float) -> Cell:
        return number_text(value)

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        lines = ["|".join(map("=".join, zip(headings, row, strict=True))) for row in rows]
        return "\n".join(lines).encode()

    def spoil(self, content: bytes, chance: float) -> bytes:
        return gzip.compress(content, mtime=0)


class Pairs(TableFormat):
    """Lines of name=value pairs with | between them."""

    kind: Literal["pairs"]

    def read_table(self, content: bytes, file_name: str, reader: TableReader) -> ParsedRows:
        lines = decode(content, file_name).splitlines()
        pairs = [[pair.partition("=") for pair in line.split("|")] for line in lines]
        rows = [{name: value for name, _, value in own} for own in pairs]
        keys = tuple(dict.fromkeys(key for row in rows for key in row))
        cells = [[row.get(key) for key in keys] for row in rows]
        return reader.read_objects(Objects(keys, cells, range(1, len(rows) + 1)))

    def writer(self, habit: Sequence[float]) -> FileWriter:
        return PairsWriter(self)


@pytest.fixture
def pairs() -> Iterator[None]:
    formats.register(Pairs)
    yield
    formats.forget("pairs")


def collect(home: SimulatedHome, endpoint: str) -> int:
    """What is new at the endpoint has landed; the number of files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_FEEDS_DIR", str(home.feeds))
        patch.setenv("SITREP_QUIET_SECONDS", "0")
        settings.cache_clear()
        landed = collect_endpoint(home.home, endpoint, load_registry())
    settings.cache_clear()
    return landed


def write_feed(folder: Path, collection: str, code: str, endpoint: str) -> None:
    """A live feed of pairs, which names one column otherwise."""
    content = {
        "title": f"{code} in pairs",
        "provider": {"code": code, "name": code},
        "stage": "live",
        "slots_from": DAY,
        "source": {"kind": "directory", "endpoint": endpoint, "pattern": f"{code}_*.pairs"},
        "file_time": {"pattern": r"_(\d{8}T\d{6})\.", "format": "%Y%m%dT%H%M%S", "zone": "UTC"},
        "format": {"kind": "pairs", "columns": {"opel_level": {"prefixes": ["OPEL"]}}},
    }
    path = folder / collection / f"{code.lower()}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), "utf-8")


def test_a_new_format_is_simulated_collected_read_loaded_and_answered(
    pairs: None, tmp_path: Path
) -> None:
    for code in ("REM", "RR8"):
        write_feed(tmp_path / "feeds", "acute_realtime", code, "incoming/pairs")
    home = SimulatedHome(tmp_path / "home", tmp_path / "feeds", f"{NEXT_DAY}T12:00:00Z")
    window = ("--from", DAY, "--to", NEXT_DAY, "--faults", "0.3", "--folder")
    assert failed([home.call("simulate", *window)]) == []
    assert collect(home, "incoming/pairs") > 150
    assert failed([home.call("drain")]) == []
    checked = home.call("simulate", "--check")
    assert checked.stdout.splitlines()[-1] == "0 differences", checked.stdout
    statuses = dict(home.ask("SELECT status, count(*) FROM ops.submission GROUP BY ALL"))
    assert statuses["accepted"] > 100
    assert {"rejected", "duplicate", "accepted_with_rejections"} < set(statuses)
    levels = home.ask("SELECT DISTINCT opel_level FROM history.acute_realtime ORDER BY ALL")
    assert {level for (level,) in levels} <= {1, 2, 3, 4}
    assert list((home.home / "answers").rglob("*.json*"))
