"""A rule about the table as a whole counts, for each submission by its own rows."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent

import pytest
import yaml

from pipelines import steps
from pipelines.base.errors import ContractFault
from pipelines.base.settings import PROJECT, settings
from tests.support.ledger_questions import (
    Record,
    answers_of_days,
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
    issues,
    use_home,
)
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, write_slots

MINIMUM = 40
SLOTS = tuple(
    f"{datetime(2019, 3, 8, 11, 30, tzinfo=UTC) - timedelta(minutes=15 * back):%Y-%m-%dT%H:%M:%SZ}"
    for back in range(21)
)
"""Two rows in each: one for either site."""

AT_LEAST_40_ROWS = {
    "code": "ART-090",
    "title": "A file has at least 40 rows",
    "expectation": "expect_table_row_count_to_be_between",
    "kwargs": {"min_value": MINIMUM},
    "on_failure": "reject_submission",
    "message": "The file has {value} rows; 40 are the least.",
    "fix": "Send the whole file.",
}
MOST_ARRIVALS_ARE_FEW = {
    "code": "ART-091",
    "title": "Most sites have no more than 20 arrivals",
    "expectation": "expect_column_values_to_be_between",
    "kwargs": {"column": "arrivals", "max_value": 20, "mostly": 0.6},
    "on_failure": "reject_row",
    "message": "{column} is {value}, as in too many rows.",
    "fix": "Look at the unit.",
}


@pytest.fixture
def contract(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The contract of acute trusts, in a folder of contracts of the test's own."""
    folder = tmp_path / "expectations"
    shutil.copytree(PROJECT / "expectations", folder, ignore=shutil.ignore_patterns("*.py*"))
    use_home(monkeypatch, home, SITREP_EXPECTATIONS_DIR=str(folder))
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    yield folder / "acute_realtime.yaml"
    settings.cache_clear()


def add_rule(contract: Path, rule: Mapping[str, object], **changes: object) -> None:
    added = indent(yaml.safe_dump([{**rule, **changes}]), "  ")
    contract.write_text(contract.read_text("utf-8") + added, "utf-8")


def write_one_row(path: Path) -> Path:
    write_slots(path, slots=SLOTS[:1])
    header, row, *_ = path.read_text("utf-8").splitlines()
    path.write_text(f"{header}\n{row}\n", "utf-8")
    return path


def bring_in(folder: Path) -> None:
    """A file of one row and one of 42 are validated together, loaded and answered."""
    files = [write_one_row(folder / FIRST_FILE), write_slots(folder / SECOND_FILE, slots=SLOTS)]
    steps.land_files(files, [FEED])
    steps.drain()


def by_file(home: Path) -> dict[str, Record]:
    return {row["file_name"]: row for row in ask_ledger(home, "FROM ops.submission")}


def test_a_file_with_too_few_rows_is_refused_and_the_one_beside_it_is_not(
    contract: Path, home: Path, tmp_path: Path
) -> None:
    add_rule(contract, AT_LEAST_40_ROWS)
    bring_in(tmp_path)

    small, large = by_file(home)[FIRST_FILE], by_file(home)[SECOND_FILE]
    assert (small["status"], large["status"]) == ("rejected", "accepted")
    assert (small["rows_accepted"], small["rows_quarantined"]) == (0, 1)
    assert (large["rows_accepted"], large["rows_quarantined"]) == (len(SLOTS) * len(SITES), 0)
    (told,) = issues(home, "ART-090", FEED)
    assert told["submission_id"] == small["submission_id"]
    assert (told["severity"], told["value"]) == ("reject_submission", "1")
    assert told["message"] == "The file has 1 rows; 40 are the least."
    (answer,) = [one for one in answers_of_days(home) if one["status"] == "rejected"]
    assert [line["code"] for line in answer["lines"]] == ["ART-090"]
    assert_rows_add_up(home)
    assert_answered_once(home)


def test_a_warning_about_the_table_is_told_once_and_costs_nothing(
    contract: Path, home: Path, tmp_path: Path
) -> None:
    add_rule(contract, AT_LEAST_40_ROWS, on_failure="warn")
    bring_in(tmp_path)

    assert {row["status"] for row in by_file(home).values()} == {"accepted"}
    (told,) = issues(home, "ART-090", FEED)
    assert told["submission_id"] == by_file(home)[FIRST_FILE]["submission_id"]
    assert (told["severity"], told["row_number"]) == ("warn", None)
    assert_rows_add_up(home)
    assert_answered_once(home)


def test_a_share_of_rows_is_one_of_the_files_own_rows(
    contract: Path, home: Path, tmp_path: Path
) -> None:
    """One of two rows is too many, though it is one of 44 in the batch."""
    add_rule(contract, MOST_ARRIVALS_ARE_FEW)
    odd = write_slots(tmp_path / FIRST_FILE, {(SITES[0], SLOTS[0]): {"arrivals": 30}}, SLOTS[:1])
    even = write_slots(tmp_path / SECOND_FILE, {(SITES[0], SLOTS[0]): {"arrivals": 30}}, SLOTS)
    steps.land_files([odd, even], [FEED])
    steps.drain()

    rows = by_file(home)
    assert rows[FIRST_FILE]["status"] == "accepted_with_rejections"
    assert rows[SECOND_FILE]["status"] == "accepted"
    (told,) = issues(home, "ART-091", FEED)
    assert told["submission_id"] == rows[FIRST_FILE]["submission_id"]
    assert told["message"] == "arrivals is 30, as in too many rows."
    assert_rows_add_up(home)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"on_failure": "reject_row"}, "ART-090 .* reject_submission or warn"),
        ({"message": "{arrivals} rows"}, "ART-090 .* {arrivals}"),
    ],
)
def test_a_rule_about_the_table_that_speaks_of_rows_stops_the_collection(
    contract: Path, home: Path, tmp_path: Path, changes: Mapping[str, object], said: str
) -> None:
    """Our mistake, which no provider is answered for: its files wait until it is mended."""
    before = contract.read_text("utf-8")
    add_rule(contract, AT_LEAST_40_ROWS, **changes)
    with pytest.raises(ContractFault, match=said):
        bring_in(tmp_path)
    assert by_file(home) == {}

    contract.write_text(before, "utf-8")
    settings.cache_clear()
    steps.drain()
    assert {row["status"] for row in by_file(home).values()} == {"accepted"}
