"""The tables of now, against figures that were worked out by hand."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.figures_of_now import make_home
from warehouse.marts.now import now
from warehouse.publish import preparation
from warehouse.publish.publications import current_path
from warehouse.publish.publish import FaultyPublication

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def home_of(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a publication, beside the folder of its feeds."""
    return make_home(tmp_path_factory.mktemp("now"))


@pytest.fixture(scope="module")
def publication(home_of: Path) -> Path:
    return current_of(home_of.parent)


def ask(publication: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(publication), read_only=True) as reader:
        found = reader.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def one(publication: Path, table: str, **words: str) -> dict[str, Any]:
    condition = " AND ".join(f"{name} = '{word}'" for name, word in words.items())
    (found,) = ask(publication, f"SELECT * FROM {table} WHERE {condition}")
    return found


def test_england_is_of_the_newest_slot_that_is_closed(publication: Path) -> None:
    waiting = one(publication, "now_england", measure="ambulances_waiting")
    assert waiting["value"] == 3 + 2 + 5
    assert (waiting["reporting"], waiting["expected"], waiting["organisations"]) == (2, 5, "trusts")
    assert "RQF" in waiting["missing"] and "; RWE " in waiting["missing"]
    assert "; RX1 " in waiting["missing"]
    assert (waiting["sites_reporting"], waiting["sites_expected"]) == (3, 7)
    assert str(waiting["slot_start"]) == "2026-11-25 11:30:00"
    assert (str(waiting["slot_end_london"]), waiting["age_minutes"]) == ("2026-11-25 11:45:00", 15)
    assert str(waiting["received_at"]) == "2026-11-25 12:00:00"


def test_a_ratio_is_of_the_rows_that_have_both_numbers(publication: Path) -> None:
    occupied = one(publication, "now_england", measure="ga_bed_occupancy")
    assert (occupied["numerator"], occupied["denominator"]) == (880 + 500, 900 + 500)
    assert occupied["value"] == pytest.approx(100 * 1380 / 1400)
    assert (occupied["reporting"], occupied["sites_reporting"]) == (2, 2)
    plain = one(publication, "now_england", measure="ga_beds_occupied")
    assert plain["value"] == 880 + 400 + 500


def test_the_longest_wait_is_the_longest_anywhere(publication: Path) -> None:
    assert one(publication, "now_england", measure="longest_handover_wait_minutes")["value"] == 75.5
    trust = one(publication, "now_trust", measure="longest_handover_wait_minutes", org_code="R0A")
    assert trust["value"] == 75.5
    assert trust["sites_missing"] == "R0A02"


def test_regions_are_of_englands_slot_and_those_without_a_value_are_there(
    publication: Path,
) -> None:
    regions = {
        row["region_code"]: (row["value"], row["reporting"], row["expected"], str(row["slot_end"]))
        for row in ask(
            publication, "FROM now_region WHERE measure = 'ambulances_waiting' ORDER BY region_code"
        )
    }
    end = "2026-11-25 11:45:00"
    assert regions == {
        "Y56": (5, 1, 1, end),
        "Y60": (None, 0, 2, end),
        "Y62": (5, 1, 1, end),
        None: (None, 0, 1, end),
    }
    (others,) = ask(
        publication,
        "FROM now_region WHERE measure = 'patients_over_12_hours' AND region_code IS NULL",
    )
    assert (others["value"], others["reporting"], others["expected"]) == (3, 1, 1)
    (named,) = ask(
        publication, "SELECT DISTINCT region_name FROM now_region WHERE region_code = 'Y56'"
    )
    assert named["region_name"] == "London"


def test_a_trust_has_its_newest_slot_and_says_which_of_its_sites_it_is_of(
    publication: Path,
) -> None:
    waiting = {
        row["org_code"]: (
            row["value"], row["age_minutes"], row["sites_reporting"], row["sites_expected"],
            row["sites_missing"],
        )
        for row in ask(publication, "FROM now_trust WHERE measure = 'ambulances_waiting'")
    }  # fmt: skip
    assert waiting == {
        "R0A": (4, 0, 1, 2, "R0A07"),
        "RJ1": (5, 15, 1, 1, None),
        "RX1": (7, 30, 1, 1, None),
        "RQF": (None, None, 0, 1, "RQF01"),
        "RWE": (None, None, 0, 2, "RWE01, RWE02"),
    }


def test_a_site_has_its_newest_value_and_its_submission(publication: Path) -> None:
    waiting = {
        row["site_code"]: (row["value"], row["age_minutes"])
        for row in ask(publication, "FROM now_site WHERE measure = 'ambulances_waiting'")
    }
    assert waiting == {"R0A02": (4, 0), "R0A07": (2, 15), "RJ101": (5, 15), "RX101": (7, 30)}
    occupied = one(publication, "now_site", measure="ga_bed_occupancy", site_code="R0A02")
    assert occupied["value"] == 100
    assert occupied["submission_id"].startswith("acute_realtime.r0a@")


