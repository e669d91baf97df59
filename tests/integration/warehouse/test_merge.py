"""Revisions on real engines: new, revised, unchanged, outdated, and what is not carried.

Workbooks go the whole way from landing to history; what stands there afterwards is compared.
"""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.errors import CollectionFault
from pipelines.base.settings import PROJECT, settings
from tests.support.small_workbook import (
    AMBULANCE,
    CLOSURES,
    DAYS,
    FILE_NAME,
    GA_BEDS,
    LONG_STAY,
    ROWS_OF_A_COLLECTION,
    Changes,
    figure,
    only,
    write_workbook,
)
from tests.support.warehouse import lay_empty_warehouse, look_into
from warehouse.load import merge

pytestmark = pytest.mark.usefixtures("engine")
ACUTE = "acute_sitrep.winter_timeseries"
OCCUPIED = "Total beds occ'd"
D1, D2, D3 = DAYS


class Delivery:
    """Lands and loads workbooks, an hour after one another."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._patch = folder, monkeypatch
        self._hour = 0

    def land(self, changes: Changes | None = None, **layout: Any) -> None:
        self._hour += 1
        self.set_hour(self._hour)
        path = self._folder / str(self._hour) / FILE_NAME
        steps.land_files([write_workbook(path, changes, **layout)], [ACUTE])

    def load(self, changes: Changes | None = None, **layout: Any) -> None:
        self.land(changes, **layout)
        steps.drain()

    def set_hour(self, hour: int) -> None:
        self._hour = hour
        self._patch.setenv("SITREP_NOW", f"2019-03-08T{hour:02d}:00:00Z")


@pytest.fixture
def delivery(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Delivery:
    lay_empty_warehouse(home)
    return Delivery(tmp_path, monkeypatch)


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with look_into(home) as connection:
        return connection.execute(sql).fetchall()


def counts(home: Path) -> list[tuple[int, int, int, int]]:
    """New, revised, unchanged and outdated rows of each submission, in order of arrival."""
    return ask(
        home,
        "SELECT rows_new, rows_revised, rows_unchanged, rows_outdated FROM ops.submission "
        "ORDER BY received_at, submission_id",
    )


def held(home: Path, code: str, day: date, measure: str = "ga_beds_occupied") -> Any:
    ((value,),) = ask(
        home,
        f"SELECT {measure} FROM history.acute_sitrep WHERE superseded_at IS NULL "
        f"AND stage = 'live' AND org_code = '{code}' AND report_date = DATE '{day}'",
    )
    return value


def revisions(home: Path, code: str, day: date) -> list[int]:
    """Every number of beds occupied that was held, in the order in which they were recorded."""
    rows = ask(
        home,
        "SELECT ga_beds_occupied FROM history.acute_sitrep "
        f"WHERE org_code = '{code}' AND report_date = DATE '{day}' ORDER BY recorded_at",
    )
    return [value for (value,) in rows]


def assert_history_is_sound(home: Path) -> None:
    """Each key has one held value, and its revisions follow one another without a gap."""
    assert (
        ask(
            home,
            """
        SELECT org_code, report_date, stage FROM history.acute_sitrep
        GROUP BY ALL HAVING count_if(superseded_at IS NULL) != 1
        """,
        )
        == []
    )
    assert (
        ask(
            home,
            """
        SELECT * FROM (
            SELECT superseded_at, recorded_at, lead(recorded_at) OVER (
                PARTITION BY org_code, report_date, stage ORDER BY recorded_at) AS next
            FROM history.acute_sitrep)
        WHERE superseded_at IS DISTINCT FROM next OR superseded_at <= recorded_at
        """,
        )
        == []
    )


@pytest.mark.long_on_lake
def test_a_first_workbook_is_new_and_the_same_values_again_are_unchanged(
    home: Path, delivery: Delivery
) -> None:
    delivery.load()
    # Another note gives other bytes with the same values.
    other = [sheet for sheet in only(CLOSURES, GA_BEDS, LONG_STAY)]
    delivery.load(sheets=other)
    assert counts(home) == [(ROWS_OF_A_COLLECTION, 0, 0, 0), (0, 0, ROWS_OF_A_COLLECTION, 0)]
    assert len(ask(home, "FROM history.acute_sitrep")) == ROWS_OF_A_COLLECTION
    assert_history_is_sound(home)


def test_one_changed_cell_is_one_revision_that_keeps_the_old_value(
    home: Path, delivery: Delivery
) -> None:
    delivery.load()
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): 499})
    assert counts(home)[1] == (0, 1, ROWS_OF_A_COLLECTION - 1, 0)
    rows = ask(
        home,
        "SELECT ga_beds_occupied, recorded_at, superseded_at FROM history.acute_sitrep "
        f"WHERE org_code = 'RF4' AND report_date = DATE '{D1}' ORDER BY recorded_at",
    )
    assert [row[0] for row in rows] == [figure(OCCUPIED, "RF4", D1), 499]
    assert rows[0][2] == rows[1][1]
    assert_history_is_sound(home)


@pytest.mark.long_on_lake
@pytest.mark.parametrize(("value", "expected"), [("-", None), (None, None), (0, 0), ("N/A", None)])
def test_a_value_that_is_taken_back_is_a_revision(
    home: Path, delivery: Delivery, value: Any, expected: Any
) -> None:
    delivery.load()
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): value})
    assert held(home, "RF4", D1) == expected
    assert counts(home)[1][1] == 1
    assert_history_is_sound(home)


@pytest.mark.long_on_lake
def test_a_measure_that_a_file_does_not_carry_keeps_its_value(
    home: Path, delivery: Delivery
) -> None:
    delivery.load()
    delivery.load({(CLOSURES, "RF4", "Closures", D1): 7}, sheets=only(CLOSURES))
    assert held(home, "RF4", D1, "ae_closures") == 7
    assert held(home, "RF4", D1) == figure(OCCUPIED, "RF4", D1)
    assert counts(home)[1] == (0, 1, ROWS_OF_A_COLLECTION - 1, 0)
    assert_history_is_sound(home)


@pytest.mark.long_on_lake
def test_a_day_that_a_file_does_not_carry_keeps_its_values(home: Path, delivery: Delivery) -> None:
    delivery.load()
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D2): 499}, days=[D2])
    assert [held(home, "RF4", day) for day in DAYS] == [
        figure(OCCUPIED, "RF4", D1),
        499,
        figure(OCCUPIED, "RF4", D3),
    ]


@pytest.mark.long_on_lake
def test_two_files_that_carry_different_measures_make_one_row(
    home: Path, delivery: Delivery
) -> None:
    delivery.land(sheets=only(CLOSURES))
    delivery.land(sheets=only(GA_BEDS))
    steps.drain()
    assert counts(home) == [(9, 0, 0, 0), (0, 9, 0, 0)]
    assert held(home, "RQM", D3, "ae_closures") == figure("Closures", "RQM", D3)
    assert held(home, "RQM", D3) == figure(OCCUPIED, "RQM", D3)
    assert_history_is_sound(home)


def test_several_values_in_one_batch_are_merged_in_the_order_of_their_arrival(
    home: Path, delivery: Delivery
) -> None:
    for value in (401, 402, 402, 403):
        # Another figure elsewhere makes the third file other bytes than the second.
        delivery.land(
            {
                (GA_BEDS, "RF4", OCCUPIED, D1): value,
                (CLOSURES, "RQM", "Closures", D3): 1 if value == 402 else 0,
            },
            days=[D1] if value != 403 else DAYS,
        )
    steps.drain()
    assert revisions(home, "RF4", D1) == [401, 402, 403]
    assert held(home, "RF4", D1) == 403
    assert_history_is_sound(home)


@pytest.mark.long_on_lake
def test_one_batch_gives_what_batches_one_by_one_give(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents: list[list[tuple[Any, ...]]] = []
    for name in ("together", "apart"):
        monkeypatch.setenv("SITREP_HOME", str(tmp_path / name))
        settings.cache_clear()
        delivery = Delivery(tmp_path / f"files {name}", monkeypatch)
        for number, value in enumerate((401, 402, 401)):
            delivery.land(
                {(GA_BEDS, "RF4", OCCUPIED, D1): value, (CLOSURES, "RQM", "Closures", D3): number}
            )
            if name == "apart":
                steps.drain()
        steps.drain()
        contents.append(
            ask(
                tmp_path / name,
                "SELECT * EXCLUDE (recorded_at, superseded_at), superseded_at IS NULL "
                "FROM history.acute_sitrep ORDER BY org_code, report_date, recorded_at",
            )
        )
        assert_history_is_sound(tmp_path / name)
    assert contents[0] == contents[1]


@pytest.mark.long_on_lake
def test_an_older_delivery_that_is_loaded_late_changes_nothing(
    home: Path, delivery: Delivery
) -> None:
    delivery.set_hour(10)
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): 499})
    delivery.set_hour(4)
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): 111})
    assert held(home, "RF4", D1) == 499
    assert counts(home)[0] == (0, 0, 0, ROWS_OF_A_COLLECTION)
    assert_history_is_sound(home)


@pytest.mark.long_on_lake
def test_what_only_an_older_delivery_carries_is_not_lost(home: Path, delivery: Delivery) -> None:
    """The newer one says nothing of the closures, so the older one's are the best there is."""
    delivery.set_hour(10)
    delivery.load(sheets=only(GA_BEDS))
    delivery.set_hour(4)
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): 111}, sheets=only(GA_BEDS, CLOSURES))
    assert held(home, "RF4", D1) == figure(OCCUPIED, "RF4", D1)
    assert held(home, "RQM", D2, "ae_closures") == figure("Closures", "RQM", D2)


