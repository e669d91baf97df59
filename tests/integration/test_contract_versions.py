"""Each row is judged by the version of the contract that holds on its London day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.answer.answer import read_answer
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from pipelines.validate.suite import run_rules
from tests.support.ledger_questions import ask_ledger
from warehouse.store.warehouse_reader import read_warehouse

CONTRACT = """\
collection: ward_rounds
title: Ward rounds
row: one trust on one day
description: A contract of two versions.
key: [org_code, report_date]
cadence: {cron: "15 11 * * *", time_zone: Europe/London, slot_minutes: 1440, due: "11:00",
          grace_minutes: 60}
versions:
  - {financial_year: 2025-26, start: 2025-04-01, note: The first.}
  - {financial_year: 2026-27, start: 2026-04-01, note: With rounds at night.}
columns:
  - {name: org_code, type: code, unit: ODS code, nullable: false, description: The trust.}
  - {name: report_date, type: date, unit: day in London, nullable: false, description: The day.}
  - {name: rounds, type: count, unit: rounds, description: All rounds.}
  - {name: night_rounds, type: count, unit: rounds, nullable: false, from: 2026-27,
     description: Rounds at night.}
  - {name: paper_rounds, type: count, unit: rounds, until: 2025-26, description: Told on paper.}
rules:
  - code: WRD-001
    title: Rounds are of a plausible number
    expectation: expect_multicolumn_values_to_be_at_most
    kwargs: {limits: {rounds: 10, night_rounds: 5}}
    on_failure: reject_row
    message: "{column} is {value}, which is too many."
    fix: Check the number.
    changes:
      - {from: 2026-27, kwargs: {limits: {rounds: 20}}}
  - code: WRD-002
    title: There are rounds
    expectation: expect_column_values_to_not_be_null
    kwargs: {column: rounds}
    on_failure: warn
    message: "There are no rounds."
    fix: Send them.
    from: 2026-27
  - code: WRD-003
    title: There are two days in a file
    expectation: expect_table_row_count_to_be_between
    kwargs: {min_value: 2}
    on_failure: warn
    message: "There are {value} rows."
    fix: Send two days.
    until: 2025-26
