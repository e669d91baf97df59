"""Again is safe, and a correction supersedes without erasing: files sent twice or changed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import (
    ACUTE,
    AMBULANCE,
    Record,
    all_tables,
    ask_ledger,
    ask_publication,
    assert_answered_once,
    assert_rows_add_up,
    issues,
    use_home,
)
from tests.support.published_workbooks import Value, block_sheet, change_cells, write_sheets
from warehouse.publish.as_of import open_as_of

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.long_on_lake]

ORIGINAL_AT, CORRECTED_AT = "2019-03-07T09:30:00Z", "2019-03-08T09:30:00Z"
BEFORE = datetime(2019, 3, 7, 9, 0, tzinfo=UTC)
BETWEEN = datetime(2019, 3, 7, 12, 0, tzinfo=UTC)
AFTER = datetime(2019, 3, 8, 12, 0, tzinfo=UTC)

RF4_CORE_BEDS = ("G&A beds", "F18")
"""RF4's core beds on 3 December 2018: 912 in the published workbook."""
ONE_CELL = "SELECT ga_core_beds_open FROM {} WHERE org_code = 'RF4' AND report_date = '2018-12-03'"

DAYS = (date(2018, 12, 3), date(2018, 12, 4))
BEDS = ("Core Beds Open", "Escalation Beds Open", "Total Beds Open", "Total beds occ'd")
STAYS = ("> 7 days", "> 14 days", "> 21 days")


@pytest.fixture(scope="module")
def ingested(
    engine: str, tmp_path_factory: pytest.TempPathFactory, winter_2018: Path
) -> Iterator[Path]:
    """A home that holds the published workbook, ingested once. Tests take copies of it."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("ingested") / "home"
        use_home(patch, home, SITREP_NOW=ORIGINAL_AT)
        assert _run(["ingest", str(winter_2018)]) == 0
        assert _run(["publish"]) == 0
        yield home
    settings.cache_clear()


@pytest.fixture
def copied(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This test's own copy of the home that holds the published workbook."""
    home = tmp_path / "home"
    shutil.copytree(ingested, home, symlinks=True)
    yield use_home(monkeypatch, home, SITREP_NOW=CORRECTED_AT)
    monkeypatch.undo()
    settings.cache_clear()