@pytest.mark.long_on_lake
def test_a_value_that_a_later_delivery_confirmed_is_not_overruled_by_an_older_one(
    home: Path, delivery: Delivery
) -> None:
    """The confirmation was 'unchanged', but it is the latest word all the same."""
    delivery.load()
    delivery.set_hour(10)
    delivery.load(sheets=only(GA_BEDS))
    delivery.set_hour(4)
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): 111})
    assert held(home, "RF4", D1) == figure(OCCUPIED, "RF4", D1)


@pytest.mark.long_on_lake
def test_a_rejected_row_keeps_the_value_that_is_held(home: Path, delivery: Delivery) -> None:
    delivery.load()
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): -1})
    assert held(home, "RF4", D1) == figure(OCCUPIED, "RF4", D1)
    assert counts(home)[1] == (0, 0, ROWS_OF_A_COLLECTION - 1, 0)


def test_the_england_table_follows_each_revision(home: Path, delivery: Delivery) -> None:
    delivery.load()
    delivery.load({(GA_BEDS, "RF4", OCCUPIED, D1): 499})
    told = ask(
        home,
        "SELECT report_date, value, published_value, organisations FROM mart.national_daily "
        "WHERE measure = 'ga_beds_occupied' ORDER BY report_date",
    )
    england = [figure(OCCUPIED, "England", day) for day in DAYS]
    assert told == [
        (D1, england[0] - figure(OCCUPIED, "RF4", D1) + 499, england[0], 3),
        (D2, england[1], england[1], 3),
        (D3, england[2], england[2], 3),
    ]


