"""Versions of a contract: what does not fit is told with the file and the line."""

from pathlib import Path

import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.base.yamlfile import read_model
from pipelines.registry.contract import Collection

HEAD = """\
collection: ward_rounds
title: Ward rounds
row: one trust on one day
description: A contract of two versions.
key: [org_code, report_date]
cadence: {cron: "15 11 * * *", time_zone: Europe/London, slot_minutes: 1440, due: "11:00",
          grace_minutes: 60}
versions:
  - {financial_year: 2025-26, start: 2025-04-01, note: The first.}
  - {financial_year: 2026-27, start: 2026-04-01, note: The second.}
columns:
  - {name: org_code, type: code, unit: ODS code, nullable: false, description: The trust.}
  - {name: report_date, type: date, unit: day in London, nullable: false, description: The day.}
  - {name: rounds, type: count, unit: rounds, description: All rounds.}
rules:
  - code: WRD-001
    title: Rounds are of a plausible number
    expectation: expect_multicolumn_values_to_be_at_most
    kwargs: {limits: {rounds: 10}}
    on_failure: reject_row
    message: "{column} is {value}, which is too many."
    fix: Check the number.
    changes:
      - {from: 2026-27, kwargs: {limits: {rounds: 20}}, on_failure: warn}
"""


def read(tmp_path: Path, old: str = "", new: str = "") -> Collection:
    assert old in HEAD
    path = tmp_path / "ward_rounds.yaml"
    path.write_text(HEAD.replace(old, new, 1) if old else HEAD, "utf-8")
    return read_model(path, Collection)


def test_a_change_says_only_what_differs(tmp_path: Path) -> None:
    first, second = read(tmp_path).rule_forms

    assert (first.code, first.versions, first.kwargs) == (
        "WRD-001", range(0, 1), {"limits": {"rounds": 10}},
    )  # fmt: skip
    assert (second.code, second.versions) == ("WRD-001 from 2026-27", range(1, 2))
    assert (second.kwargs, second.rule.on_failure) == ({"limits": {"rounds": 20}}, "warn")
    assert (second.rule.code, second.rule.message) == ("WRD-001", first.rule.message)


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("start: 2026-04-01", "start: 2027-04-01", 10, "is not in 2026-27"),
        ("2026-27, start", "2026-28, start", 10, "write 2026-27"),
        ("2026-27, start: 2026-04-01", "2025-26, start: 2025-04-01", 10, "overlaps 2025-26"),
        ("2025-04-01,", "2025-04-01, end: 2026-03-30,", 9, "leaves a gap before 2026-27"),
        ("2025-04-01,", "2025-04-01, end: 2026-04-01,", 9, "leaves an overlap with 2026-27"),
        ("2026-04-01,", "2026-04-01, end: 2027-03-31,", 10, "the last version has no end"),
        ("rounds, type", "rounds, from: 2027-28, type", 14, "no version of '2027-28'"),
        ("rounds, type", "rounds, until: 2024-25, type", 14, "no version of '2024-25'"),
        ("rounds, type", "rounds, from: next year, type", 14, "match pattern"),
        ("rounds, type", "rounds, from: 2026-27, until: 2025-26, type", 14, "is before 2026-27"),
        ("org_code, type", "org_code, from: 2026-27, type", 12, "in every version"),
        ("{from: 2026-27", "{from: 2025-26", 24, "after the rule's first year"),
        ("{from: 2026-27", "{from: 2028-29", 24, "no version of '2028-29'"),
        ("limits: {rounds: 20}", "limits: {round: 20}", 19, "names no column: round"),
        ("on_failure: warn}", "on_failure: stop}", 24, "should be"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, old, new)

    assert told in str(caught.value)
    assert f"ward_rounds.yaml:{line}: " in str(caught.value), str(caught.value)
