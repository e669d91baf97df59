"""The command line: help, exit codes, JSON, plain text, and how little it imports."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import typer.main

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _COMMANDS, _run, make_app
from tests.support.small_workbook import DAYS, FILE_NAME, GA_BEDS, write_workbook
from tests.support.warehouse import warehouse_file

COMMANDS: dict[str, Any] = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
ESCAPE = "\x1b"

LIGHT = "import json, sys; from pipelines.cli.app import _run; code = _run(sys.argv[1:]); "
LIGHT += "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one workbook loaded and published, to copy."""
    folder = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.drain()
        steps.publish()
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def published(prepared: Path, home: Path) -> Path:
    """A home with one workbook loaded and published."""
    return Path(shutil.copytree(prepared, home, symlinks=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help and len(command.help) > 20
    for parameter in command.params:
        if parameter.name not in ("help", "files", "as_json", "as_csv"):
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_is_printed(
    name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert name in told
    assert ESCAPE not in told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_documentation(name: str) -> None:
    readme = PROJECT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README yet")
    pages = [readme, *(PROJECT / "docs").glob("*.md")]
    assert any(f"sitrep {name}" in page.read_text("utf-8") for page in pages)


def test_the_exit_codes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "0 fine; 1 something was rejected; 2 usage or configuration; 3 could not run" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["status", "--no-such-option"],
        ["ingest"],
        ["ingest", "no/such/file.xlsx"],
        ["ingest", "--feed", "no.such.feed", FILE_NAME],
        ["submissions", "no-such-submission"],
        ["submissions", "--limit", "some"],
        ["submissions", "--limit", "-1"],
        ["query"],
        ["query", "SELECT 1"],
        ["reprocess"],
        ["reprocess", "--feed", "no.such.feed"],
        ["reprocess", "--since", "yesterday"],
        ["reprocess", "--since", "2026-10-25T01:30"],
        ["as-of", "yesterday"],
        ["as-of", "2026-11-17T08:00Z", "SELECT * FROM nothing"],
        ["schema", "nothing"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_is_exit_code_2(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"text")
    assert _run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.strip()
    assert "Traceback" not in captured.err


def test_a_file_that_is_missing_lands_none_of_the_others(home: Path, tmp_path: Path) -> None:
    there = write_workbook(tmp_path / FILE_NAME)
    assert _run(["ingest", str(there), str(tmp_path / "absent.xlsx")]) == 2
    assert not (home / "landing").exists()


def test_a_workbook_in_order_is_0_and_its_repetition_too(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_workbook(tmp_path / FILE_NAME)
    assert _run(["ingest", str(file)]) == 0
    assert "accepted" in capsys.readouterr().out
    assert _run(["ingest", str(file)]) == 0
    told = capsys.readouterr().out
    assert "duplicate" in told
    assert "nothing was changed" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [(FILE_NAME, b"a text"), (FILE_NAME, b""), ("holiday.jpg", b"\xff\xd8")],
)
def test_a_file_that_is_rejected_is_1_with_the_reason(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert _run(["ingest", str(file)]) == 1
    captured = capsys.readouterr()
    assert "rejected" in captured.out
    assert "FILE-00" in captured.out
    assert "Traceback" not in captured.out + captured.err


def test_a_row_that_is_rejected_is_1(home: Path, tmp_path: Path) -> None:
    changes = {(GA_BEDS, "RF4", "Core Beds Open", DAYS[0]): -5}
    assert _run(["ingest", str(write_workbook(tmp_path / FILE_NAME, changes))]) == 1


def test_a_fault_of_ours_is_3_in_plain_words(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(steps, "drain", fail)
    assert _run(["ingest", str(write_workbook(tmp_path / FILE_NAME))]) == 3
    captured = capsys.readouterr()
    assert "the disk is on fire" in captured.err
    assert "No landed file is lost" in captured.err
    assert "Traceback" not in captured.err
    monkeypatch.setenv("SITREP_DEBUG", "1")
    assert _run(["drain"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_says_that_nothing_is_lost(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "drain", interrupt)
    assert _run(["drain"]) == 130
    assert "Landed files are kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "--json"],
        ["submissions", "--json"],
        ["publish", "--json"],
        ["drain", "--json"],
        ["query", "SELECT * FROM acute_sitrep", "--json"],
        ["query", "SELECT * FROM feed_status WHERE false", "--json"],
        ["as-of", "2030-01-01T00:00Z", "SELECT * FROM national_daily", "--json"],
        ["as-of", "2030-01-01T00:00Z", "--json"],
        ["reprocess", "--feed", "acute_sitrep.winter_timeseries", "--json"],
        ["schema", "feed"],
        ["schema", "contract"],
    ],
    ids=" ".join,
)
def test_json_is_json_and_nothing_else(
    published: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    capsys.readouterr()
    assert _run(arguments) == 0
    assert json.loads(capsys.readouterr().out) is not None


@pytest.mark.parametrize("sql", ["SELECT 'NaN'::DOUBLE AS x", "SELECT 'inf'::DOUBLE AS x"])
def test_json_holds_no_number_that_json_does_not_know(
    published: Path, capsys: pytest.CaptureFixture[str], sql: str
) -> None:
    capsys.readouterr()
    _run(["query", sql, "--json"])

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    json.loads(capsys.readouterr().out, parse_constant=refuse)


def test_ingest_tells_programs_all_that_it_tells_people(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(["ingest", "--json", str(write_workbook(tmp_path / FILE_NAME))])
    first, second = json.loads(capsys.readouterr().out)
    assert {first["feed_id"], second["feed_id"]} == {
        "acute_sitrep.winter_timeseries",
        "ambulance_handover.winter_timeseries",
    }
    assert first["status"] == "accepted"
    assert Path(first["answer"]).is_file()
    _run(["submissions", "--json", first["submission_id"]])
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"]["accepted"] == 9


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["status"],
        ["submissions"],
        ["publish"],
        ["drain"],
        ["query", "SELECT * FROM acute_sitrep"],
        ["as-of", "2030-01-01T00:00Z"],
    ],
    ids=" ".join,
)
def test_away_from_a_terminal_all_is_plain_text(
    published: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    capsys.readouterr()
    assert _run(arguments) == 0
    captured = capsys.readouterr()
    assert captured.out
    assert ESCAPE not in captured.out + captured.err
    assert "│" not in captured.out


def test_a_table_away_from_a_terminal_is_tab_separated(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    _run(["query", "SELECT org_code, opel_level FROM acute_sitrep ORDER BY ALL LIMIT 1"])
    assert capsys.readouterr().out == "org_code\topel_level\nR1H\t\n"


def test_csv_is_csv(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    _run(["query", "SELECT 'a, \"b\"' AS x, NULL AS y, 1 AS z", "--csv"])
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["x", "y", "z"],
        ['a, "b"', "", "1"],
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine AS SELECT 1",
        "INSERT INTO acute_sitrep SELECT * FROM acute_sitrep",
        "DELETE FROM acute_sitrep",
        "UPDATE acute_sitrep SET ga_beds_open = 0",
        "DROP TABLE acute_sitrep",
        "ALTER TABLE acute_sitrep ADD COLUMN mine INTEGER",
        "COPY acute_sitrep TO '{folder}/stolen.csv'",
        "COPY (SELECT 1) TO '{folder}/stolen.parquet' (FORMAT parquet)",
        "EXPORT DATABASE '{folder}/stolen'",
        "ATTACH '{folder}/stolen.duckdb' AS stolen",
        "ATTACH '{warehouse}' AS warehouse",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('{home}/publications/current.json')",
        "SELECT * FROM '{home}/publications/current.json'",
        "SELECT * FROM glob('/*')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT 1; CREATE TABLE mine AS SELECT 1",
        "SELECT 1; DROP TABLE acute_sitrep",
        "CHECKPOINT",
        "not sql",
        "SELECT * FROM nothing",
        "",
        ";",
    ],
)
def test_a_question_cannot_write_or_reach_outside(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], sql: str
) -> None:
    current = (published / "publications" / "current.duckdb").resolve()
    file = warehouse_file(published)
    before = current.read_bytes(), sorted(published.rglob("*"))
    if sql == "CHECKPOINT":
        # A file that is open read-only has nothing to write back.
        _run(["query", sql])
    else:
        assert _run(["query", sql.format(folder=tmp_path, home=published, warehouse=file)]) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert (current.read_bytes(), sorted(published.rglob("*"))) == before
    assert not list(tmp_path.glob("stolen*"))


def test_as_of_cannot_reach_outside_either(published: Path, tmp_path: Path) -> None:
    for sql in (
        f"COPY acute_sitrep TO '{tmp_path}/stolen.csv'",
        f"ATTACH '{warehouse_file(published)}' AS warehouse",
        "SELECT * FROM warehouse.ops.submission",
    ):
        assert _run(["as-of", "2030-01-01T00:00Z", sql]) == 2
    assert not list(tmp_path.glob("stolen*"))


def test_as_of_a_time_before_everything_has_no_rows(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert _run(["as-of", "2018-01-01T00:00Z", "SELECT count(*) AS n FROM acute_sitrep"]) == 0
    assert capsys.readouterr().out == "n\n0\n"


def test_a_broken_feed_file_shows_in_the_status(
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    feeds = tmp_path / "feeds"
    (feeds / "acute_sitrep").mkdir(parents=True)
    (feeds / "acute_sitrep" / "mine.yaml").write_text("stage: alive\n", "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    capsys.readouterr()
    assert _run(["status"]) == 2
    assert "mine.yaml:1: stage" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["soon", "-1"])
def test_a_setting_that_is_wrong_is_2_and_named(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    value: str,
) -> None:
    monkeypatch.setenv("SITREP_KEEP_PUBLICATIONS", value)
    settings.cache_clear()
    assert _run(["status"]) == 2
    assert "keep_publications" in capsys.readouterr().err.casefold()


def test_a_clock_that_is_set_wrongly_is_2(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "soon")
    assert _run(["publish"]) == 2


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (
            ["--help"],
            {"great_expectations", "pandas", "numpy", "pyarrow", "duckdb", "rich.table", "yaml"}
            | {"pydantic", "pydantic_settings", "jinja2"},
        ),
        (["status"], {"great_expectations", "pandas", "pyarrow", "airflow", "jinja2"}),
        (["submissions"], {"great_expectations", "pandas", "pyarrow", "airflow"}),
        (["query", "SELECT 1"], {"great_expectations", "pandas", "pyarrow", "airflow"}),
        (["publish"], {"great_expectations", "pandas", "airflow"}),
        (["ingest", "{file}"], {"great_expectations", "pandas", "airflow"}),
        (["drain"], {"great_expectations", "pandas", "pyarrow", "airflow"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_validates_nothing_imports_nothing_heavy(
    published: Path, tmp_path: Path, arguments: list[str], forbidden: set[str]
) -> None:
    write_workbook(tmp_path / FILE_NAME)
    command = [argument.format(file=tmp_path / FILE_NAME) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SITREP_HOME": str(published), "PYTHONPATH": str(PROJECT)},
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert not forbidden & set(modules)


def test_output_into_a_pipe_that_closes_is_no_error(published: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pipelines.cli import main; main()",
            "query",
            "SELECT * FROM organisation",
        ],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "SITREP_HOME": str(published), "PYTHONPATH": str(PROJECT)},
    )
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


def test_the_publication_is_left_alone_by_all_that_only_looks(published: Path) -> None:
    current = (published / "publications" / "current.duckdb").resolve()
    before = current.stat().st_mtime_ns
    for arguments in (["status"], ["submissions"], ["query", "FROM acute_sitrep"]):
        assert _run(arguments) == 0
    assert current.stat().st_mtime_ns == before
    with duckdb.connect(str(current), read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM acute_sitrep").fetchall() == [(9,)]


@pytest.mark.parametrize(("module", "names"), _COMMANDS.items())
def test_a_command_brings_its_own_module_only(module: str, names: tuple[str, ...]) -> None:
    for name in names:
        alone = typer.main.get_command(make_app([name, "--help"]))
        assert list(alone.commands) == list(names), module  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["statsu"], ["--version"], ["--", "status"]])
def test_what_names_no_command_has_all_of_them(arguments: list[str]) -> None:
    made = typer.main.get_command(make_app(arguments))
    assert set(made.commands) == set(COMMANDS)  # type: ignore[attr-defined]
    assert {name for names in _COMMANDS.values() for name in names} == set(COMMANDS)
