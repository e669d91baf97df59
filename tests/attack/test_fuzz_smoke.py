"""A little of `make fuzz`, and that it sees what it looks for."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.base.settings import settings
from pipelines.parse.formats.csv_table import CsvTable
from tests.attack.fuzz import run
from tests.attack.fuzz.case import Case, Fault, Report
from tests.attack.fuzz.make_case import make_cases
from tests.attack.fuzz.originals import MOMENT, Original, originals
from tests.attack.fuzz.road import Base, Way, prepare
from tests.attack.fuzz.run import keep, kept, run_batch

CASES = 80


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", "unused"), ("NOW", MOMENT), ("QUIET_SECONDS", "0")):
            patch.setenv(f"SITREP_{name}", value)
        yield prepare(tmp_path_factory.mktemp("fuzz"))
    settings.cache_clear()


def of_form(form: str) -> Original:
    return next(one for one in originals() if one.form == form)


def as_case(number: int, original: Original, content: bytes) -> Case:
    return Case(number, original.feed_id, original.name, content, "by hand")


def faults_of(
    base: Base, cases: list[Case], way: Way | None = None
) -> list[tuple[str, int | None]]:
    reports = [report for report, _ in run_batch(base, cases, way or Way())]
    return [(fault.kind, fault.number) for report in reports for fault in report.faults]


def test_damaged_files_have_one_status_and_one_answer_each(base: Base) -> None:
    cases = [case for case in make_cases(20, range(CASES)) if not case.is_heavy]
    merged = Report()
    for report, _ in run_batch(base, cases, Way(published=True)):
        merged.faults += report.faults
        for status, count in report.statuses.items():
            merged.statuses[status] = merged.statuses.get(status, 0) + count
    assert merged.faults == []
    assert sum(merged.statuses.values()) >= len(cases)
    assert len(merged.statuses) >= 4, "the damage is of every degree"


def test_valid_files_of_every_form_go_by_the_folders(base: Base) -> None:
    forms = ("csv", "json", "xlsx", "xls", "ods")
    cases = [as_case(at, of_form(form), of_form(form).content) for at, form in enumerate(forms)]
    assert faults_of(base, cases, Way(by_folder=True)) == []


def test_the_same_number_gives_the_same_case() -> None:
    assert make_cases(7, range(40)) == make_cases(7, range(40))
    assert make_cases(7, range(40)) != make_cases(8, range(40))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"dies", "the process died"),
        pytest.param(b"fails", "our reader failed", marks=pytest.mark.long),
        (b"lies", "rows do not add up"),
        pytest.param(b"eats", "memory", marks=pytest.mark.long),
    ],
)
def test_what_goes_wrong_is_seen_and_the_file_is_found(
    content: bytes, kind: str, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among others in one batch, whatever it does to them."""
    really = CsvTable.read_table

    def read(form: CsvTable, given: bytes, name: str, reader: Any) -> Any:
        if given == b"dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if given == b"fails":
            raise RuntimeError("broken")
        if given == b"eats":
            assert b"x" * 700_000_000
        return really(form, of_form("csv").content, name, reader)

    monkeypatch.setattr(CsvTable, "read_table", read)
    for limit in ("MOST_MB", "_MOST_MB_OF_BATCH"):
        monkeypatch.setattr(run, limit, psutil.Process().memory_info().rss / 1024**2 + 300)
    if content == b"lies":
        from pipelines.findings.verdict import Verdict
        from pipelines.validate import decide

        monkeypatch.setattr(
            decide, "Verdict", lambda *own, **more: Verdict(*own, **{**more, "rows_read": 99})
        )
    original = of_form("json")
    others = [as_case(at, original, original.content + b" " * at) for at in range(1, 4)]
    found = faults_of(base, [*others, as_case(9, of_form("csv"), content)])
    assert (kind, 9) in found
    assert {number for _, number in found} == {9} or content == b"lies"


def test_an_nhs_number_that_passes_is_seen(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.parse import parse

    for guard in ("find_nhs_numbers", "find_read_numbers"):
        monkeypatch.setattr(parse, guard, lambda *_: None)
    planted = next(
        case for case in make_cases(1, range(400)) if case.planted and "csv" in case.story
    )
    # How much memory it took depends on what this process of the tests has done before.
    kinds = {kind for kind, _ in faults_of(base, [planted])} - {"memory"}
    assert kinds == {"an NHS number passed", "NHS digits are left"}


def test_a_case_that_escaped_is_kept_as_it_was(tmp_path: Path) -> None:
    case = Case(5, "acute_realtime.r0a", "R0A\udcff_x.csv", b"\x00\xff", "by hand", True, ("1",))
    assert kept(keep(tmp_path, case, Fault("time", "21 s", number=5), 1)) == case


def test_the_log_of_a_child_does_not_reach_the_parent(base: Base) -> None:
    before = list(logging.getLogger().handlers)
    faults_of(base, [as_case(1, of_form("csv"), b"x")])
    assert logging.getLogger().handlers == before
