"""A contract is changed six ways on a warehouse with a week in it, by its docs page alone."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import Record, ask, ask_ledger, ask_publication
from warehouse.publish.publications import current_path
from warehouse.publish.seen import make_seen

PAGE = (PROJECT / "docs" / "contracts.md").read_text("utf-8")
_PARTS = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)[1:]
SECTIONS = {
    title: "".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL))
    for title, part in zip(_PARTS[::2], _PARTS[1::2], strict=True)
    if "```sh" in part
}
"""Title of a section → its commands."""
HISTORY = "FROM history.ambulance_sitrep ORDER BY report_date, recorded_at"
HEADINGS = (
    "org_code,report_date,calls_answered,call_answer_p95_seconds,incidents,hear_and_treat,"
    "see_and_treat,conveyed_to_ed,conveyed_elsewhere,handovers"
)


def write_day(folder: Path, day: int, made: str, elsewhere: int) -> Path:
    path = folder / f"RX9_ambulance_sitrep_2026110{day + 1}T{made}.csv"
    row = f"RX9,2026-11-0{day},2500,{20 + day},1900,300,600,900,{elsewhere},800"
    path.write_text(f"{HEADINGS}\n{row}\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with contracts and feeds, and a home with a week and one revision."""
    folder = tmp_path_factory.mktemp("contracts")
    without_code = shutil.ignore_patterns("*.py*")
    shutil.copytree(PROJECT / "expectations", folder / "expectations", ignore=without_code)
    shutil.copytree(PROJECT / "pipelines" / "feeds", folder / "pipelines" / "feeds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        for moment, made in (
            ("2026-11-08T10:00:00Z", "080000"),
            ("2026-11-08T11:00:00Z", "090000"),
        ):
            patch.setenv("SITREP_NOW", moment)
            settings.cache_clear()
            days = range(1, 8) if made == "080000" else (3,)
            elsewhere = 50 if made == "080000" else 77
            steps.land_files([write_day(folder, day, made, elsewhere + day) for day in days])
            steps.drain()
            steps.publish()
    settings.cache_clear()
    return folder


