"""The watch on a real warehouse: ordinary days raise nothing, each kind is found if it is there.

Four Mondays of NHS 111 and five acute trusts are simulated; what comes on the last one from nine
o'clock on is each test's own.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import day_start
from pipelines.simulate.events import PlannedDelivery
from pipelines.watch.known_monitors import find_monitors
from pipelines.watch.look import Look, WatchFault, look_now, watch
from pipelines.watch.scene import set_scene
from pipelines.watch.watch_memory import read_open
from tests.support.warehouse import lay_empty_warehouse
from tests.support.watching import (
    CALLS,
    QUARTER,
    TESTER,
    TRUSTS,
    Rows,
    land,
    nothing,
    of_feed,
    rows_changed,
    send,
    stuck_since,
    unchanged,
    use,
    write_feeds,
)
from warehouse.store.connection import open_warehouse

pytestmark = pytest.mark.usefixtures("engine")

TODAY = datetime(2026, 11, 30, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)
NINE, NOON = TODAY + timedelta(hours=9), TODAY + timedelta(hours=12)
SOME = (CALLS, "acute_realtime.r0a", "acute_realtime.rgt")
FEEDS = (CALLS, TESTER, *(f"acute_realtime.{name}" for name in TRUSTS))
MANCHESTER = "acute_realtime.r0a"
at = partial(datetime, 2026, 11, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def mondays(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a home that knows four Mondays, the last until nine, and its feeds."""
    folder = tmp_path_factory.mktemp("watch")
    feeds = write_feeds(folder / "feeds", FEEDS, TODAY)
    with pytest.MonkeyPatch.context() as patch:
        use(patch, lay_empty_warehouse(folder / "home"), feeds, NINE)
        for week in range(3, -1, -1):
            begin = TODAY - timedelta(days=7 * week)
            land(begin, begin + timedelta(hours=9 if week == 0 else 13))
        steps.drain()
    yield folder
    settings.cache_clear()


