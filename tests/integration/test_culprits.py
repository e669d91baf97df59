"""A file that makes every batch fail is found, refused and told; the others are loaded.

The faults are put in by hand: any that is known by its file would be mended.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import collection_run, steps
from pipelines.base.errors import CollectionFault, ContractFault
from pipelines.landing.crash_guard import LIMIT, CrashGuard
from pipelines.landing.landing import Delivery, Landing
from pipelines.validate import validate
from tests.support.ledger_questions import ask_ledger, assert_answered_once, assert_rows_add_up
from tests.support.small_slots import FIRST_FILE, write_slots
from warehouse.load import load

FEED = "acute_realtime.r0a"
POISON = 71
"""Patients in the first row of the file that makes a step fail."""


def files(folder: Path, *patients: int) -> list[Delivery]:
    """Files of one feed and one slot, each with so many patients."""
    content = write_slots(folder / FIRST_FILE).read_text("utf-8")
    header, row, *rest = content.splitlines()
    at = header.split(",").index("patients_in_department")
    made = []
    for number, value in enumerate(patients):
        cells = row.split(",")
        cells[at] = str(value)
        name = f"{number}_{FIRST_FILE}"
        text = "\n".join([header, ",".join(cells), *rest]) + "\n"
        made.append(Delivery(text.encode(), name, FEED, name))
    return made


def has_poison(table: Any) -> bool:
    return POISON in table["patients_in_department"].to_pylist()


def fail_in_judging(patch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    really = validate._ask_rules

    def judge(submissions: Any, conformed: Any, collection: Any) -> Any:
        if has_poison(conformed.table):
            raise error("a fault that nobody expected")
        return really(submissions, conformed, collection)

    patch.setattr(validate, "_ask_rules", judge)


def fail_in_loading(patch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    really = load._load_rows

    def load_rows(connection: Any, batch: Any, *others: Any) -> Any:
        if has_poison(batch.tables["rows"]):
            raise error("a fault that nobody expected")
        return really(connection, batch, *others)

    patch.setattr(load, "_load_rows", load_rows)


STEPS: dict[str, Callable[[pytest.MonkeyPatch, type[Exception]], None]] = {
    "judging": fail_in_judging,
    "loading": fail_in_loading,
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [UnicodeEncodeError, ContractFault, RecursionError])
def test_the_culprit_alone_is_refused(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: type[Exception],
) -> None:
    def made(words: str) -> Exception:
        if error is UnicodeEncodeError:
            return UnicodeEncodeError("utf-8", words, 0, 1, words)
        return error(words)

    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    Landing(home).land_all(files(tmp_path, 61, 62, POISON, 64, 65))
    with monkeypatch.context() as patch:
        STEPS[step](patch, made)  # type: ignore[arg-type]
        assert steps.drain() == 5
    rows = ask_ledger(home, "SELECT file_name, status FROM ops.submission ORDER BY file_name")
    assert [row["status"] for row in rows] == [
        "accepted",
        "accepted",
        "rejected",
        "accepted",
        "accepted",
    ]
    (told,) = ask_ledger(home, "FROM ops.issue WHERE severity = 'reject_submission'")
    assert told["code"] == "FILE-011"
    assert_rows_add_up(home)
    assert_answered_once(home)
    assert Landing(home).waiting() == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [OSError, MemoryError])
def test_a_fault_of_the_machine_is_no_verdict(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: type[Exception],
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    Landing(home).land_all(files(tmp_path, 61, POISON))
    with monkeypatch.context() as patch:
        STEPS[step](patch, error)
        with pytest.raises(CollectionFault):
            steps.drain()
    assert len(Landing(home).waiting()) == 2
    assert steps.drain() == 2
    rows = ask_ledger(home, "SELECT DISTINCT status FROM ops.submission")
    assert rows == [{"status": "accepted"}]


def test_where_a_sound_batch_fails_too_no_file_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    Landing(home).land_all(files(tmp_path, 61, 62))

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("of ours")

    with monkeypatch.context() as patch:
        patch.setattr(validate, "_ask_rules", fail)
        with pytest.raises(CollectionFault):
            steps.drain()
    assert not ask_ledger(home, "FROM ops.submission")
    assert steps.drain() == 2


def test_a_probe_leaves_nothing_behind(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    Landing(home).land_all(files(tmp_path, POISON))
    tried: list[bool] = []
    really = collection_run.CollectionRun._is_of_a_file

    def count(*arguments: Any) -> bool:
        tried.append(really(*arguments))
        return tried[-1]

    with monkeypatch.context() as patch:
        fail_in_loading(patch, ValueError)
        patch.setattr(collection_run.CollectionRun, "_is_of_a_file", count)
        assert steps.drain() == 1
    assert tried == [True]
    (row,) = ask_ledger(home, "SELECT delivery_id, status FROM ops.submission")
    assert row["status"] == "rejected"
    assert not ask_ledger(home, "FROM history.acute_realtime")


def test_what_died_together_is_tried_apart_until_the_culprit_is_alone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies in a step that works on all files at once."""
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    Landing(home).land_all(files(tmp_path, *range(80, 99), POISON))
    really = collection_run.CollectionRun._check_together

    def die(self: collection_run.CollectionRun, deliveries: Any) -> Any:
        batch, left = really(self, deliveries)
        if has_poison(batch.tables["rows"]):
            raise KeyboardInterrupt
        return batch, left

    deaths = 0
    with monkeypatch.context() as patch:
        patch.setattr(collection_run.CollectionRun, "_check_together", die)
        patch.setattr("pipelines.landing.crash_guard.LIMIT_AT_WORK", LIMIT)
        # A process that dies does not take its note back.
        patch.setattr(CrashGuard, "end_together", lambda self: None)
        patch.setattr(CrashGuard, "__init__", _forgetting_nothing(CrashGuard.__init__))
        for _ in range(5 + LIMIT):
            try:
                steps.drain()
                break
            except KeyboardInterrupt:
                deaths += 1
    rows = ask_ledger(home, "SELECT status, count(*) AS n FROM ops.submission GROUP BY ALL")
    assert {row["status"]: row["n"] for row in rows} == {"accepted": 19, "rejected": 1}
    assert LIMIT <= deaths <= LIMIT + 3
    assert Landing(home).waiting() == []


def _forgetting_nothing(really: Callable[..., None]) -> Callable[..., None]:
    def init(self: CrashGuard, home: Path, collection: str) -> None:
        really(self, home, collection)
        self._together.unlink(missing_ok=True)

    return init
