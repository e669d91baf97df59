"""Files that have many cells are loaded in several rounds, so that memory stays bounded.

What they leave is the same as if all had gone together.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines import collection_run, queue, steps
from pipelines.base.errors import CollectionFault, ContractFault
from pipelines.base.settings import settings
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Landing, Manifest
from pipelines.parse.submission import Submission
from pipelines.reprocess import Chosen, reprocess
from pipelines.validate import validate
from pipelines.validate.batch import Batch
from tests.integration.test_culprits import POISON, STEPS, files
from tests.support.ledger_questions import ask_ledger, assert_answered_once, assert_rows_add_up
from warehouse.load import load

PATIENTS = (61, 62, 63, 62, 65)
"""The fourth file has the bytes of the second."""
CELLS = 104
"""Of each file."""
TWO_FILES = CELLS + 1
ROUNDS = {1: 5, 100 * CELLS: 1}
"""Cells at once → how many loads these files take."""
HELD = (
    "SELECT submission_id, patients_in_department, org_code, site_code, slot_start, "
    "row_number() OVER (PARTITION BY org_code, site_code, slot_start ORDER BY recorded_at) AS turn "
    "FROM history.acute_realtime ORDER BY ALL"
)


class Loads:
    """The batches that were loaded, file by file."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.files: list[list[str]] = []
        really = load.load_batch

        def load_batch(connection: Any, batch: Batch, *others: Any) -> int:
            self.files.append([one.manifest.file_name[0] for one in batch.submissions])
            return really(connection, batch, *others)

        patch.setattr(load, "load_batch", load_batch)

    def in_order(self) -> list[str]:
        """The files one after the other."""
        return [name for own in self.files for name in own]