"""
FEED = """\
title: Ward rounds of RF4
provider: {code: RF4, name: A trust}
stage: live
source: {kind: directory, endpoint: incoming, pattern: "RF4_rounds_*.csv"}
format: {kind: csv}
"""
NIGHT = "org_code,report_date,rounds,night_rounds"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "ward_rounds.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "feeds" / "ward_rounds").mkdir(parents=True)
    (tmp_path / "feeds" / "ward_rounds" / "rf4.yaml").write_text(FEED, "utf-8")
    monkeypatch.setenv("SITREP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(tmp_path / "expectations"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_NOW", "2026-04-02T12:00:00Z")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def send(project: Path, *files: str) -> list[dict[str, Any]]:
    """The answers to the files, in their order."""
    paths = [project / f"RF4_rounds_{number}.csv" for number in range(len(files))]
    for path, text in zip(paths, files, strict=True):
        path.write_text(text, "utf-8")
    landed = steps.land_files(paths)
    steps.drain()
    home, registry = project / "home", load_registry()
    ids = {
        row["delivery_id"]: row["submission_id"] for row in ask_ledger(home, "FROM ops.submission")
    }
    with read_warehouse(home) as reader:
        return [read_answer(reader, ids[one.delivery_id], registry) for one in landed]


def told(answer: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    return [(one["code"], one["column_name"], one["slot"]) for one in answer["lines"]]


def test_a_file_of_an_earlier_year_is_asked_for_its_own_columns(project: Path) -> None:
    days = "RF4,2026-03-30,10,1\nRF4,2026-03-31,9,2\n"
    (answer,) = send(project, f"org_code,report_date,rounds,paper_rounds\n{days}")

    assert (answer["status"], answer["lines"]) == ("accepted", [])
    assert answer["contract_versions"] == ["2025-26"]
    held = ask_ledger(project / "home", "SELECT paper_rounds FROM history.ward_rounds ORDER BY ALL")
    assert [row["paper_rounds"] for row in held] == [1, 2]


def test_a_file_over_the_turn_of_the_year_is_judged_row_by_row(project: Path) -> None:
    days = "RF4,2026-03-31,15,3\nRF4,2026-04-01,15,3\nRF4,2026-04-02,21,\n"
    (answer,) = send(project, f"{NIGHT}\n{days}")

    assert answer["status"] == "accepted_with_rejections"
    assert answer["contract_versions"] == ["2025-26", "2026-27"]
    assert sorted(told(answer), key=str) == [
        ("CELL-003", "night_rounds", "2026-04-02"),
        ("CELL-018", "night_rounds", "2026-03-31"),
        ("HEAD-006", "paper_rounds", None),
        ("WRD-001", "rounds", "2026-03-31"),
        ("WRD-001", "rounds", "2026-04-02"),
        ("WRD-003", None, None),
    ]
    (row,) = ask_ledger(project / "home", "FROM history.ward_rounds")
    assert (str(row["report_date"])[:10], row["rounds"], row["night_rounds"]) == (
        "2026-04-01", 15, 3,
    )  # fmt: skip


@pytest.mark.parametrize(("cell", "value"), [("3", 3), ("three", "three"), ("-", None), ("", None)])
def test_a_value_of_a_column_that_is_not_of_the_year_is_told_and_left_out(
    project: Path, cell: str, value: Any
) -> None:
    text = f"{NIGHT},paper_rounds\nRF4,2026-03-30,8,,1\nRF4,2026-03-31,8,{cell},1\n"
    (answer,) = send(project, text)

    expected = [] if value is None else [("CELL-018", "night_rounds", "2026-03-31")]
    assert told(answer) == expected
    assert answer["rows"]["accepted"] == 2
    assert answer["rows"]["values_rejected"] == len(expected)
    if expected:
        assert "has this column from 2026-27 on" in answer["lines"][0]["message"]
    held = ask_ledger(project / "home", "SELECT night_rounds, rounds FROM history.ward_rounds")
    assert held == [{"night_rounds": None, "rounds": 8}] * 2


def test_a_rule_is_judged_in_its_years_and_one_run_serves_all_files(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[list[str]] = []

    def noted(table: Any, rules: Any, parameters: Any) -> Any:
        runs.append([rule.code for rule in rules])
        return run_rules(table, rules, parameters)

    monkeypatch.setattr("pipelines.validate.batch_rules.run_rules", noted)
    before, after = send(
        project,
        "org_code,report_date,rounds,paper_rounds\nRF4,2026-03-31,,1\n",
        f"{NIGHT}\nRF4,2026-04-01,,1\n",
    )

    assert told(before) == [("WRD-003", None, None)]
    assert [code for code, *_ in told(after)] == ["WRD-002"]
    assert (before["contract_versions"], after["contract_versions"]) == (["2025-26"], ["2026-27"])
    runs = [codes for codes in runs if codes]
    assert runs[0] == ["WRD-001", "WRD-001 from 2026-27", "WRD-002"]
    assert runs[1:] == [["WRD-003"]], "only for the submission that has rows of its year"
    kept = ask_ledger(project / "home", "SELECT versions FROM ops.submission ORDER BY versions")
    assert [row["versions"] for row in kept] == ["2025-26", "2026-27"]
    assert _run(["rebuild"]) == 0
    again = ask_ledger(project / "home", "SELECT versions FROM ops.submission ORDER BY versions")
    assert again == kept


def test_a_date_before_the_first_version_follows_the_first(project: Path) -> None:
    days = "RF4,2019-06-30,10,1\nRF4,2019-07-01,11,2\n"
    path = project / "expectations" / "ward_rounds.yaml"
    path.write_text(CONTRACT.replace("2025-26", "2019-20").replace("2025-04", "2019-07"), "utf-8")
    (answer,) = send(project, f"org_code,report_date,rounds,paper_rounds\n{days}")

    assert told(answer) == [("WRD-001", "rounds", "2019-07-01")]
    assert answer["contract_versions"] == ["2019-20"]


def test_where_versions_are_notes_only_nothing_is_said_of_them(project: Path) -> None:
    path = project / "expectations" / "ward_rounds.yaml"
    head, rules = CONTRACT.split("rules:\n")
    head = head.replace(" from: 2026-27,", "").replace(" until: 2025-26,", "")
    path.write_text(f"{head}rules: []\n", "utf-8")
    assert rules
    (answer,) = send(project, f"{NIGHT},paper_rounds\nRF4,2026-03-31,15,3,1\n")

    assert (answer["status"], "contract_versions" in answer) == ("accepted", False)
    (row,) = ask_ledger(project / "home", "SELECT versions FROM ops.submission")
    assert row["versions"] is None