def test_a_mean_of_services_is_weighted_by_what_it_is_of(publication: Path) -> None:
    mean = one(publication, "now_england", measure="response_c2_mean")
    assert mean["value"] == (3000 * 3000 + 1000 * 1000) / 4000
    assert (mean["reporting"], mean["expected"], mean["organisations"]) == (2, 4, "services")
    assert [part.split()[0] for part in mean["missing"].split("; ")] == ["RX9", "RYC"]
    assert mean["sites_reporting"] is None
    incidents = one(publication, "now_england", measure="incidents")
    assert (incidents["value"], incidents["reporting"]) == (7100, 3)
    assert str(incidents["slot_end_london"]) == "2026-11-25 00:00:00"
    own = one(publication, "now_trust", measure="response_c2_mean_seconds", org_code="RX9")
    assert own["value"] == 9000


def test_who_is_expected_says_on_what_basis(publication: Path) -> None:
    found = {
        (row["org_code"], row["site_code"], row["basis"])
        for row in ask(publication, "FROM expected WHERE collection = 'acute_realtime'")
    }
    assert found == {
        ("R0A", "R0A02", "configured"),
        ("R0A", "R0A07", "configured"),
        ("RJ1", "RJ101", "seen"),
        ("RX1", "RX101", "configured"),
        ("RQF", "RQF01", "configured"),
        ("RWE", "RWE01", "configured"),
        ("RWE", "RWE02", "configured"),
    }


@pytest.fixture
def again(home_of: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the home and its feeds, a quarter of an hour later."""
    copied = Path(shutil.copytree(home_of.parent, tmp_path / "copied", symlinks=True))
    monkeypatch.setenv("SITREP_HOME", str(copied / "home"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(copied / "feeds"))
    monkeypatch.setenv("SITREP_NOW", "2026-11-25T12:15:00Z")
    settings.cache_clear()
    return copied


def current_of(folder: Path) -> Path:
    found = current_path(folder / "home")
    assert found is not None
    return found


@pytest.mark.long_on_lake
def test_a_feed_whose_file_is_broken_is_expected_as_before(again: Path) -> None:
    (again / "feeds" / "acute_realtime" / "rwe.yaml").write_text("title: [", "utf-8")
    with pytest.raises(FaultyPublication, match=r"acute_realtime\.rwe"):
        steps.publish()
    waiting = one(current_of(again), "now_england", measure="ambulances_waiting")
    # In the next slot only R0A02 gave a value.
    assert (waiting["value"], waiting["reporting"], waiting["expected"]) == (4, 1, 5)
    assert [part.split()[0] for part in waiting["missing"].split("; ")] == [
        "RJ1", "RQF", "RWE", "RX1",
    ]  # fmt: skip


@pytest.mark.long_on_lake
def test_values_that_cannot_be_gathered_are_those_of_before_and_older(
    again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = now.gather_now

    def fail_for_one(connection: Any, registry: Any, name: str, *told: Any, **more: Any) -> None:
        if name == "acute_realtime":
            raise ValueError("made up")
        really(connection, registry, name, *told, **more)

    monkeypatch.setattr(preparation, "gather_now", fail_for_one)
    with pytest.raises(FaultyPublication, match="newest values of acute_realtime"):
        steps.publish()
    publication = current_of(again)
    waiting = one(publication, "now_england", measure="ambulances_waiting")
    assert (waiting["value"], waiting["age_minutes"]) == (10, 30)
    mean = one(publication, "now_england", measure="response_c2_mean")
    assert mean["reporting"] == 2


@pytest.mark.long_on_lake
def test_what_a_revision_changed_is_told_with_the_value_before(again: Path) -> None:
    file = again / "R0A_2.csv"
    first = (again / "R0A_1.csv").read_text("utf-8").splitlines()
    names, row = first[0].split(","), first[1].split(",")
    row[names.index("ambulances_waiting")] = "6"
    row[names.index("ga_beds_open")] = ""
    file.write_text("\n".join((first[0], ",".join(row))) + "\n", "utf-8")
    steps.land_files([file])
    steps.drain()
    steps.publish()
    publication = current_of(again)
    changes = ask(publication, "FROM change ORDER BY measure")
    assert [
        (one["org_code"], one["site_code"], one["measure"], one["value_before"], one["value_after"])
        for one in changes
    ] == [
        ("R0A", "R0A02", "ambulances_waiting", 3, 6),
        # A cell that is sent empty takes the value back.
        ("R0A", "R0A02", "ga_beds_open", 900, None),
    ]
    assert str(changes[0]["changed_at"]).startswith("2026-11-25 12:15:00")
    assert str(changes[0]["slot_start"]) == "2026-11-25 11:30:00"
    assert changes[0]["submission_before"] != changes[0]["submission_after"]
