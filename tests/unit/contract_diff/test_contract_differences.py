"""What differs between two contracts for those who send, and whether it can break their files."""

from pathlib import Path

import pytest

from pipelines.base.errors import UsageError
from pipelines.base.yamlfile import read_model
from pipelines.contract_diff.contract_differences import Difference, differences
from pipelines.contract_diff.contract_sides import pinned, read_side
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry

BASE = """\
collection: ward_rounds
title: Ward rounds
row: one trust on one day
description: A contract.
key: [org_code, report_date]
cadence: {cron: "15 11 * * *", time_zone: Europe/London, slot_minutes: 1440, due: "11:00",
          grace_minutes: 60}
amendment_days: 14
versions:
  - {financial_year: 2026-27, start: 2026-04-01, note: The first.}
  - {financial_year: 2027-28, start: 2027-04-01, note: The second.}
columns:
  - {name: org_code, type: code, unit: ODS code, nullable: false, description: The trust.}
  - {name: report_date, type: date, unit: day in London, nullable: false, description: The day.}
  - {name: rounds, type: count, unit: rounds, description: All rounds.}
  - {name: nights, type: count, unit: rounds, description: Rounds at night.}
rules:
  - code: WRD-001
    title: Rounds are plausible
    expectation: expect_multicolumn_values_to_be_at_most
    kwargs: {limits: {rounds: 10}}
    on_failure: reject_row
    message: "{column} is {value}."
    fix: Check it.
"""
NIGHTS = "  - {name: nights, type: count, unit: rounds, description: Rounds at night.}\n"
Seen = tuple[str, str, bool, str | None]


def read(tmp_path: Path, *changes: tuple[str, str]) -> Collection:
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "ward_rounds.yaml"
    path.write_text(text, "utf-8")
    return read_model(path, Collection)


def seen(found: list[Difference]) -> list[Seen]:
    return [(one.kind, one.subject, one.is_breaking, one.since) for one in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: Ward", "title: All ward", []),
        (NIGHTS, "", [("column gone", "nights", True)]),
        (
            NIGHTS,
            NIGHTS + NIGHTS.replace("nights", "days"),
            [("column added", "days", False)],
        ),
        (
            NIGHTS,
            NIGHTS + NIGHTS.replace("nights,", "days, nullable: false,"),
            [("column added", "days", True)],
        ),
        ("{name: nights", "{name: late, was: nights", [("column renamed", "nights", False)]),
        ("{name: nights, type: count", "{name: nights, type: decimal",
         [("type changed", "nights", False)]),
        ("{name: nights, type: count", "{name: nights, type: text",
         [("type changed", "nights", True)]),
        ("nights, type: count, unit: rounds", "nights, type: count, unit: beds",
         [("unit changed", "nights", True)]),
        ("nights, type", "nights, nullable: false, type", [("may be empty", "nights", True)]),
        ("nights, type", "nights, maximum: 50, type",
         [("largest value changed", "nights", True)]),
        ("{rounds: 10}", "{rounds: 9}", [("rule stricter", "WRD-001", True)]),
        ("{rounds: 10}", "{rounds: 11}", [("rule looser", "WRD-001", False)]),
        ("{rounds: 10}", "{rounds: 11, nights: 5}", [("rule changed", "WRD-001", True)]),
        ("WRD-001", "WRD-002", [("rule gone", "WRD-001", False), ("rule added", "WRD-002", True)]),
        ("reject_row", "warn", [("cost changed", "WRD-001", False)]),
        ("reject_row", "reject_submission", [("cost changed", "WRD-001", True)]),
        ('"11:00"', '"10:00"', [("due time changed", "due", True)]),
        ('"11:00"', '"12:00"', [("due time changed", "due", False)]),
        ("days: 14", "days: 7", [("amendments changed", "amendment_days", True)]),
        ("amendment_days: 14", "", [("amendments changed", "amendment_days", False)]),
        ("[org_code, report_date]", "[report_date, org_code]", [("key changed", "key", True)]),
    ],
)  # fmt: skip
def test_each_difference_is_told_with_what_it_costs(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, str, bool]]
) -> None:
    found = differences(read(tmp_path), read(tmp_path, (old, new)))

    assert seen(found) == [(*one, None) for one in expected]


def test_a_new_name_makes_a_rule_no_other(tmp_path: Path) -> None:
    after = read(
        tmp_path, ("{name: rounds", "{name: visits, was: rounds"), ("{rounds: 10", "{visits: 10")
    )

    assert seen(differences(read(tmp_path), after)) == [("column renamed", "rounds", False, None)]


def test_years_are_compared_year_by_year(tmp_path: Path) -> None:
    rule = "    fix: Check it.\n"
    after = read(
        tmp_path,
        ("nights, type", "nights, until: 2026-27, type"),
        (rule, f"{rule}    changes: [{{from: 2027-28, kwargs: {{limits: {{rounds: 8}}}}}}]\n"),
    )

    expected: list[Seen] = [
        ("column gone", "nights", True, "2027-28"),
        ("rule stricter", "WRD-001", True, "2027-28"),
    ]
    assert seen(differences(read(tmp_path), after)) == expected
    versions = pinned(after, "2026-27"), pinned(after, "2027-28")
    assert seen(differences(*versions)) == [(*one[:3], None) for one in expected]
    assert differences(pinned(after, "2026-27"), pinned(after, "2026-27")) == []


def test_a_side_is_a_file_a_folder_a_version_or_a_collection_in_use(tmp_path: Path) -> None:
    contract = read(tmp_path)
    registry = Registry({"ward_rounds": contract}, {}, ())
    file = str(tmp_path / "ward_rounds.yaml")

    for named in ("ward_rounds", file, str(tmp_path)):
        assert read_side(named, registry) == {"ward_rounds": contract}
    assert read_side("ward_rounds@2026-27", registry) == read_side(f"{file}@2026-27", registry)
    for named, told in (
        ("ward_rounds@2030-31", "no version '2030-31'. Known: 2026-27, 2027-28."),
        ("ward_round", "Known collections: ward_rounds."),
        ("no/such.yaml", "no contract file or folder 'no/such.yaml'"),
    ):
        with pytest.raises(UsageError, match=told.replace("?", r"\?")):
            read_side(named, registry)
