"""A contract, a rule or a monitor that is broken costs itself only, at every step and command."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, write_slots
from tests.support.small_workbook import DAYS, FILE_NAME, write_workbook
from warehouse.publish.publications import current_path, read_description

BROKEN = "acute_realtime"
TABLES = (BROKEN, "feed_status", "slot_status", "coverage", "national_slot")
LATER = ("2026-11-08T12:15:00Z", "2026-11-08T12:30:00Z")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two daily collections and one of slots, published, to copy."""
    folder = tmp_path_factory.mktemp("one_broken")
    shutil.copytree(
        PROJECT / "expectations", folder / "contracts", ignore=shutil.ignore_patterns("*.py*")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2026-11-08T13:00:00Z")
        settings.cache_clear()
        slots = ("2026-11-08T11:30:00Z", "2026-11-08T11:45:00Z")
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.land_files([write_slots(folder / FIRST_FILE, slots=slots)], [FEED])
        steps.drain()
        steps.publish()
    settings.cache_clear()
    return folder


@pytest.fixture
def contract(
    prepared: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The contract of the collection that a test breaks; the home is published."""
    shutil.copytree(prepared / "home", home, symlinks=True)
    shutil.copytree(prepared / "contracts", tmp_path / "contracts")
    monkeypatch.setenv("SITREP_NOW", "2026-11-08T14:00:00Z")
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(tmp_path / "contracts"))
    settings.cache_clear()
    yield tmp_path / "contracts" / f"{BROKEN}.yaml"
    settings.cache_clear()


def put(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def break_it(path: Path) -> None:
    put(path, "\ntitle:", "\ntitel:")


def rows_of(home: Path, table: str) -> list[tuple[Any, ...]]:
    path = current_path(home)
    assert path is not None
    condition = f"WHERE collection = '{BROKEN}'" if table != BROKEN else ""
    with duckdb.connect(str(path), read_only=True) as reader:
        return reader.execute(f"FROM {table} {condition} ORDER BY ALL").fetchall()


def test_a_publication_names_it_and_carries_its_rows_over(
    contract: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {table: rows_of(home, table) for table in TABLES}
    ages = (read_description(home) or {})["data_as_of"]
    assert all(before.values())
    break_it(contract)
    assert _run(["publish"]) == 3
    assert f"{BROKEN}: {contract}:" in capsys.readouterr().err
    told = read_description(home) or {}
    assert list(told["faults"]) == [BROKEN]
    assert told["data_as_of"] == ages
    assert {table: rows_of(home, table) for table in TABLES} == before


@pytest.mark.long
def test_a_first_publication_names_it_and_says_that_nothing_is_said(
    contract: Path, home: Path
) -> None:
    shutil.rmtree(home / "publications")
    break_it(contract)
    assert _run(["publish"]) == 3
    path = current_path(home)
    assert path is not None
    with duckdb.connect(str(path), read_only=True) as reader:
        said = reader.execute(
            f"SELECT comment FROM duckdb_tables() WHERE table_name = '{BROKEN}'"
        ).fetchall()
    assert said and all("cannot be used just now" in text for (text,) in said)


def test_a_time_is_told_with_its_values_and_what_is_left_out(
    contract: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["as-of", "2026-11-08T13:30Z", f"SELECT count(*) FROM {BROKEN}"]
    assert _run(question) == 0
    whole = capsys.readouterr().out
    break_it(contract)
    assert _run(question) == 3
    told = capsys.readouterr()
    assert told.out == whole
    assert BROKEN in told.err and "England's figures" in told.err and str(contract) in told.err
    contract.unlink()
    assert _run(["as-of", "2026-11-08T13:30Z"]) == 3
    assert f"{BROKEN}\t4" in capsys.readouterr().out


def test_a_feed_file_that_is_broken_costs_its_own_rows_only(
    contract: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = Path(shutil.copytree(PROJECT / "pipelines" / "feeds", tmp_path / "feeds"))
    put(feeds / BROKEN / "rgt.yaml", "\nstage:", "\nstadge:")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    before = rows_of(home, "feed_status"), rows_of(home, "coverage")
    assert _run(["publish"]) == 3
    after = rows_of(home, "feed_status"), rows_of(home, "coverage")
    assert [row[0] for row in after[0]] == [row[0] for row in before[0]]
    assert after[1] == before[1]
    assert list((read_description(home) or {})["faults"]) == [f"{BROKEN}.rgt"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["status"], 2),
        (["dictionary"], 2),
        (["check"], 2),
        (["reprocess", "--collection", BROKEN], 2),
        (["reprocess", "--feed", f"{BROKEN}.r0a"], 2),
        (["watch", "--no-alert"], 3),
    ],
)
def test_every_command_names_its_file(
    contract: Path, capsys: pytest.CaptureFixture[str], command: list[str], code: int
) -> None:
    break_it(contract)
    dictionary = PROJECT / "docs" / "data-dictionary.md"
    before = dictionary.read_bytes()
    assert _run(command) == code
    told = capsys.readouterr()
    assert str(contract) in told.out + told.err
    assert dictionary.read_bytes() == before


def test_what_belongs_to_no_usable_feed_keeps_no_other_file_from_landing(
    contract: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    break_it(contract)
    good = write_workbook(tmp_path / FILE_NAME, days=DAYS[:1])
    bad = tmp_path / "figures.csv"
    bad.write_text("a,b\n1,2\n")
    settled = len(ask_ledger(home, "FROM ops.submission"))
    assert _run(["ingest", "--json", str(bad), str(good)]) == 2
    told = capsys.readouterr()
    assert {one["file_name"] for one in json.loads(told.out)} == {FILE_NAME}
    assert "figures.csv" in told.err and str(contract) in told.err
    assert len(ask_ledger(home, "FROM ops.submission")) == settled + 2


RULE = """  - code: ART-090
    title: A rule
    expectation: {expectation}
    kwargs: {kwargs}
    on_failure: {cost}
    message: "{message}"
    fix: Do.
"""
WRONG_RULES = {
    "unknown type": ("expect_the_moon", "{column: arrivals}", "warn", "m"),
    "wrong kwargs": (
        "expect_column_values_to_be_between",
        "{column: arrivals, mim: 1}",
        "warn",
        "m",
    ),
    "cost": ("expect_table_row_count_to_be_between", "{min_value: 9}", "reject_row", "m"),
    "words": ("expect_table_row_count_to_be_between", "{min_value: 9}", "warn", "{arrivals}"),
    "bound": ("expect_multicolumn_values_to_be_between", "{column_list: [arrivals]}", "warn", "m"),
}


@pytest.mark.parametrize("name", others_are_long(WRONG_RULES, "wrong kwargs", "words"))
def test_a_rule_that_cannot_run_is_told_with_its_line_and_the_others_are_loaded(
    contract: Path,
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    wrong = WRONG_RULES[name]
    names = ("expectation", "kwargs", "cost", "message")
    text = contract.read_text("utf-8")
    line = text.count("\n") + 1
    contract.write_text(text + RULE.format(**dict(zip(names, wrong, strict=True))), "utf-8")
    slots = write_slots(tmp_path / SECOND_FILE, slots=LATER)
    steps.land_files([write_workbook(tmp_path / FILE_NAME, days=DAYS[:1])])
    steps.land_files([slots], [FEED])
    assert _run(["drain", "--json"]) == 3
    told = capsys.readouterr()
    outcomes = {one["feed_id"].partition(".")[0]: one["status"] for one in json.loads(told.out)}
    assert outcomes[BROKEN] == "waiting"
    assert outcomes["ambulance_handover"] == "accepted"
    assert told.err.startswith(f"{contract}:{line}: {BROKEN} could not be loaded: ")
    assert "the other collections were loaded" in told.err
    assert [one.feed_id for one in Landing(home).waiting()] == [FEED]
    assert _run(["check"]) == 2
    assert f"{contract}:{line}: " in capsys.readouterr().out


CHANGES: list[tuple[str, Callable[[str], str], str]] = [
    (
        "type",
        lambda text: text.replace(
            "name: arrivals\n    type: count", "name: arrivals\n    type: date"
        ),
        "arrivals of 'acute_realtime' is stored as INTEGER, and the contract says date",
    ),
    (
        "key",
        lambda text: text.replace("key: [org_code, site_code", "key: [org_code"),
        "stored by the key org_code, site_code, slot_start, and the contract says",
    ),
]


@pytest.mark.parametrize(("change", "told"), [one[1:] for one in CHANGES], ids=["type", "key"])
def test_a_contract_that_changed_what_is_stored_is_told(
    contract: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[str], str],
    told: str,
) -> None:
    before = contract.read_text("utf-8")
    contract.write_text(change(before), "utf-8")
    assert contract.read_text("utf-8") != before
    steps.land_files([write_slots(tmp_path / SECOND_FILE, slots=LATER)], [FEED])
    assert _run(["drain"]) == 3
    said = capsys.readouterr()
    assert told in said.err and str(contract) in said.err
    assert "waiting" in said.out
