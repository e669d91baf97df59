"""A new kind of format or source is one class: what is written here is all that one needs.

Simulated providers send a day in the new format to the new source, with faults; it is collected,
read, loaded and answered, and the ledger has what was sent. Patient data goes at the source.
"""

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal, Self

import pytest
import yaml

from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.collect import collect_endpoint
from pipelines.collect.file_store import Fetched, FileStore, Listed
from pipelines.parse.files.encodings import decode
from pipelines.parse.formats.file_writer import Cell, FileWriter, Row, number_text
from pipelines.parse.formats.table_format import TableFormat
from pipelines.parse.formats.tables.records import Objects
from pipelines.parse.formats.tables.table_reader import TableReader
from pipelines.parse.rows import ParsedRows
from pipelines.registry.format import formats
from pipelines.registry.registry import load_registry
from pipelines.registry.source import sources
from tests.support.ledger_questions import assert_answered_once
from tests.support.simulated import SimulatedHome, failed

DAY, NEXT_DAY = "2026-10-27", "2026-10-28"
NOON = f"{NEXT_DAY}T12:00:00Z"
SHELF = "shelf://north"
COLLECTION = "acute_realtime"
TEST_NUMBER = "9991234578"
"""Of the range from 999, which no patient has."""


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


@dataclass(frozen=True)
class OnShelf:
    """What lies on a shelf."""

    content: bytes
    sent_at: str = ""
    is_taken: bool = False
    taken_by: Sequence[str] = ()


class Shelf(FileStore):
    """Files in memory, under their names."""

    kind: Literal["shelf"]
    endpoint: str
    pattern: str
    shelves: ClassVar[dict[str, dict[str, OnShelf]]] = {}

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        is_shelf = endpoint.startswith("shelf://")
        return cls(kind="shelf", endpoint=endpoint, pattern="*") if is_shelf else None

    @property
    def lying(self) -> dict[str, OnShelf]:
        if self.endpoint not in self.shelves:
            raise SourceUnavailable(f"There is no {self.endpoint}.")
        return self.shelves[self.endpoint]

    def _listed(self, is_taken: bool) -> Sequence[Listed]:
        found = sorted(self.lying.items(), key=lambda entry: entry[1].sent_at)
        return [
            Listed(name, name, len(one.content), one.taken_by)
            for name, one in found
            if one.is_taken == is_taken
        ]

    def list(self, home: Path) -> Sequence[Listed]:
        return self._listed(is_taken=False)

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched]:
        return (Fetched(file, self.lying[file.key].content) for file in files)

    def done(self, home: Path, file: Listed) -> None:
        self.lying[file.key] = replace(self.lying[file.key], is_taken=True)

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        self.lying[file.file.key] = replace(self.lying[file.file.key], taken_by=taken_by)

    def kept(self, home: Path) -> Sequence[Listed]:
        return self._listed(is_taken=True)

    def drop(self, home: Path, file: Listed) -> None:
        del self.lying[file.key]

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        self.lying[name] = OnShelf(content, str(sent_at or ""))

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        self.shelves.setdefault(f"{self.endpoint}/answers", {}).update(
            {name: OnShelf(content) for name, content in files.items()}
        )
        return {}


@pytest.fixture
def shelf() -> Iterator[dict[str, OnShelf]]:
    """An empty shelf, while both kinds are registered."""
    formats.register(Pairs)
    sources.register(Shelf)
    yield Shelf.shelves.setdefault(SHELF, {})
    Shelf.shelves.clear()
    sources.forget("shelf")
    formats.forget("pairs")


@pytest.fixture
def home(tmp_path: Path) -> SimulatedHome:
    """Two trusts send pairs to the shelf."""
    for code in ("REM", "RR8"):
        write_feed(tmp_path / "feeds", code)
    return SimulatedHome(tmp_path / "home", tmp_path / "feeds", NOON)


