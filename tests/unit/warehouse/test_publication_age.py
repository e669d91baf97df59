"""How old a publication and its newest slots are."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.registry.registry import load_registry
from warehouse.publish.publication_age import collection_ages, publication_age

MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def describe(home: Path, **data_as_of: str | None) -> Path:
    """The home has a description of a publication that was made half an hour before."""
    told = {
        "publication": "uec-1",
        "file": "uec-1.duckdb",
        "made_at": "2026-11-20T11:30:00Z",
        "data_as_of": data_as_of,
        "rows": {},
    }
    (home / "publications").mkdir(parents=True)
    (home / "publications" / "current.json").write_text(json.dumps(told), "utf-8")
    return home


@pytest.mark.parametrize(
    ("name", "told", "age"),
    [
        ("acute_realtime", "2026-11-20T11:30:00Z", timedelta(minutes=15)),
        ("acute_realtime", "2026-11-20T11:45:00Z", timedelta()),
        ("acute_realtime", "2026-11-20T12:00:00Z", timedelta()),
        ("acute_sitrep", "2026-11-19", timedelta(hours=12)),
        # The day ended at 23:00 UTC.
        ("acute_sitrep", "2026-07-01", MOMENT - datetime(2026, 7, 1, 23, tzinfo=UTC)),
        ("ae_attendances", "2026-10", timedelta(days=19, hours=12)),
    ],
    ids=["quarter", "just-over", "goes-on", "day", "summer-day", "month"],
)
def test_age_begins_where_the_newest_slot_ends(
    tmp_path: Path, name: str, told: str, age: timedelta
) -> None:
    home = describe(tmp_path, **{name: told})
    assert collection_ages(home, load_registry(), MOMENT) == {name: age}


def test_what_holds_nothing_or_is_not_known_has_no_age(tmp_path: Path) -> None:
    home = describe(tmp_path, acute_sitrep=None, was_once="2026-11-01", nhs111="soon")
    assert collection_ages(home, load_registry(), MOMENT) == {}
    assert publication_age(home, MOMENT) == timedelta(minutes=30)


def test_before_the_first_publication_there_are_no_ages(tmp_path: Path) -> None:
    assert publication_age(tmp_path, MOMENT) is None
    assert collection_ages(tmp_path, load_registry(), MOMENT) == {}
