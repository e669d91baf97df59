"""Months in the warehouse: their slots, England, revisions, as of a time, and beside their days."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.clock import parse_instant
from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from pipelines.watch.look import watch
from tests.support.ledger_questions import ask_ledger, ask_publication, use_home
from tests.support.warehouse import lay_empty_warehouse
from warehouse.marts.months import month_and_days
from warehouse.publish.as_of import open_as_of
from warehouse.publish.publications import current_path
from warehouse.publish.seen import make_seen

FEED = "ambulance_quality.ambsys"
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
IN_DECEMBER, IN_JANUARY = "2026-12-10T10:00:00Z", "2027-01-20T10:00:00Z"
INCIDENTS = {"RX9": 700, "RYA": 500}


def write_ambsys(path: Path, months: Mapping[date, Mapping[str, int]]) -> Path:
    """An issue with these incidents of each service, England's sum, and a region."""
    lines = ["Year,Month,Region,Org Code,Org Name,A7,A10,A31"]
    for month, incidents in months.items():
        begin = f"{month.year},{month.month}"
        lines.append(f"{begin},Eng,Eng,England,{sum(incidents.values())},{12 * 10},110")
        lines += [f"{begin},Y60,{code},A,{count},60,100" for code, count in incidents.items()]
        lines.append(f"{begin},Midlands,Y60,Midlands,1,.,.")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_days(path: Path, days: Sequence[date]) -> Path:
    """RX9's daily file: 20 incidents each day, of which 2 are of C2 with a mean of 100 seconds."""
    lines = ["org_code,report_date,incidents,incidents_c2,response_c2_mean_seconds"]
    lines += [f"RX9,{day},20,2,{100 + day.day % 2}" for day in days]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def bring(path: Path, moment: str) -> None:
    """The file is loaded as received at that moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_NOW", moment)
        steps.land_files([path])
        steps.drain()


def publish_at(moment: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_NOW", moment)
        steps.publish()


@pytest.fixture(scope="module")
def home(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """November as of December, then revised with December's figures in January."""
    folder = tmp_path_factory.mktemp("months")
    with pytest.MonkeyPatch.context() as patch:
        home = folder / "home"
        if engine == "ducklake":
            lay_empty_warehouse(home)
        use_home(patch, home, SITREP_NOW=IN_JANUARY)
        first = write_ambsys(folder / "AmbSYS-to-Nov-2026.csv", {NOVEMBER: INCIDENTS})
        bring(first, IN_DECEMBER)
        revised = {NOVEMBER: {**INCIDENTS, "RX9": 701}, DECEMBER: INCIDENTS}
        bring(write_ambsys(folder / "AmbSYS-to-Dec-2026.csv", revised), IN_JANUARY)
        days = [date(2026, 11, number) for number in range(16, 30)]
        name = "RX9_ambulance_sitrep_20261130T090000.csv"
        bring(write_days(folder / name, days), "2026-11-30T09:00:00Z")
        publish_at(IN_JANUARY)
        yield home
    settings.cache_clear()


@pytest.mark.long_on_lake
def test_england_has_what_it_adds_up_to_and_what_the_file_states(home: Path) -> None:
    rows = ask_publication(
        home,
        "SELECT month, measure, value, published_value, organisations FROM national_monthly "
        "ORDER BY ALL",
    )
    assert [tuple(row.values()) for row in rows] == [
        (month, measure, *figures)
        for month, incidents in ((NOVEMBER, 1201), (DECEMBER, 1200))
        for measure, *figures in (
            ("incidents", incidents, incidents, 2),
            ("incidents_c2", 120, 120, 2),
            ("response_c2_mean_seconds", None, 110, None),
        )
    ]
    assert ask_publication(home, "FROM national_daily WHERE collection = 'ambulance_quality'") == []


@pytest.mark.long_on_lake
def test_a_month_is_a_slot_with_its_due_time(home: Path) -> None:
    rows = ask_publication(
        home,
        "SELECT slot_start, slot_end, due_at, status FROM slot_status "
        f"WHERE feed_id = '{FEED}' ORDER BY slot_start",
    )
    assert [tuple(row.values()) for row in rows] == [
        (datetime(2026, 11, 1), datetime(2026, 12, 1), datetime(2026, 12, 14, 9, 30), "on_time"),
        (datetime(2026, 12, 1), datetime(2027, 1, 1), datetime(2027, 1, 14, 9, 30), "late"),
    ]
    ((health, expected, late),) = (
        tuple(row.values())
        for row in ask_publication(
            home,
            f"SELECT health, slots_expected, slots_late FROM feed_status WHERE feed_id = '{FEED}'",
        )
    )
    assert (health, expected, late) == ("late", 2, 1)


