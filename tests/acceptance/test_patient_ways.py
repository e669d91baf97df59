"""A patient's number gets nowhere, in whatever way, file, name or place it comes.

All files of the table go the whole road together; then every byte under the home is searched.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.collect.sources.directory import DirectorySource
from pipelines.landing.landing import Delivery, Landing
from pipelines.registry.registry import load_registry
from tests.support.landed_files import object_path, writing_folder
from tests.support.ledger_questions import all_tables, ask_ledger, assert_rows_add_up, use_home
from tests.support.patient_ways import NUMBER, TEXT_WAYS, by, csv_of, whole_files
from tests.support.small_slots import ENDPOINT, FEED, FIRST_FILE, write_slots

FEEDS = {
    "csv": FEED,
    "json": "acute_realtime.rjz",
    "xlsx": "acute_realtime.ra7",
    "xls": "acute_realtime.ra7",
    "ods": "unmatched",
}
WORD = "Quetzalcoatlus"
NEEDLES = [
    form.encode(code)
    for form in (NUMBER, NUMBER[:6], NUMBER[3:], *map(by, " -./_\t:"), WORD)
    for code in ("utf-8", "utf-16-le", "utf-16-be")
]
NAMES = ("plain", "space", "two spaces", "dash", "dot", "underscore", "full-width digits",
         "no-break space", "glued to letters", "escaped for an address")  # fmt: skip


def assert_nothing_left(home: Path, contents: dict[str, bytes]) -> None:
    """No byte of a number stands under the home, in no file, name or table, and no whole file."""
    hashes = {hashlib.sha256(content).hexdigest(): name for name, content in contents.items()}
    for path in home.rglob("*"):
        told = str(path.relative_to(home))
        assert not any(form in told for form in (NUMBER, *TEXT_WAYS.values()) if len(form) > 9), (
            told
        )
        if path.is_file():
            content = path.read_bytes()
            assert hashlib.sha256(content).hexdigest() not in hashes, told
            assert not [needle for needle in NEEDLES if needle in content], told
    for name, rows in all_tables(home, "schema_name != 'ref'").items():
        told = repr(rows)
        assert not any(needle.decode() in told for needle in NEEDLES[::3]), name


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, bytes]]]:
    """A home that all files of the table were brought into, each under a name of its own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("ways")
        home = use_home(patch, folder / "home", SITREP_NOW="2019-03-08T11:50:00Z")
        contents = whole_files()
        deliveries = []
        for number, (name, content) in enumerate(contents.items()):
            ending = name.rpartition(".")[2]
            deliveries.append(
                Delivery(content, f"way {number:03d}.{ending}", FEEDS[ending], "elsewhere/of ours")
            )
        for number, way in enumerate(NAMES):
            file = write_slots(
                folder / f"{number}.csv", {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": number}}
            )
            contents[f"named {way}"] = content = file.read_bytes()
            name = f"R0A {TEXT_WAYS[way]} 20190308T113500.csv"
            deliveries.append(Delivery(content, name, FEED, f"{ENDPOINT}/{name}"))
        Landing(home).land_all(deliveries)
        steps.drain()
        yield home, contents
    settings.cache_clear()


def test_more_than_eighty_ways_are_all_refused(settled: tuple[Path, dict[str, bytes]]) -> None:
    home, contents = settled
    rows = ask_ledger(home, "SELECT sha256, status, file_name FROM ops.submission")
    told = ask_ledger(
        home,
        "SELECT DISTINCT sha256 FROM ops.issue JOIN ops.submission USING (submission_id, attempt) "
        "WHERE code = 'DATA-001'",
    )
    refused = {row["sha256"] for row in told}
    missed = [
        name
        for name, content in contents.items()
        if hashlib.sha256(content).hexdigest() not in refused
    ]
    assert missed == []
    assert len(rows) == len(contents) > 160
    assert {row["status"] for row in rows} == {"rejected"}
    assert_rows_add_up(home)


def test_not_a_digit_of_them_is_left(settled: tuple[Path, dict[str, bytes]]) -> None:
    home, contents = settled
    assert_nothing_left(home, contents)


# Copies


@pytest.fixture
def at_eleven(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_home(monkeypatch, home, SITREP_NOW="2019-03-08T11:50:00Z", SITREP_QUIET_SECONDS="0")


CONTENT = csv_of(by("\u2013"))


def put(home: Path, *names: str) -> None:
    for name in names:
        path = home / ENDPOINT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)


def test_no_copy_stays_at_another_source_than_it_came_from(at_eleven: Path) -> None:
    """Sent by hand, and collected before from a folder by a name that no feed expects."""
    put(at_eleven, f"collected/{FIRST_FILE}", ".list.csv.tmp", "list.csv.part")
    Landing(at_eleven).land_all([Delivery(CONTENT, FIRST_FILE, FEED, "/tmp/by hand.csv")])
    steps.drain()
    assert_nothing_left(at_eleven, {"": CONTENT})


def test_no_copy_stays_of_one_that_was_refused_while_it_was_collected(
    at_eleven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(at_eleven, FIRST_FILE)
    really = DirectorySource.done_all

    def refused_meanwhile(self: DirectorySource, *args: object) -> Mapping[str, str]:
        monkeypatch.setattr(DirectorySource, "done_all", really)
        steps.drain()
        return really(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(DirectorySource, "done_all", refused_meanwhile)
    steps.collect(ENDPOINT)
    assert_nothing_left(at_eleven, {"": CONTENT})


def test_no_copy_stays_of_a_duplicate_that_nobody_reads(at_eleven: Path) -> None:
    """The collector died after it had moved the file and before it looked again."""
    Landing(at_eleven).land_all([Delivery(CONTENT, FIRST_FILE, FEED, f"{ENDPOINT}/{FIRST_FILE}")])
    steps.drain()
    Landing(at_eleven).land_all([Delivery(CONTENT, "again.csv", FEED, f"{ENDPOINT}/again.csv")])
    put(at_eleven, "collected/again.csv")
    steps.drain()
    rows = ask_ledger(at_eleven, "SELECT status FROM ops.submission ORDER BY received_at")
    assert sorted(row["status"] for row in rows) == ["duplicate", "rejected"]
    assert_nothing_left(at_eleven, {"": CONTENT})


def test_a_sweep_finds_copies_that_nobody_knows_of(
    at_eleven: Path, caplog: pytest.LogCaptureFixture
) -> None:
    landing = Landing(at_eleven)
    (manifest,) = landing.land_all([Delivery(CONTENT, FIRST_FILE, FEED, "elsewhere")])
    steps.drain()
    put(at_eleven, "collected/later.csv", ".later.tmp")
    copy = object_path(at_eleven, FEED, manifest.sha256)
    copy.write_bytes(CONTENT)
    copy.with_name(f".{copy.name}.abcd.tmp").write_bytes(CONTENT)
    swept = steps.sweep_copies()
    assert (swept.at_sources, swept.in_landing) == (2, 2)
    assert "4 copies of files refused" in caplog.text
    assert_nothing_left(at_eleven, {"": CONTENT})
    assert steps.sweep_copies().at_sources == 0


def test_a_sweep_leaves_all_other_files(at_eleven: Path) -> None:
    good = write_slots(at_eleven / ENDPOINT / FIRST_FILE).read_bytes()
    steps.collect(ENDPOINT)
    steps.drain()
    put(at_eleven, "list.csv")
    steps.collect(ENDPOINT)
    steps.drain()
    steps.sweep_copies()
    assert (at_eleven / ENDPOINT / "collected" / FIRST_FILE).read_bytes() == good
    assert not (at_eleven / ENDPOINT / "collected" / "list.csv").exists()


def test_what_a_dead_landing_left_goes(at_eleven: Path) -> None:
    writing = writing_folder(at_eleven)
    writing.mkdir(parents=True)
    left, fresh = writing / ".aa.1.tmp", writing / ".bb.2.tmp"
    left.write_bytes(CONTENT)
    fresh.write_bytes(b"goes on")

    landing = Landing(at_eleven)
    swept = landing.objects.drop_abandoned(time.time() + 60)
    assert swept == 2
    fresh.write_bytes(b"goes on")
    assert steps.sweep_copies().abandoned == 0
    assert os.listdir(writing) == [fresh.name]


def test_without_a_refusal_nothing_is_swept(
    at_eleven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.withheld.sweep import sweep_if_refused

    landing, registry = Landing(at_eleven), load_registry()
    assert sweep_if_refused(landing, registry) is None
    landing.land_all([Delivery(CONTENT, FIRST_FILE, FEED, "elsewhere")])
    steps.drain()
    assert sweep_if_refused(landing, registry) is None, "the drain has swept"
