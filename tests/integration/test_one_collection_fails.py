"""A fault in one collection costs that one only: its files wait, all others are loaded."""

from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.errors import CollectionFault
from pipelines.landing.landing import Landing
from pipelines.validate import validate
from tests.support.ledger_questions import ask_ledger, assert_answered_once
from tests.support.small_slots import FIRST_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from warehouse.load import load, merge

FAULTY = "acute_sitrep"


@pytest.fixture
def landed(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbook of two collections and a file of slots have landed."""
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    steps.land_files([write_workbook(tmp_path / FILE_NAME), write_slots(tmp_path / FIRST_FILE)])
    return home


def fail_for_one(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The step fails for one collection with an error that nobody expected."""
    if step == "validating":
        really_judge = validate._ask_rules

        def judge(submissions: Any, conformed: Any, collection: Any) -> Any:
            if collection.collection == FAULTY:
                raise ZeroDivisionError("of a rule")
            return really_judge(submissions, conformed, collection)

        monkeypatch.setattr(validate, "_ask_rules", judge)
        return
    really_merge = merge.merge_rows

    def merge_or_fail(connection: Any, collection: Any, bits: Any, moment: Any) -> Any:
        if collection.collection == FAULTY:
            connection.execute("SELECT no_such_column FROM incoming")
        return really_merge(connection, collection, bits, moment)

    monkeypatch.setattr(load, "merge_rows", merge_or_fail)


@pytest.mark.parametrize("step", ["validating", "loading"])
def test_the_others_are_loaded_and_its_files_wait(
    landed: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        fail_for_one(patch, step)
        with pytest.raises(CollectionFault, match=f"^{FAULTY} could not be loaded"):
            steps.drain()
        settled = ask_ledger(landed, "SELECT collection, status FROM ops.submission ORDER BY ALL")
        assert settled == [
            {"collection": "acute_realtime", "status": "accepted"},
            {"collection": "ambulance_handover", "status": "accepted"},
        ]
        (waiting,) = Landing(landed).waiting()
        assert waiting.feed_id.startswith(FAULTY)
        assert not ask_ledger(landed, "FROM ops.issue WHERE code = 'FILE-011'"), "no verdict"
        with pytest.raises(CollectionFault):
            steps.bring_in(FAULTY, endpoints=())
        assert steps.bring_in("ambulance_handover", endpoints=()).settled == 0
    assert steps.bring_in(FAULTY, endpoints=()).settled == 1
    assert Landing(landed).waiting() == []
    assert_answered_once(landed)
