"""Which issue of a month counts as made last, by the names that publishers give them."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.parse.files.file_times import time_in_name
from pipelines.registry.feed import FileTime
from pipelines.registry.registry import load_registry

CAME = datetime(2026, 11, 27, 8, tzinfo=UTC)
BY_NAME = FileTime.model_validate(
    {
        "pattern": "(?i)[-_ ]([a-z]{3,9}-20[0-9]{2})",
        "format": "%B-%Y",
        "zone": "Europe/London",
        "others": [{"pattern": "(?i)[-_ ]([a-z]{3,9}-20[0-9]{2})", "format": "%b-%Y"}],
        "reissue": "(?i)revis(ed|ion)",
    }
)


def made_at(name: str, came: datetime = CAME) -> datetime:
    told = time_in_name(name, BY_NAME, came)
    assert told is not None
    return told


def test_later_issues_of_a_month_come_after_earlier_ones_whenever_they_come() -> None:
    names = [
        "Monthly-AE-July-2024.csv",
        "Monthly-AE-July-2024-1.csv",
        "Monthly-AE-July-2024-1-1.csv",
        "Monthly-AE-July-2024-revised.csv",
        "Monthly-AE-July-2024-REVISED-1.csv",
        "Monthly-AE-July-2024-revised-2.csv",
        "Monthly-AE-August-2024.csv",
    ]
    # The first came last, and ten years after the last.
    came = [CAME + timedelta(days=3650 - number) for number in range(len(names))]
    times = [made_at(name, when) for name, when in zip(names, came, strict=True)]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


@pytest.mark.parametrize(
    ("feed_id", "name", "month"),
    [
        ("ambulance_quality.ambsys", "AmbSYS-to-Dec-2024.csv", "2024-12"),
        ("ambulance_quality.ambsys", "20250109-AmbSYS-to-20-December 2024.csv", None),
        ("ambulance_quality.ambsys", "AmbSYS to January 2025 revised.csv", "2025-01"),
        ("ae_attendances.monthly", "Monthly-AE-July-2024-revised.csv", "2024-07"),
        ("ae_attendances.monthly", "May-2025-Monthly-AE-by-provider.csv", "2025-05"),
        ("ae_attendances.monthly", "Monthly-A&E-Sept-2024-1-1.csv", "2024-09"),
        ("iuc_adc.monthly", "IUCADC-sample-Apr-2023.csv", "2023-04"),
        ("iuc_adc.monthly", "IUCADC-to-March2022.csv", "2022-03"),
        ("iuc_adc.monthly", "IUCADC-Apr2022-to-Mar2023_REVISED.csv", "2023-03"),
        ("iuc_adc.monthly", "IUCADC-Apr23-to-Mar25-Revised-1.csv", "2025-03"),
        ("iuc_adc.monthly", "IUCADC-Apr-to-May25.csv", "2025-05"),
    ],
)
def test_names_of_the_published_months(feed_id: str, name: str, month: str | None) -> None:
    registry = load_registry()
    assert [one.feed_id for one in registry.feeds.values() if one.matches(name)] == [feed_id]
    form = registry.feeds[feed_id].file_time
    assert form is not None
    told = time_in_name(name, form, CAME)
    # In London's summer a month begins in the evening before, in UTC.
    assert (told and f"{told + timedelta(hours=2):%Y-%m}") == month


def test_a_copy_never_overrules_its_original() -> None:
    assert made_at("AE-July-2024-revised (1).csv") < made_at("AE-July-2024-revised.csv")


@pytest.mark.parametrize("name", ["AE-Sept-2024.csv", "AE-Sep-2024.csv", "AE-September-2024.csv"])
def test_september_has_three_names(name: str) -> None:
    assert f"{made_at(name) + timedelta(hours=2):%Y-%m}" == "2024-09"


def test_a_feed_that_says_nothing_of_reissues_orders_by_the_time_alone() -> None:
    plain = BY_NAME.model_copy(update={"reissue": None})
    told = [time_in_name(f"AE-July-2024{end}.csv", plain, CAME) for end in ("", "-revised-1")]
    assert told[0] == told[1]
