"""A fault of the reader stays with its file, and reading it again after the cure loads it."""

import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from pipelines import reprocess, steps
from pipelines.base.errors import ContractFault
from pipelines.base.settings import settings
from pipelines.conform import conform, reconcile
from pipelines.conform.arrow_figures import ArrowFigures
from pipelines.landing.crash_guard import LIMIT, CrashGuard
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from pipelines.parse.rows import CellPlaces, ParsedRows
from tests.support.ledger_questions import ask_ledger, use_home
from tests.support.small_slots import FIRST_FILE, write_slots
from tests.support.small_workbook import CLOSURES, DAYS, FILE_NAME, write_workbook

FEED = "acute_sitrep.winter_timeseries"


def ledger(home: Path) -> tuple[Any, ...]:
    (row,) = ask_ledger(
        home,
        "SELECT status, rows_read, rows_accepted + rows_quarantined + rows_skipped, "
        "(SELECT count(*) FROM history.acute_sitrep WHERE superseded_at IS NULL) "
        "FROM ops.submission WHERE feed_id = ?",
        FEED,
    )
    return tuple(row.values())


def test_a_fault_after_parsing_refuses_the_file_and_its_rows_add_up(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TypeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "reconcile", fail)
        steps.land_files([write_workbook(tmp_path / FILE_NAME)], [FEED])
        steps.drain()
    assert ledger(home) == ("rejected", 0, 0, 0)
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    status, read, told, held = ledger(home)
    assert (status, read) == ("accepted", told)
    assert held > 0


@pytest.mark.parametrize(
    ("module", "step"),
    [(reconcile, "read_totals"), (reconcile, "reconcile"), (conform, "conform_parts")],
)
def test_a_fault_at_one_file_costs_no_other_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    """They are read together, and so a fault could take them all, at every run again."""
    really = getattr(module, step)
    bad = write_workbook(tmp_path / "bad" / FILE_NAME, {(CLOSURES, "RF4", "Closures", DAYS[0]): 7})
    good = write_workbook(tmp_path / "good" / FILE_NAME)

    def fail_at_seven(*arguments: Any) -> Any:
        if has_seven(arguments):
            raise TypeError("a fault of ours")
        return really(*arguments)

    monkeypatch.setattr(module, step, fail_at_seven)
    steps.land_files([bad, good], [FEED])
    steps.drain()
    rows = ask_ledger(home, "SELECT sha256, status FROM ops.submission")
    assert {row["sha256"]: row["status"] for row in rows} == {
        sha256(bad.read_bytes()).hexdigest(): "rejected",
        sha256(good.read_bytes()).hexdigest(): "accepted",
    }
    codes = ask_ledger(home, "SELECT code FROM ops.issue WHERE severity = 'reject_submission'")
    assert codes == [{"code": "FILE-011"}]


def test_a_contract_at_fault_costs_no_other_collection(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rule asks for numbers in a column of codes, which shows only when it is run."""
    contracts = tmp_path / "expectations"
    shutil.copytree(settings().expectations_dir, contracts, ignore=shutil.ignore_patterns("*.py*"))
    contract = contracts / "acute_sitrep.yaml"
    text = contract.read_text("utf-8")
    asked = text.replace("column_list: [opel_level]", "column_list: [org_code]")
    contract.write_text(asked.replace("on_failure: reject_value", "on_failure: reject_row"))
    assert contract.read_text("utf-8") != text
    use_home(monkeypatch, home, SITREP_EXPECTATIONS_DIR=str(contracts))
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    steps.land_files([write_workbook(tmp_path / FILE_NAME)], [FEED])
    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    with pytest.raises(ContractFault):
        steps.drain()
    rows = ask_ledger(home, "SELECT collection, status FROM ops.submission")
    assert rows == [{"collection": "acute_realtime", "status": "accepted"}]
    contract.write_text(text, "utf-8")
    settings.cache_clear()
    steps.drain()
    assert ledger(home)[0] == "accepted", "the file waited"


def has_seven(arguments: Sequence[Any]) -> bool:
    """Whether a file, some parts or the table among the arguments have seven closures."""
    for one in arguments:
        if isinstance(one, pa.Table):
            return 7 in one["ae_closures"].to_pylist()
        if isinstance(one, ArrowFigures):
            return has_seven([one.rows])
        if isinstance(one, ParsedRows):
            return "7" in one.texts["ae_closures"]
        if isinstance(one, list):
            return any(has_seven([part.parsed]) for part in one)
    return False


def test_a_deadly_file_is_read_again_when_asked_for(home: Path, tmp_path: Path) -> None:
    (landed,) = steps.land_files([write_workbook(tmp_path / FILE_NAME)], [FEED])
    for _ in range(LIMIT):
        CrashGuard(home, "acute_sitrep").begin(landed.delivery_id)
    steps.drain()
    assert ledger(home)[0] == "rejected"
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    assert ledger(home)[0] == "accepted"


def test_what_is_empty_under_a_new_mapping_takes_its_rows_away(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.land_files([write_workbook(tmp_path / FILE_NAME)], [FEED])
    steps.drain()
    assert ledger(home)[3] > 0

    def read_nothing(*_: object) -> ParsedRows:
        nowhere = CellPlaces((), {}, {}, {})
        return ParsedRows({}, nowhere, 0, nothing_expected=True)

    monkeypatch.setattr(WinterTimeseries, "read", read_nothing)
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    status, *_, held = ledger(home)
    assert (status, held) == ("empty", 0)