@pytest.fixture
def landing(home: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    return Landing(home)


def at_once(patch: pytest.MonkeyPatch, cells: int) -> None:
    patch.setattr(collection_run, "CELLS_AT_ONCE", cells)


@pytest.mark.parametrize("cells", ROUNDS)
def test_each_round_has_as_many_files_as_go_together(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    at_once(monkeypatch, cells)
    loads = Loads(monkeypatch)
    landing.land_all(files(tmp_path, *PATIENTS))
    assert steps.drain() == 5
    assert len(loads.files) == ROUNDS[cells]
    assert loads.in_order() == list("01234")
    assert landing.waiting() == []
    assert_rows_add_up(landing.home)
    assert_answered_once(landing.home)


def test_a_round_ends_with_the_file_that_fills_it(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    really = validate.validate_submissions

    def judge(name: str, submissions: list[Submission], *others: Any) -> Batch:
        for one in submissions:
            assert one.parsed is not None
            sizes.append(len(one) * len(one.parsed.texts))
        return really(name, submissions, *others)

    monkeypatch.setattr(validate, "validate_submissions", judge)
    loads = Loads(monkeypatch)
    landing.land_all(files(tmp_path, *PATIENTS[:1]))
    steps.drain()
    assert sizes == [CELLS]
    at_once(monkeypatch, TWO_FILES)
    landing.land_all(files(tmp_path, 0, *PATIENTS[1:])[1:])
    assert steps.drain() == 4
    assert loads.files == [["0"], ["1", "2"], ["3", "4"]]


def test_progress_is_told_in_time_where_files_are_large(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = files(tmp_path, *PATIENTS)
    landing.land_all(given)
    monkeypatch.setattr(queue, "BYTES_AT_ONCE", len(given[0].content) + 1)
    told: list[str] = []
    assert steps.drain(told.append) == 5
    assert told == [
        "Checking and loading 0 of 5",
        "Checking and loading 2 of 5",
        "Checking and loading 4 of 5",
        "Giving answers back",
    ]
    assert landing.waiting() == []


def test_rounds_leave_what_one_would(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for cells in ROUNDS:
        home = tmp_path / str(cells)
        monkeypatch.setenv("SITREP_HOME", str(home))
        settings.cache_clear()
        at_once(monkeypatch, cells)
        Landing(home).land_all(files(tmp_path, *PATIENTS, 61))
        steps.drain()
        statuses = ask_ledger(
            home, "SELECT file_name, status, rows_revised FROM ops.submission ORDER BY file_name"
        )
        held = [
            {name: value for name, value in row.items() if name != "submission_id"}
            for row in ask_ledger(home, HELD)
        ]
        found.append((statuses, held))
    one_by_one, together = found
    assert one_by_one == together
    assert one_by_one[0][-1]["status"] == "duplicate"


@pytest.mark.parametrize("cells", [*ROUNDS, TWO_FILES])
@pytest.mark.parametrize("step", STEPS)
def test_a_culprit_costs_no_other_file_in_any_round(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, cells: int
) -> None:
    at_once(monkeypatch, cells)
    landing.land_all(files(tmp_path, 61, 62, 63, POISON, 65, 66, 67, 68))
    loads = Loads(monkeypatch)
    with monkeypatch.context() as patch:
        STEPS[step](patch, RecursionError)
        assert steps.drain() == 8
    assert list(dict.fromkeys(loads.in_order())) == list("01234567")
    rows = ask_ledger(landing.home, "SELECT status FROM ops.submission ORDER BY file_name")
    assert [row["status"] for row in rows] == [*["accepted"] * 3, "rejected", *["accepted"] * 4]
    assert landing.waiting() == []
    assert_answered_once(landing.home)


def test_a_fault_that_passes_leaves_no_file_out(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is halved, and now its first half reads as far as the batch did."""
    at_once(monkeypatch, TWO_FILES)
    landing.land_all(files(tmp_path, 61, 62, 63, 64, 65, 66, 67, 68))
    really, faults = validate._ask_rules, [RecursionError("a fault that passes")]

    def judge(*given: Any) -> Any:
        if faults:
            raise faults.pop()
        return really(*given)

    monkeypatch.setattr(validate, "_ask_rules", judge)
    loads = Loads(monkeypatch)
    assert steps.drain() == 8
    assert loads.in_order() == list("01234567")
    assert landing.waiting() == []


def test_a_collection_that_cannot_be_loaded_ends_its_rounds(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch, 1)
    landing.land_all(files(tmp_path, *PATIENTS))
    with monkeypatch.context() as patch:
        STEPS["loading"](patch, OSError)
        assert steps.drain() == 5
    landing.land_all(files(tmp_path, 66, POISON, 67))
    loads = Loads(monkeypatch)
    with monkeypatch.context() as patch:
        STEPS["loading"](patch, OSError)
        with pytest.raises(CollectionFault):
            steps.drain()
    assert loads.files == [["0"], ["1"]], "what comes after a file waits for it"
    assert len(landing.waiting()) == 2
    assert steps.drain() == 2
    assert landing.waiting() == []


def test_a_death_counts_for_those_that_had_not_been_loaded(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch, 1)
    noted: list[str] = []
    really = CrashGuard.begin_together

    def begin(guard: CrashGuard, deliveries: Sequence[Manifest]) -> None:
        noted.append("".join(one.file_name[0] for one in deliveries))
        really(guard, deliveries)

    monkeypatch.setattr(CrashGuard, "begin_together", begin)
    landing.land_all(files(tmp_path, *PATIENTS))
    steps.drain()
    assert [one for one in noted if one] == ["01234", "1234", "234", "34", "4"]


def test_submissions_are_read_again_in_rounds_too(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.land_all(files(tmp_path, *PATIENTS))
    steps.drain()
    at_once(monkeypatch, 1)
    loads = Loads(monkeypatch)
    assert len(reprocess(Chosen(collection="acute_realtime"), lambda _: None)) == 4
    assert sorted(loads.files) == [["0"], ["1"], ["2"], ["4"]]
    rows = ask_ledger(
        landing.home,
        "SELECT DISTINCT attempt, status FROM ops.submission WHERE status != 'duplicate'",
    )
    assert rows == [{"attempt": 2, "status": "accepted"}]


def test_a_contract_that_fails_is_told_from_any_round(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch, 1)
    landing.land_all(files(tmp_path, 61, 62))
    really = validate._ask_rules
    rounds: list[int] = []

    def judge(*given: Any) -> Any:
        rounds.append(1)
        if len(rounds) > 1:
            raise ContractFault("a rule that cannot be asked", "some_rule")
        return really(*given)

    with monkeypatch.context() as patch:
        patch.setattr(validate, "_ask_rules", judge)
        with pytest.raises(ContractFault):
            steps.drain()
    assert [one.file_name[0] for one in landing.waiting()] == ["1"]