@pytest.fixture
def patch(mondays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of a copy of that home."""
    shutil.copytree(mondays, tmp_path / "copy")
    use(monkeypatch, tmp_path / "copy" / "home", tmp_path / "copy" / "feeds")
    return monkeypatch


def look(patch: pytest.MonkeyPatch, moment: datetime) -> Look:
    patch.setenv("SITREP_NOW", moment.isoformat())
    return look_now()


def told(
    patch: pytest.MonkeyPatch, moment: datetime
) -> list[tuple[str, str | None, str, datetime]]:
    """Code, feed, subject and beginning of what is open at the moment."""
    return sorted(
        (row.finding.code, row.finding.feed_id, row.finding.subject, row.finding.since)
        for row in look(patch, moment).open
    )


def found_at(moments: Sequence[datetime]) -> dict[tuple[str, str | None, str], datetime]:
    """What each of so many looks would find, without remembering: what it is about → its first."""
    registry, monitors = load_registry(), find_monitors().usable
    found: dict[tuple[str, str | None, str], datetime] = {}
    with open_warehouse(settings().root) as connection:
        scene = set_scene(connection, registry, (), moments[-1])
        for moment in moments:
            now = replace(scene, moment=moment)
            for check in (one for monitor in monitors for one in monitor.checks(now)):
                for one in check.run():
                    found.setdefault((one.code, one.feed_id, one.subject), one.since)
    return found


@pytest.mark.long_on_lake
def test_an_ordinary_day_and_its_night_raise_nothing(patch: pytest.MonkeyPatch) -> None:
    send(patch, NINE, NOON)
    minutes = [*range(35, 360, 30), *range(380, 740, 60)]
    assert found_at([TODAY + timedelta(minutes=minute) for minute in minutes]) == {}


@pytest.mark.long
@pytest.mark.long_on_lake
@pytest.mark.parametrize(
    "change", [date(2026, 10, 25), pytest.param(date(2027, 3, 28), marks=pytest.mark.long)], ids=str
)
def test_a_day_on_which_the_clocks_change_raises_nothing_but_what_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: date
) -> None:
    """Barts has no offset in its times: of the repeated hour its files are refused, two hours."""
    begin = day_start(change)
    barts = "acute_realtime.r1h"
    feeds = write_feeds(tmp_path / "feeds", (*SOME, barts), begin + timedelta(hours=2))
    use(monkeypatch, tmp_path / "home", feeds, begin)
    for week in (3, 2, 1):
        earlier = day_start(change - timedelta(days=7 * week))
        land(earlier, earlier + HALF_A_DAY)
    send(monkeypatch, begin, begin + HALF_A_DAY)
    minutes = [*range(35, 360, 30), *range(380, 740, 120)]
    is_repeated = change.month == 10
    # Barts names a slot by its end: that which begins at 23:45 ends at the first ambiguous time.
    first = datetime(2026, 10, 24, 23, 45, tzinfo=UTC)
    assert found_at([begin + timedelta(minutes=minute) for minute in minutes]) == (
        {("WATCH-010", barts, ""): first} if is_repeated else {}
    )


@pytest.mark.long_on_lake
def test_a_provider_that_fell_silent_is_told_until_it_is_back(patch: pytest.MonkeyPatch) -> None:
    send(patch, NINE, NOON, of_feed(MANCHESTER, nothing))
    silent = [("WATCH-001", MANCHESTER, "", NINE)]
    assert told(patch, at(9, 35)) == [], "one slot"
    assert told(patch, at(9, 50)) == silent
    assert told(patch, at(12, 20)) == silent
    send(patch, NOON, NOON + QUARTER)
    assert told(patch, at(12, 35)) == []


@pytest.mark.long_on_lake
def test_a_source_that_stops_accuses_no_provider(patch: pytest.MonkeyPatch) -> None:
    send(patch, NINE, at(10), lambda one: None if "acute" in one.feed_id else one)
    assert told(patch, at(10, 20)) == [
        ("WATCH-005", None, "fewer organisations", NINE),
        ("WATCH-009", None, "incoming/acute_realtime", NINE),
    ]


@pytest.mark.long_on_lake
def test_files_that_come_and_are_refused_are_told_apart(patch: pytest.MonkeyPatch) -> None:
    def spoil(one: PlannedDelivery) -> PlannedDelivery:
        return replace(one, content=b"Our server is down: " + one.file_name.encode())

    send(patch, NINE, at(10), of_feed(MANCHESTER, spoil))
    (row,) = look(patch, at(10, 20)).open
    assert row.finding.code == "WATCH-010"
    assert "Of 4 files that came since, 4 were refused (FILE-015)" in row.finding.message


@pytest.mark.long_on_lake
def test_files_that_wait_are_our_fault_and_no_silence(patch: pytest.MonkeyPatch) -> None:
    land(NINE, at(11))
    found = told(patch, at(11, 20))
    assert [one[0] for one in found] == ["WATCH-005", "WATCH-008", "WATCH-008"]
    patch.setenv("SITREP_NOW", at(11, 21).isoformat())
    steps.drain()
    assert told(patch, at(11, 22)) == []


@pytest.mark.parametrize(
    "feed_id", [MANCHESTER, pytest.param(TESTER, marks=pytest.mark.long_on_lake)]
)
def test_a_feed_that_repeats_its_values_is_found_after_three_hours(
    patch: pytest.MonkeyPatch, feed_id: str
) -> None:
    send(patch, NINE, at(12, 15), of_feed(feed_id, rows_changed(stuck_since(NINE))))
    assert told(patch, at(11, 40)) == [], "eleven slots"
    found = told(patch, at(12, 35))
    assert found and {one[:2] for one in found} == {("WATCH-002", feed_id)}
    assert {one[3] for one in found} == {NINE}


@pytest.mark.long_on_lake
def test_a_count_since_midnight_that_falls_is_found(patch: pytest.MonkeyPatch) -> None:
    def fall(rows: Rows, slot: datetime) -> Rows:
        if slot < at(9, 30):
            return rows
        return [{**row, "attendances_since_midnight": "3"} for row in rows]

    send(patch, NINE, at(10), of_feed(MANCHESTER, rows_changed(fall)))
    (row,) = look(patch, at(10, 20)).open
    assert row.finding.code == "WATCH-003"
    assert row.finding.subject.endswith(" attendances_since_midnight")
    assert row.finding.since == at(9, 30)
    for moment, is_told in ((at(9, 30), True), (at(10, 35), False)):
        codes = {one[0] for one in told(patch, moment + timedelta(days=1))}
        assert ("WATCH-003" in codes) == is_told


def fifth(rows: Rows, slot: datetime) -> Rows:
    counts = [name for name in rows[0] if not name.startswith(("contract", "slot", "region"))]
    return [{**row, **{name: str(int(row[name]) // 5) for name in counts}} for row in rows]


@pytest.mark.long_on_lake
def test_a_drop_of_englands_calls_is_found(patch: pytest.MonkeyPatch) -> None:
    send(patch, NINE, at(10), of_feed(CALLS, rows_changed(fifth)))
    found = told(patch, at(10, 20))
    assert {one[0] for one in found} == {"WATCH-004"}
    assert ("WATCH-004", None, "calls_received below", NINE) in found


@pytest.mark.long_on_lake
def test_areas_that_are_left_out_are_found_and_named(patch: pytest.MonkeyPatch) -> None:
    gone: list[str] = []

    def leave_out(rows: Rows, slot: datetime) -> Rows:
        gone[:] = [row["contract_code"] for row in rows[:3]]
        return rows[3:]

    send(patch, NINE, at(10), of_feed(CALLS, rows_changed(leave_out)))
    (row,) = look(patch, at(10, 20)).open
    assert (row.finding.code, row.finding.since) == ("WATCH-005", NINE)
    assert f"Missing: {', '.join(sorted(gone))}." in row.finding.message


@pytest.mark.long_on_lake
def test_an_unknown_area_and_another_trusts_code_are_found(patch: pytest.MonkeyPatch) -> None:
    area = rows_changed(partial(first_row_with, "contract_code", "111ZZ9"))
    trust = rows_changed(partial(first_row_with, "org_code", "RGT"))

    def spoil(one: PlannedDelivery) -> PlannedDelivery | None:
        return {CALLS: area, MANCHESTER: trust}.get(one.feed_id, unchanged)(one)

    send(patch, NINE, at(9, 30), spoil)
    found = [
        (row.finding.feed_id, row.finding.message)
        for row in look(patch, at(9, 50)).open
        if row.finding.code == "WATCH-006"
    ]
    assert sorted(found, key=str) == [
        (
            MANCHESTER,
            "'RGT' is Cambridge University Hospitals NHS Foundation Trust, for which this feed may "
            "not report (ROW-002), in 2 files: a wrong sender, not an unknown code.",
        ),
        (CALLS, "'111ZZ9' is unknown (NHS-002) in 2 files."),
    ]
    tomorrow = told(patch, at(9, 51) + timedelta(days=1))
    assert "WATCH-006" not in {one[0] for one in tomorrow}


def first_row_with(column: str, code: str, rows: Rows, slot: datetime) -> Rows:
    return [{**rows[0], column: code}, *rows[1:]]


NHS_NUMBER = "9434765919"


@pytest.mark.long_on_lake
def test_each_refusal_for_patient_data_is_told_and_never_the_number(
    patch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = partial(first_row_with, "patients_in_department", NHS_NUMBER)
    spoil = of_feed(MANCHESTER, rows_changed(number))
    texts = []
    for start in (NINE, NINE + QUARTER):
        send(patch, start, start + QUARTER, spoil)
        caplog.clear()
        patch.setenv("SITREP_NOW", (start + timedelta(minutes=35)).isoformat())
        watch()
        texts += [record.getMessage() for record in caplog.records]
    first, second = texts
    assert "1 new, 1 open" in first
    assert "2 new, 3 open" in second and "WATCH-010" in second, "its second slot has no value"
    assert "A FILE WITH PATIENT DATA WAS REFUSED" in first
    with open_warehouse(settings().root) as connection:
        kept = str(connection.execute("SELECT * FROM warehouse.ops.watch").fetchall())
    assert NHS_NUMBER not in first + second + kept


@pytest.mark.long_on_lake
def test_a_check_that_fails_keeps_nothing_else_from_being_told(
    patch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send(patch, NINE, at(10), of_feed(CALLS, rows_changed(fifth)))
    assert {one[0] for one in told(patch, at(10, 20))} == {"WATCH-004"}
    with open_warehouse(settings().root) as connection:
        connection.execute("ALTER TABLE warehouse.mart.national_slot RENAME TO gone")
    patch.setenv("SITREP_NOW", at(11, 20).isoformat())
    with pytest.raises(WatchFault, match="WATCH-004 of nhs111 failed: CatalogException"):
        watch()
    (alert,) = [text for one in caplog.records if "new," in (text := one.getMessage())]
    assert "A PROVIDER FELL SILENT" in alert
    with open_warehouse(settings().root) as connection:
        codes = {row.finding.code for row in read_open(connection)}
    assert "WATCH-004" in codes, "nobody could look whether it is still there"


def spoil_tables() -> None:
    with open_warehouse(settings().root) as connection:
        connection.execute("ALTER TABLE warehouse.history.nhs111 RENAME TO gone")
        connection.execute("CREATE VIEW warehouse.history.nhs111 AS SELECT 1 AS nothing")


def spoil_contract() -> None:
    contract = settings().expectations_dir / "nhs111.yaml"
    contract.write_text("collection: on fire\n", "utf-8")


@pytest.mark.long_on_lake
@pytest.mark.parametrize("spoil", [spoil_tables, spoil_contract])
def test_a_collection_that_cannot_be_looked_at_costs_that_collection_only(
    patch: pytest.MonkeyPatch, tmp_path: Path, spoil: Callable[[], None]
) -> None:
    shutil.copytree(settings().expectations_dir, tmp_path / "expectations")
    patch.setenv("SITREP_EXPECTATIONS_DIR", str(tmp_path / "expectations"))
    settings.cache_clear()
    spoilt = {CALLS: rows_changed(fifth), MANCHESTER: nothing}
    send(patch, NINE, at(10), lambda one: spoilt.get(one.feed_id, unchanged)(one))
    assert {"WATCH-001", "WATCH-004"} <= {one[0] for one in told(patch, at(10, 20))}
    spoil()
    patch.setenv("SITREP_NOW", at(10, 21).isoformat())
    with pytest.raises(WatchFault, match=r"^nhs111 is not looked at: ") as caught:
        watch()
    assert str(caught.value).count(" is not looked at: ") == 1
    with open_warehouse(settings().root) as connection:
        seen = {row.finding.code: row.last_seen_at for row in read_open(connection)}
    assert seen["WATCH-001"] == at(10, 21), "Manchester is looked at"
    assert seen["WATCH-004"] == at(10, 20), "nobody could look whether it is still there"


@pytest.mark.long_on_lake
def test_a_broken_feed_file_ends_no_finding(patch: pytest.MonkeyPatch) -> None:
    send(patch, NINE, at(10), of_feed(MANCHESTER, nothing))
    silent = [("WATCH-001", MANCHESTER, "", NINE)]
    assert told(patch, at(10, 20)) == silent
    file = settings().feeds_dir / "acute_realtime" / "r0a.yaml"
    whole = file.read_text("utf-8")
    file.write_text("stage: on fire\n", "utf-8")
    assert told(patch, at(10, 21)) == silent
    file.write_text(whole.replace("stage: live", "stage: suspended").replace("slots_from", "#"))
    assert told(patch, at(10, 22)) == [], "who is suspended is expected no more"