def write_feed(folder: Path, code: str) -> Path:
    """A live feed of pairs on the shelf, which writes one column in its own way."""
    content = {
        "title": f"{code} in pairs",
        "provider": {"code": code, "name": code},
        "stage": "live",
        "slots_from": DAY,
        "source": {"kind": "shelf", "endpoint": SHELF, "pattern": f"{code}_*.pairs"},
        "file_time": {"pattern": r"_(\d{8}T\d{6})\.", "format": "%Y%m%dT%H%M%S", "zone": "UTC"},
        "format": {"kind": "pairs", "columns": {"opel_level": {"prefixes": ["OPEL"]}}},
    }
    path = folder / COLLECTION / f"{code.lower()}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def collect(home: SimulatedHome, endpoint: str = SHELF) -> int:
    """What is new at the endpoint has landed; the number of files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_FEEDS_DIR", str(home.feeds))
        patch.setenv("SITREP_NOW", home.now)
        settings.cache_clear()
        landed = collect_endpoint(home.home, endpoint, load_registry())
    settings.cache_clear()
    return landed


def test_a_day_is_simulated_collected_read_loaded_and_answered(
    shelf: dict[str, OnShelf], home: SimulatedHome
) -> None:
    window = ("--from", DAY, "--to", NEXT_DAY, "--faults", "0.3", "--folder")
    assert failed([home.call("simulate", *window)]) == []
    sent = len(shelf)
    assert sent > 150
    told = home.call("simulate", "--check").stdout
    assert f"{sent} more files are on their way" in told, "they are seen where they lie"
    assert collect(home) == sent
    assert collect(home) == 0
    assert failed([home.call("drain")]) == []

    checked = home.call("simulate", "--check").stdout
    assert checked.splitlines()[-1] == "0 differences", checked
    statuses = dict(home.ask("SELECT status, count(*) FROM ops.submission GROUP BY ALL"))
    assert set(statuses) == {"accepted", "accepted_with_rejections", "rejected", "duplicate"}
    assert sum(statuses.values()) == sent
    assert_answered_once(home.home)

    withheld = home.ask(
        "SELECT DISTINCT file_name FROM ops.submission JOIN ops.issue USING (submission_id) "
        "WHERE code = 'DATA-001'"
    )
    assert withheld
    assert not {name for (name,) in withheld} & set(shelf), "patient data is gone at the source"
    assert len(shelf) == sent - len(withheld)


@pytest.mark.parametrize("name", ["REM_a.pairs", "nobody_expects_this.txt"])
def test_patient_data_goes_at_the_source_whether_a_feed_expects_it_or_not(
    shelf: dict[str, OnShelf], home: SimulatedHome, name: str
) -> None:
    content = f"org_code=REM|comment=Waits for a bed, {TEST_NUMBER}".encode()
    shelf |= {name: OnShelf(content), "REM_b.pairs": OnShelf(b"org_code=REM")}
    assert collect(home) == 2
    assert set(shelf) == {name, "REM_b.pairs"}, "nothing is dropped before it was looked at"
    assert failed([home.call("drain")]) == []
    assert set(shelf) == {"REM_b.pairs"}
    shelf[name] = OnShelf(content)
    assert collect(home) == 1
    assert set(shelf) == {"REM_b.pairs"}, "it is known by its bytes and never done with"
    kept = [path for path in home.home.rglob("*") if path.is_file()]
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}
    assert hashlib.sha256(content).hexdigest() not in digests


def test_a_file_is_held_for_a_feed_whose_file_is_broken(
    shelf: dict[str, OnShelf], home: SimulatedHome
) -> None:
    broken = home.feeds / COLLECTION / "rr8.yaml"
    sound = broken.read_text("utf-8")
    broken.write_text("title: [")
    shelf |= {"REM_a.pairs": OnShelf(b"a"), "RR8_a.pairs": OnShelf(b"b")}
    assert collect(home) == 1
    assert collect(home) == 0, "it has landed for the feed that is sound"
    broken.write_text(sound, "utf-8")
    assert collect(home) == 1
    assert all(one.is_taken for one in shelf.values())


def test_an_endpoint_that_no_feed_names_is_told_by_its_form(
    shelf: dict[str, OnShelf], home: SimulatedHome
) -> None:
    Shelf.shelves["shelf://south"] = {"a": OnShelf(b"a")}
    assert collect(home, "shelf://south") == 1
    with pytest.raises(SourceUnavailable, match="There is no shelf://east"):
        collect(home, "shelf://east")


def test_without_its_class_the_feeds_of_a_kind_are_told_and_the_others_stay(
    shelf: dict[str, OnShelf], home: SimulatedHome
) -> None:
    sources.forget("shelf")
    told = home.call("status").stdout
    assert "source.kind: there is no source 'shelf'; known: directory, http" in told