@pytest.mark.long_on_lake
def test_a_failure_while_merging_leaves_nothing_behind(
    home: Path, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.load()
    before = ask(home, "FROM history.acute_sitrep ORDER BY ALL")
    delivery.land({(GA_BEDS, "RF4", OCCUPIED, D1): 499})

    def fail(*_: Any) -> None:
        raise RuntimeError("the machine gave up")

    with monkeypatch.context() as patch:
        patch.setattr("warehouse.load.load.write_lines", fail)
        with pytest.raises(CollectionFault, match="gave up"):
            steps.drain()
    assert ask(home, "FROM history.acute_sitrep ORDER BY ALL") == before
    assert len(counts(home)) == 1
    steps.drain()
    assert held(home, "RF4", D1) == 499


@pytest.mark.long_on_lake
def test_the_order_of_arrival_is_what_the_waves_test_sees(
    home: Path, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the order turned round the first value is lost: the tests above can fail."""
    really = merge.merge_rows

    def turn_round(connection: Any, collection: Any, bits: Any, moment: Any) -> Any:
        turned = connection.execute(
            "SELECT * REPLACE (-position AS position, -came AS came) FROM entry"
        )
        turned_entries = turned.to_arrow_table()
        connection.unregister("entry")
        connection.register("entry", turned_entries)
        return really(connection, collection, bits, moment)

    monkeypatch.setattr("warehouse.load.load.merge_rows", turn_round)
    delivery.land({(GA_BEDS, "RF4", OCCUPIED, D1): 401})
    delivery.land({(GA_BEDS, "RF4", OCCUPIED, D1): 402})
    steps.drain()
    assert revisions(home, "RF4", D1) != [401, 402]


@pytest.fixture
def testing_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A second feed of the collection, in testing, whose files are named Trial-*.xlsx."""
    feeds = tmp_path / "feeds"
    shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    text = (feeds / "acute_sitrep" / "winter_timeseries.yaml").read_text("utf-8")
    text = text.replace("stage: live", "stage: testing").replace("Winter-data-", "Trial-")
    (feeds / "acute_sitrep" / "trial.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    return "acute_sitrep.trial"


@pytest.mark.long_on_lake
def test_a_feed_in_testing_supersedes_nothing_and_is_not_published(
    home: Path, delivery: Delivery, testing_feed: str, tmp_path: Path
) -> None:
    delivery.load()
    delivery.set_hour(5)
    trial = write_workbook(
        tmp_path / "Trial-timeseries-1.xlsx",
        {(GA_BEDS, "RF4", OCCUPIED, D1): 499},
        days=[*DAYS, date(2018, 12, 6)],
    )
    (landed,) = steps.land_files([trial])
    assert landed.feed_id == testing_feed
    steps.drain()
    assert held(home, "RF4", D1) == figure(OCCUPIED, "RF4", D1)
    assert counts(home)[-1] == (12, 0, 0, 0), "to the feed in testing all is new"
    stages = ask(home, "SELECT stage, count(*) FROM history.acute_sitrep GROUP BY ALL ORDER BY ALL")
    assert stages == [("live", 9), ("testing", 12)]
    steps.publish()
    with duckdb.connect(
        str((home / "publications" / "current.duckdb").resolve()), read_only=True
    ) as reader:
        days = reader.execute(
            "SELECT max(report_date), count(*), sum(ga_beds_occupied) FROM acute_sitrep"
        ).fetchall()
        assert days == [(D3, 9, sum(figure(OCCUPIED, "England", day) for day in DAYS))]
        latest = reader.execute("SELECT max(report_date) FROM national_daily").fetchall()
        assert latest == [(D3,)]
        status = reader.execute(
            "SELECT feed_id, stage FROM feed_status WHERE collection = 'acute_sitrep' ORDER BY ALL"
        ).fetchall()
        assert status == [(testing_feed, "testing"), (ACUTE, "live")]


@pytest.mark.long_on_lake
def test_ambulance_rows_do_not_touch_the_acute_history(home: Path, delivery: Delivery) -> None:
    delivery.load(sheets=only(AMBULANCE))
    ((status,),) = ask(home, "SELECT status FROM ops.submission")
    assert status == "empty"
    assert ask(home, "FROM history.acute_sitrep") == []