@pytest.mark.long_on_lake
def test_a_feed_whose_month_does_not_come_is_silent(home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_NOW", "2027-02-20T10:00:00Z")
        watch()
    rows = ask_ledger(home, "SELECT code, feed_id, message FROM ops.watch WHERE ended_at IS NULL")
    told = {row["feed_id"]: row for row in rows if row["code"] == "WATCH-001"}
    assert FEED in told
    assert "Fri 1 Jan 2027" in told[FEED]["message"]
    monthly = ("ambulance_quality", "ae_attendances", "iuc_adc")
    others = {row["code"] for row in rows if (row["feed_id"] or "").startswith(monthly)}
    assert others == {"WATCH-001"}, "a month has no usual level of the hour"


@pytest.mark.long_on_lake
def test_a_later_issue_revises_and_what_was_held_before_is_known(home: Path) -> None:
    (revised,) = ask_publication(
        home, "SELECT org_code, month, incidents FROM revisions.ambulance_quality"
    )
    assert tuple(revised.values()) == ("RX9", NOVEMBER, 700)
    with open_as_of(home, load_registry(), parse_instant("2026-12-31T00:00:00Z")) as reader:
        rows = reader.execute(
            "SELECT month, value, published_value FROM national_monthly WHERE measure = 'incidents'"
        ).fetchall()
    assert rows == [(NOVEMBER, 1200, 1200)]


@pytest.mark.long_on_lake
def test_it_is_seen_as_it_was_published(home: Path, tmp_path: Path) -> None:
    moment = parse_instant("2027-01-20T09:59:00Z")
    made = make_seen(_current(home), moment, load_registry(), tmp_path)
    assert made.faults == {}
    with duckdb.connect(str(made.path), read_only=True) as reader:
        rows = reader.execute(
            "SELECT month, value, published_value FROM national_monthly WHERE measure = 'incidents'"
        ).fetchall()
    assert rows == [(NOVEMBER, 1200, 1200)]


@pytest.mark.long_on_lake
def test_months_stand_beside_the_days_that_are_there(home: Path) -> None:
    rows = ask_publication(
        home,
        "SELECT org_code, measure, month_value, days_value, days_there, days_in_month, is_whole, "
        "difference, organisations_of_month, organisations_of_days FROM month_and_days "
        "ORDER BY ALL",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("RX9", "incidents", 701, 280, 14, 30, False, 421, 1, 1),
        ("RX9", "incidents_c2", 60, 28, 14, 30, False, 32, 1, 1),
        ("RX9", "response_c2_mean_seconds", 100, 100.5, 14, 30, False, -0.5, 1, 1),
        (None, "incidents", 1201, 280, 14, 30, False, 921, 2, 1),
        (None, "incidents_c2", 120, 28, 14, 30, False, 92, 2, 1),
        (None, "response_c2_mean_seconds", 110, 100.5, 14, 30, False, 9.5, None, 1),
    ]


@pytest.mark.long_on_lake
def test_months_tell_nothing_of_now(home: Path) -> None:
    for table in ("now_england", "now_trust", "expected", "england_day"):
        sql = f"SELECT count(*) AS n FROM {table} WHERE collection = 'ambulance_quality'"
        assert ask_publication(home, sql) == [{"n": 0}], table


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"measure": "incident"}, "ambulance_quality has no measure incident"),
        ({"days_measure": "calls"}, "ambulance_sitrep has no measure calls"),
        ({"days": "ae_attendances", "days_measure": "attendances_type_1"}, "has other slots"),
    ],
)
def test_a_comparison_of_what_is_not_there_is_told(
    changes: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = month_and_days.read_months_and_days()[0].model_copy(update=changes)
    monkeypatch.setattr(month_and_days, "read_months_and_days", lambda: (one,))
    with pytest.raises(ConfigurationError, match=told):
        month_and_days.month_and_days_sql(load_registry().collections.values())


def _current(home: Path) -> Path:
    file = current_path(home)
    assert file is not None
    return file.resolve()