def history(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that holds values, superseded or not."""
    tables = all_tables(home, "schema_name IN ('history', 'mart')")
    return {name: [tuple(row.values()) for row in rows] for name, rows in tables.items()}


def last_submission(home: Path, feed_id: str = ACUTE) -> Record:
    """The ledger's entry of the submission received last."""
    return ask_ledger(
        home,
        "FROM ops.submission WHERE feed_id = ? ORDER BY received_at DESC, submission_id LIMIT 1",
        feed_id,
    )[0]


def as_of(home: Path, moment: datetime, sql: str) -> list[tuple[Any, ...]]:
    with open_as_of(home, load_registry(), moment) as reader:
        return reader.execute(sql).fetchall()


# The same file again


def test_the_same_file_again_is_a_duplicate_that_changes_nothing(
    copied: Path, winter_2018: Path
) -> None:
    before = history(copied)
    quarantined = ask_ledger(copied, "SELECT count(*) AS n FROM ops.quarantine")
    assert _run(["ingest", str(winter_2018)]) == 0
    assert history(copied) == before
    assert ask_ledger(copied, "SELECT count(*) AS n FROM ops.quarantine") == quarantined

    rows = ask_ledger(copied, "FROM ops.submission ORDER BY received_at, feed_id")
    assert [row["status"] for row in rows] == ["accepted", "accepted", "duplicate", "duplicate"]
    for original, again in zip(rows[:2], rows[2:], strict=True):
        assert again["duplicate_of"] == original["submission_id"] != again["submission_id"]
        assert again["rows_read"] == again["rows_accepted"] == again["rows_new"] == 0
    assert_rows_add_up(copied)
    assert_answered_once(copied)


def test_a_duplicate_is_answered_with_its_original(copied: Path, winter_2018: Path) -> None:
    _run(["ingest", str(winter_2018)])
    again = last_submission(copied)
    name = again["submission_id"].partition("@")[2]
    answer = json.loads((copied / "answers" / ACUTE / f"{name}.json").read_text("utf-8"))
    assert answer["status"] == "duplicate"
    assert answer["duplicate_of"] == again["duplicate_of"]
    assert [line["code"] for line in answer["lines"]] == ["FILE-008"]
    assert again["duplicate_of"] in answer["lines"][0]["message"]


@pytest.mark.long
def test_a_file_under_another_name_is_a_duplicate_too(
    copied: Path, winter_2018: Path, tmp_path: Path
) -> None:
    renamed = shutil.copy(winter_2018, tmp_path / "winter-DATA-timeseries-again.XLSX")
    before = history(copied)
    assert _run(["ingest", str(renamed)]) == 0
    assert last_submission(copied)["status"] == "duplicate"
    assert history(copied) == before


def test_a_duplicate_imports_neither_great_expectations_nor_pandas(
    copied: Path, winter_2018: Path
) -> None:
    script = (
        "import sys\n"
        "from pipelines.cli.app import _run\n"
        "code = _run(sys.argv[1:])\n"
        "print('imported:', [m for m in ('great_expectations', 'pandas') if m in sys.modules])\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "ingest", str(winter_2018)],
        cwd=PROJECT,
        env={**os.environ, "SITREP_HOME": str(copied)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": duplicate") == 2
    assert done.stdout.splitlines()[-1] == "imported: []"
    assert last_submission(copied)["status"] == "duplicate"


# One changed cell


@pytest.fixture(scope="module")
def corrected(
    ingested: Path, tmp_path_factory: pytest.TempPathFactory, winter_2018: Path
) -> Iterator[Path]:
    """A home in which the workbook came a second time with one cell changed, and was published."""
    folder = tmp_path_factory.mktemp("corrected")
    shutil.copytree(ingested, folder / "home", symlinks=True)
    changed = folder / "Winter-data-timeseries-20190308.xlsx"
    change_cells(winter_2018, changed, {RF4_CORE_BEDS: 913})
    with pytest.MonkeyPatch.context() as patch:
        home = use_home(patch, folder / "home", SITREP_NOW=CORRECTED_AT)
        assert _run(["ingest", str(changed)]) == 0
        assert _run(["publish"]) == 0
        yield home
    settings.cache_clear()


def test_one_changed_cell_is_one_revision(corrected: Path) -> None:
    row = last_submission(corrected)
    assert row["status"] == "accepted"
    assert (row["rows_new"], row["rows_revised"], row["rows_unchanged"], row["rows_outdated"]) == (
        0,
        1,
        91 * 134 - 1,
        0,
    )
    ambulance = last_submission(corrected, AMBULANCE)
    assert (ambulance["rows_revised"], ambulance["rows_unchanged"]) == (0, 91 * 134)
    superseded = ask_ledger(corrected, "FROM history.acute_sitrep WHERE superseded_at IS NOT NULL")
    assert [
        (old["org_code"], old["report_date"], old["ga_core_beds_open"]) for old in superseded
    ] == [("RF4", date(2018, 12, 3), 912)]
    assert len(ask_ledger(corrected, "FROM history.acute_sitrep")) == 91 * 134 + 1
    assert not ask_ledger(
        corrected, "FROM history.ambulance_handover WHERE superseded_at IS NOT NULL"
    )
    assert_rows_add_up(corrected)
    assert_answered_once(corrected)


def test_the_revision_differs_in_that_cell_only(corrected: Path) -> None:
    old, new = ask_ledger(
        corrected,
        "FROM history.acute_sitrep WHERE org_code = 'RF4' AND report_date = '2018-12-03' "
        "ORDER BY recorded_at",
    )
    assert old["superseded_at"] == new["recorded_at"] and new["superseded_at"] is None
    assert {name for name in old if old[name] != new[name]} == {
        "ga_core_beds_open",
        "submission_id",
        "said_at",
        "recorded_at",
        "superseded_at",
    }


def test_the_publication_has_the_new_value(corrected: Path) -> None:
    assert ask_publication(corrected, ONE_CELL.format("main.acute_sitrep")) == [
        {"ga_core_beds_open": 913}
    ]
    national = ask_publication(
        corrected,
        "SELECT value, published_value FROM main.national_daily "
        "WHERE measure = 'ga_core_beds_open' AND report_date = '2018-12-03'",
    )
    assert national == [{"value": 93703, "published_value": 93702}]
    assert len(ask_publication(corrected, "FROM main.acute_sitrep")) == 91 * 134


def test_the_correction_s_disagreements_are_findings(corrected: Path) -> None:
    last = last_submission(corrected)["submission_id"]
    sums = [row for row in issues(corrected, "SUM-001") if row["submission_id"] == last]
    assert [(row["sheet"], row["row_number"], row["column_letter"]) for row in sums] == [
        ("G&A beds", 16, "F")
    ]
    assert "93,703" in sums[0]["message"]
    unequal = [row for row in issues(corrected, "ASR-008") if row["submission_id"] == last]
    assert any((row["org_code"], row["slot"]) == ("RF4", "2018-12-03") for row in unequal)


def test_the_old_value_answers_as_of_the_time_between(corrected: Path) -> None:
    question = ONE_CELL.format("acute_sitrep")
    assert as_of(corrected, BEFORE, question) == []
    assert as_of(corrected, BETWEEN, question) == [(912,)]
    assert as_of(corrected, AFTER, question) == [(913,)]
    england = (
        "SELECT value FROM national_daily "
        "WHERE measure = 'ga_core_beds_open' AND report_date = '2018-12-03'"
    )
    assert as_of(corrected, BETWEEN, england) == [(93702,)]
    assert as_of(corrected, AFTER, england) == [(93703,)]


@pytest.mark.parametrize(
    ("moment", "value"), [("2019-03-07T12:00Z", 912), ("2019-03-08T12:00", 913)]
)
def test_the_command_line_answers_as_of(
    corrected: Path, capsys: pytest.CaptureFixture[str], moment: str, value: int
) -> None:
    assert _run(["as-of", moment, ONE_CELL.format("acute_sitrep"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"ga_core_beds_open": value}]


def test_as_of_counts_the_tables_without_a_question(
    corrected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["as-of", "2019-03-07T12:00Z", "--json"]) == 0
    told = capsys.readouterr()
    counted = {row["table_name"]: row["rows"] for row in json.loads(told.out)}
    assert counted["acute_sitrep"] == counted["ambulance_handover"] == 91 * 134
    assert "uec-20190307T093000Z" in told.err


def test_a_cell_that_is_emptied_is_a_revision_to_missing(
    copied: Path, winter_2018: Path, tmp_path: Path
) -> None:
    emptied = tmp_path / "Winter-data-timeseries-20190308.xlsx"
    cells: dict[tuple[str, str], str | float | None]
    cells = {("G&A beds", "F18"): "-", ("G&A beds", "F19"): "N/A", ("G&A beds", "F20"): None}
    change_cells(winter_2018, emptied, cells)
    assert _run(["ingest", str(emptied)]) == 0
    assert last_submission(copied)["rows_revised"] == 3
    revised = ask_ledger(
        copied,
        "SELECT n.ga_core_beds_open AS now, n.org_code FROM history.acute_sitrep AS o "
        "JOIN history.acute_sitrep AS n USING (org_code, report_date) "
        "WHERE o.superseded_at IS NOT NULL AND n.superseded_at IS NULL ORDER BY n.org_code",
    )
    assert revised == [{"now": None, "org_code": code} for code in ("R1H", "RF4", "RQM")]


# Small files: a correction of one sheet, and reprocessing


def small(
    path: Path,
    core: int = 100,
    *,
    sheets: tuple[str, ...] = ("G&A beds", "Long stay"),
    **names: str,
) -> Path:
    """A workbook of two trusts and two days; `names` are headings that stand for others."""
    one_day: dict[str, list[Value]] = {
        "RF4": [core, 10, core + 10, 90],
        "R1H": [200, 20, 220, 190],
    }
    beds = block_sheet(
        [names.get(heading.partition(" ")[0].lower(), heading) for heading in BEDS],
        DAYS,
        {code: [*values, *values] for code, values in one_day.items()},
    )
    stays = block_sheet(
        STAYS, DAYS, {"RF4": [60, 40, 20, 61, 41, 21], "R1H": [80, 50, 30, 81, 51, 31]}
    )
    grids = {"G&A beds": beds, "Long stay": stays}
    return write_sheets(path, {sheet: grids[sheet] for sheet in sheets})


def take_in(path: Path) -> int:
    """The exit code of bringing the file in for the acute feed alone, which is quicker."""
    return _run(["ingest", str(path), "--feed", ACUTE])


@pytest.fixture
def feeds(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the feed files that this test may change; returns the acute feed's."""
    folder = tmp_path / "feeds"
    shutil.copytree(settings().feeds_dir, folder)
    use_home(monkeypatch, home, SITREP_FEEDS_DIR=str(folder), SITREP_NOW=ORIGINAL_AT)
    return folder / "acute_sitrep" / "winter_timeseries.yaml"


def edit(feed: Path, old: str, new: str) -> None:
    text = feed.read_text("utf-8")
    assert text.count(old) == 1, old
    feed.write_text(text.replace(old, new), "utf-8")


def held(home: Path, *columns: str) -> set[tuple[Any, ...]]:
    """The acute values that are held now: trust, day of December, columns."""
    rows = ask_ledger(
        home,
        f"SELECT org_code, day(report_date) AS day, {', '.join(columns)} "
        "FROM history.acute_sitrep WHERE superseded_at IS NULL",
    )
    return {tuple(row.values()) for row in rows}


def reprocess(home: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[Record]:
    """What `sitrep reprocess --json` says of the acute feed's submissions."""
    capsys.readouterr()
    assert _run(["reprocess", "--feed", ACUTE, "--json"]) == code
    done: list[Record] = json.loads(capsys.readouterr().out)
    return done


@pytest.mark.long
def test_a_correction_of_one_sheet_leaves_the_other_measures(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SITREP_NOW", ORIGINAL_AT)
    assert take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx")) == 0
    monkeypatch.setenv("SITREP_NOW", CORRECTED_AT)
    part = small(tmp_path / "Winter-data-timeseries-20190401.xlsx", core=105, sheets=("G&A beds",))
    assert take_in(part) == 0

    row = last_submission(home)
    assert (row["rows_revised"], row["rows_unchanged"]) == (2, 2)
    assert held(home, "ga_core_beds_open", "ga_beds_open", "patients_over_7_days") == {
        ("RF4", 3, 105, 115, 60),
        ("RF4", 4, 105, 115, 61),
        ("R1H", 3, 200, 220, 80),
        ("R1H", 4, 200, 220, 81),
    }
    assert _run(["publish"]) == 0
    published = ask_publication(
        home, "SELECT sum(value)::INT AS n FROM main.national_daily WHERE measure LIKE '%7_days'"
    )
    assert published == [{"n": 60 + 61 + 80 + 81}]


def test_a_correction_of_one_sheet_of_the_published_workbook(copied: Path, tmp_path: Path) -> None:
    sheet = block_sheet(BEDS, [date(2018, 12, 3)], {"RF4": [913, 0, 913, 907]})
    path = write_sheets(tmp_path / "Winter-data-timeseries-20190401.xlsx", {"G&A beds": sheet})
    assert _run(["ingest", str(path)]) == 0
    old, new = ask_ledger(
        copied,
        "SELECT * EXCLUDE (carried, submission_id, said_at, recorded_at, superseded_at) "
        "FROM history.acute_sitrep WHERE org_code = 'RF4' AND report_date = '2018-12-03' "
        "ORDER BY recorded_at",
    )
    assert {name for name in old if old[name] != new[name]} == {
        "ga_core_beds_open",
        "ga_beds_open",
    }
    assert last_submission(copied)["rows_revised"] == 1
    assert len(ask_ledger(copied, "FROM history.acute_sitrep")) == 91 * 134 + 1


@pytest.mark.long
def test_reprocessing_without_a_change_gives_no_revision(
    home: Path,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    monkeypatch.setenv("SITREP_NOW", CORRECTED_AT)
    take_in(small(tmp_path / "Winter-data-timeseries-20190308.xlsx", core=101))
    before = history(home)
    done = reprocess(home, capsys)
    assert [row["attempt"] for row in done] == [2, 2]
    assert sum(row["rows_revised"] + row["rows_new"] for row in done) == 0
    assert history(home) == before
    assert_answered_once(home)


def test_a_measure_that_was_not_mapped_comes_with_reprocessing(
    home: Path, feeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "        ga_beds_occupied: [Total beds occ, G&A beds occ, Total G&A beds occ]\n"
    edit(feeds, line, "")
    assert take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx")) == 0
    assert {row[-1] for row in held(home, "ga_beds_occupied")} == {None}
    unknown = issues(home, "HEAD-001")
    assert [(row["value"], row["sheet"], row["row_number"]) for row in unknown] == [
        ("Total beds occ'd", "G&A beds", 2)
    ]
    assert "4 values" in unknown[0]["message"]

    edit(feeds, "        ga_beds_open: [Total", f"{line}        ga_beds_open: [Total")
    (done,) = reprocess(home, capsys)
    assert (done["rows_revised"], done["rows_unchanged"], done["rows_new"]) == (4, 0, 0)
    assert held(home, "ga_beds_occupied", "ga_core_beds_open", "patients_over_7_days") == {
        ("RF4", 3, 90, 100, 60),
        ("RF4", 4, 90, 100, 61),
        ("R1H", 3, 190, 200, 80),
        ("R1H", 4, 190, 200, 81),
    }
    assert not issues(home, "HEAD-001")

    before = history(home)
    (again,) = reprocess(home, capsys)
    assert (again["rows_revised"], again["rows_unchanged"], again["attempt"]) == (0, 4, 3)
    assert history(home) == before
    assert_rows_add_up(home)
    assert_answered_once(home)


def test_a_corrected_mapping_takes_the_wrong_value_away(
    home: Path, feeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong = "ga_core_beds_open: [Core", "ga_escalation_beds_open: [Core"
    other = "ga_escalation_beds_open: [Escalation", "ga_core_beds_open: [Nothing called that"
    edit(feeds, other[0], other[1])
    edit(feeds, right, wrong)
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    assert {row[2:] for row in held(home, "ga_core_beds_open", "ga_escalation_beds_open")} == {
        (None, 100),
        (None, 200),
    }
    edit(feeds, wrong, right)
    edit(feeds, other[1], "ga_escalation_beds_open: [Nothing called that")
    (done,) = reprocess(home, capsys)
    assert done["rows_revised"] == 4
    assert held(home, "ga_core_beds_open", "ga_escalation_beds_open") == {
        ("RF4", 3, 100, None),
        ("RF4", 4, 100, None),
        ("R1H", 3, 200, None),
        ("R1H", 4, 200, None),
    }


def test_reprocessing_reaches_under_a_later_correction_of_another_sheet(
    home: Path,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first file alone has the measure; a later file has revised other measures since."""
    line = '        patients_over_7_days: ["> 7 days", ">= 7 days", 7+ days, Over 7 days]\n'
    edit(feeds, line, "")
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    monkeypatch.setenv("SITREP_NOW", CORRECTED_AT)
    part = small(tmp_path / "Winter-data-timeseries-20190401.xlsx", core=105, sheets=("G&A beds",))
    take_in(part)
    edit(feeds, "        patients_over_14_days:", f"{line}        patients_over_14_days:")
    reprocess(home, capsys)
    assert held(home, "ga_core_beds_open", "patients_over_7_days") == {
        ("RF4", 3, 105, 60),
        ("RF4", 4, 105, 61),
        ("R1H", 3, 200, 80),
        ("R1H", 4, 200, 81),
    }


def test_a_wrong_value_under_a_later_correction_is_taken_away(
    home: Path,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The later file carried the wrong value on, because it has no sheet that says otherwise."""
    edit(feeds, 'patients_over_7_days: ["> 7 days"', 'patients_over_7_days: ["> 70 days"')
    edit(feeds, 'patients_over_14_days: ["> 14 days"', 'patients_over_14_days: ["> 7 days"')
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    monkeypatch.setenv("SITREP_NOW", CORRECTED_AT)
    part = small(tmp_path / "Winter-data-timeseries-20190401.xlsx", core=105, sheets=("G&A beds",))
    take_in(part)
    assert ("RF4", 3, 105, 60) in held(home, "ga_core_beds_open", "patients_over_14_days")
    edit(feeds, 'patients_over_14_days: ["> 7 days"', 'patients_over_14_days: ["> 14 days"')
    reprocess(home, capsys)
    assert held(home, "ga_core_beds_open", "patients_over_14_days") == {
        ("RF4", 3, 105, 40),
        ("RF4", 4, 105, 41),
        ("R1H", 3, 200, 50),
        ("R1H", 4, 200, 51),
    }


def test_what_was_known_before_reprocessing_still_answers(
    home: Path,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit(feeds, "[Core beds open, G&A core beds open]", "[Something else]")
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    edit(feeds, "[Something else]", "[Core beds open, G&A core beds open]")
    monkeypatch.setenv("SITREP_NOW", CORRECTED_AT)
    reprocess(home, capsys)
    question = "SELECT DISTINCT ga_core_beds_open FROM acute_sitrep ORDER BY ALL"
    assert as_of(home, BETWEEN, question) == [(None,)]
    assert as_of(home, AFTER, question) == [(100,), (200,)]


def test_a_row_that_a_later_contract_refuses_is_taken_back(
    home: Path,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contracts = tmp_path / "expectations"
    shutil.copytree(settings().expectations_dir, contracts, ignore=shutil.ignore_patterns("*.py*"))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(contracts))
    settings.cache_clear()
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    contract = contracts / "acute_sitrep.yaml"
    edit(contract, "ga_core_beds_open: 4500", "ga_core_beds_open: 150")
    text = contract.read_text("utf-8")
    before, _, after = text.partition("  - code: ASR-010")
    contract.write_text(
        f"{before}  - code: ASR-010{after.replace('warn', 'reject_row', 1)}", "utf-8"
    )
    (done,) = reprocess(home, capsys, code=1)
    assert (done["status"], done["rows_quarantined"]) == ("accepted_with_rejections", 2)
    assert held(home, "ga_core_beds_open") == {("RF4", 3, 100), ("RF4", 4, 100)}
    assert_rows_add_up(home)


@pytest.mark.long
def test_a_later_feed_s_equal_value_survives_what_an_earlier_feed_takes_back(
    home: Path,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = feeds.with_name("other.yaml")
    other.write_text(feeds.read_text("utf-8").replace('"Winter-data-', '"Other-data-'), "utf-8")
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    monkeypatch.setenv("SITREP_NOW", CORRECTED_AT)
    path = small(tmp_path / "Other-data-timeseries-1.xlsx", sheets=("G&A beds",))
    assert _run(["ingest", str(path)]) == 0
    before = held(home, "ga_core_beds_open")
    edit(feeds, "[Core beds open, G&A core beds open]", "[Something else]")
    reprocess(home, capsys)
    assert held(home, "ga_core_beds_open") == before


@pytest.mark.long
def test_a_national_figure_under_a_wrong_mapping_is_taken_back(
    home: Path, feeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = block_sheet(BEDS[:2], DAYS[:1], {"RF4": [100, 10]}, [100, 10])
    path = write_sheets(tmp_path / "Winter-data-timeseries-1.xlsx", {"G&A beds": sheet})
    total = "ga_beds_open: [Total beds open, G&A beds open"
    edit(feeds, total, "ga_beds_open: [Escalation beds open")
    edit(feeds, "ga_escalation_beds_open: [Escalation beds open", "ga_escalation_beds_open: [X")
    take_in(path)
    edit(feeds, "ga_beds_open: [Escalation beds open", total)
    edit(feeds, "ga_escalation_beds_open: [X", "ga_escalation_beds_open: [Escalation beds open")
    reprocess(home, capsys)
    stated = ask_ledger(
        home,
        "SELECT measure, value FROM history.published_total WHERE superseded_at IS NULL "
        "ORDER BY measure",
    )
    assert {row["measure"]: row["value"] for row in stated} == {
        "ga_core_beds_open": 100,
        "ga_escalation_beds_open": 10,
    }


@pytest.mark.long
def test_a_feed_that_is_no_longer_live_leaves_the_publication_when_read_again(
    home: Path, feeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(small(tmp_path / "Winter-data-timeseries-20190307.xlsx"))
    edit(feeds, "stage: live", "stage: testing")
    reprocess(home, capsys)
    assert _run(["publish"]) == 0
    assert ask_publication(home, "FROM main.acute_sitrep") == []