@pytest.fixture
def project(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the commands of a section are run in."""
    folder = Path(shutil.copytree(prepared, tmp_path / "project", symlinks=True))
    monkeypatch.setenv("SITREP_HOME", str(folder / "home"))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(folder / "expectations"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder / "pipelines" / "feeds"))
    monkeypatch.setenv("SITREP_NOW", "2026-11-08T12:00:00Z")
    settings.cache_clear()
    yield folder
    settings.cache_clear()


def run_section(title: str, folder: Path) -> None:
    """Each command of the section ends as the page says: with 0 unless it names another code."""
    for line in SECTIONS[title].splitlines():
        command, _, note = line.partition("  # ends with ")
        if command.startswith("sitrep "):
            assert _run(shlex.split(command)[1:]) == int(note or 0), line
        else:
            subprocess.run(["bash", "-c", command], cwd=folder, check=True)


def history(folder: Path) -> list[Record]:
    return ask_ledger(folder / "home", HISTORY)


def told_changes(folder: Path) -> list[tuple[str, str, str, str, int]]:
    rows = ask_ledger(folder / "home", "FROM ops.contract_change ORDER BY ALL")
    return [tuple(row.values())[2:] for row in rows]


def test_the_page_has_six_changes() -> None:
    assert list(SECTIONS) == [
        "Rename a column",
        "Make a count a decimal",
        "Add a column",
        "Drop a column",
        "Versions by financial year",
        "Another key",
    ]


def test_a_renamed_column_keeps_its_history(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = history(project)
    bits = ask_ledger(project / "home", "FROM ops.measure ORDER BY ALL")
    question = ["as-of", "2026-11-08T10:30Z", "SELECT * EXCLUDE recorded_at FROM ambulance_sitrep"]
    assert _run(question) == 0
    seen = capsys.readouterr().out
    run_section("Rename a column", project)
    assert (
        "conveyed_elsewhere → conveyed_to_other_places (8 values held)" in capsys.readouterr().out
    )

    def renamed(rows: list[Record]) -> list[Record]:
        new = {"conveyed_elsewhere": "conveyed_to_other_places"}
        return [{new.get(name, name): value for name, value in row.items()} for row in rows]

    assert history(project) == renamed(before), "read again by the old headings, nothing changed"
    assert {(row["collection"], row["bit"]) for row in bits} == {
        (row["collection"], row["bit"]) for row in ask_ledger(project / "home", "FROM ops.measure")
    }
    assert told_changes(project)[0][:3] == (
        "rename", "conveyed_to_other_places", "conveyed_elsewhere",
    )  # fmt: skip
    assert _run(question) == 0
    assert capsys.readouterr().out == seen.replace("conveyed_elsewhere", "conveyed_to_other_places")
    figures = "SELECT count(*) AS n FROM national_daily WHERE measure = 'conveyed_to_other_places'"
    assert ask_publication(project / "home", figures) == [{"n": 7}]
    assert _run(["rebuild"]) == 0
    assert history(project) == renamed(before)
    assert len(told_changes(project)) == 1
    contract = project / "expectations" / "ambulance_sitrep.yaml"
    shutil.copy(PROJECT / "expectations" / "ambulance_sitrep.yaml", contract)
    assert _run(["contract", "diff", "ambulance_sitrep"]) == 2
    told = capsys.readouterr().out
    line = contract.read_text("utf-8").split("- name: conveyed_elsewhere")[0].count("\n") + 1
    assert f"{contract}:{line}: refused" in told and "`was: conveyed_to_other_places`" in told


@pytest.mark.long
def test_as_of_and_diff_change_nothing_before_the_change_is_made(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = history(project)
    for line in SECTIONS["Rename a column"].splitlines()[:2]:
        subprocess.run(["bash", "-c", line], cwd=project, check=True)
    sql = "SELECT sum(conveyed_to_other_places) AS total FROM ambulance_sitrep"
    assert _run(["as-of", "2026-11-08T10:30Z", sql]) == 0
    assert str(sum(50 + day for day in range(1, 8))) in capsys.readouterr().out
    path = current_path(project / "home")
    assert path is not None
    (project / "then").mkdir()
    moment = datetime(2026, 11, 8, 10, 30, tzinfo=UTC)
    then = make_seen(path, moment, load_registry(), project / "then")
    assert then.faults == {}
    assert ask(then.path, sql) == [{"total": sum(50 + day for day in range(1, 8))}]
    assert _run(["contract", "diff", "--json"]) == 0
    assert history(project) == before
    assert told_changes(project) == []


@pytest.mark.long
def test_a_count_becomes_a_decimal_and_takes_fractions(project: Path) -> None:
    run_section("Make a count a decimal", project)
    assert told_changes(project) == [("retype", "hear_and_treat", "INTEGER", "DOUBLE", 8)]
    path = write_day(project, 4, "100000", 54)
    path.write_text(path.read_text("utf-8").replace(",300,", ",3.5,"), "utf-8")
    steps.land_files([path])
    steps.drain()
    steps.publish()
    day = "SELECT hear_and_treat FROM ambulance_sitrep WHERE report_date = '2026-11-04'"
    assert ask_publication(project / "home", day) == [{"hear_and_treat": 3.5}]
    contract = project / "expectations" / "ambulance_sitrep.yaml"
    shutil.copy(PROJECT / "expectations" / "ambulance_sitrep.yaml", contract)
    assert _run(["contract", "diff"]) == 2, "there is no way back"


def test_an_added_column_is_empty_and_told(project: Path) -> None:
    run_section("Add a column", project)
    assert told_changes(project) == [("add", "conveyed_to_sdec", "", "INTEGER", 0)]
    given = ask_publication(
        project / "home", "SELECT count(conveyed_to_sdec) AS n FROM ambulance_sitrep"
    )
    assert given == [{"n": 0}]
    steps.land_files([write_day(project, 4, "100000", 54)])
    steps.drain()
    held = ask_ledger(project / "home", f"SELECT * {HISTORY}")
    newest = [row for row in held if str(row["report_date"])[:10] == "2026-11-04"][-1]
    assert (newest["conveyed_elsewhere"], newest["handovers"], newest["conveyed_to_sdec"]) == (
        54, 800, None,
    )  # fmt: skip
    carried = ask_ledger(project / "home", "SELECT DISTINCT carried FROM history.ambulance_sitrep")
    assert len(carried) == 1, "a file of the same headings carries the same measures"


@pytest.mark.long
def test_a_dropped_column_is_kept_and_no_longer_published_until_it_is_back(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "call_answer_p95_seconds"
    before = history(project)
    run_section("Drop a column", project)
    assert history(project) == before
    assert told_changes(project) == [("drop", name, "DOUBLE", "", 8)]
    with pytest.raises(Exception, match=name):
        ask_publication(project / "home", f"SELECT {name} FROM ambulance_sitrep")
    shutil.copytree(PROJECT / "expectations", project / "expectations", dirs_exist_ok=True)
    monkeypatch.setenv("SITREP_NOW", "2026-11-08T13:00:00Z")
    assert _run(["publish"]) == 0
    assert [change[0] for change in told_changes(project)] == ["drop", "return"]
    total = ask_publication(project / "home", f"SELECT sum({name}) AS n FROM ambulance_sitrep")
    assert total == [{"n": 7 * 20 + 28}]


@pytest.mark.long
def test_a_version_of_the_next_year_asks_nothing_of_this_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    run_section("Versions by financial year", project)
    told = capsys.readouterr().out
    assert "conveyed_to_sdec (count, incidents) is new" in told
    assert "the limit of calls_answered is 15000 and was 12000" in told
    assert "From 2027-28 on." in told
    assert "ambulance_sitrep.rx9\t3\t0 → 0\t3 → 3\t0 → 0\t0 → 0\tas before" in told
    assert "ambulance_sitrep.rx9: HEAD-006 (warn) comes more often, 3 times more" in told, "2027-28"
    assert told_changes(project) == [("add", "conveyed_to_sdec", "", "INTEGER", 0)]
    versions = ask_ledger(project / "home", "SELECT DISTINCT versions FROM ops.submission")
    assert versions == [{"versions": "2026-27"}]
    asked = "SELECT count(*) AS n FROM ops.issue WHERE column_name = 'conveyed_to_sdec'"
    assert ask_ledger(project / "home", asked) == [{"n": 0}]


def test_another_key_is_refused_with_its_line_and_nothing_is_lost(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = history(project)
    run_section("Another key", project)
    told = capsys.readouterr()
    place = f"{project / 'expectations' / 'ambulance_sitrep.yaml'}:11"
    assert f"{place}: refused" in told.out
    assert "stored by the key org_code, report_date" in told.err and place in told.err
    assert history(project) == before
    rows = ask_publication(project / "home", "SELECT count(*) AS n FROM ambulance_sitrep")
    assert rows == [{"n": 7}]
