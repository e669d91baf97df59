"""Questions in SQL can read the tables, and nothing else: not write, not reach out, not go on."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.clock import now
from pipelines.base.errors import UsageError
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.registry.column import Column
from pipelines.registry.registry import load_registry
from tests.support.warehouse import lay_empty_warehouse, tamper_with, use_engine, warehouse_file
from warehouse.publish.as_of import open_as_of
from warehouse.store.connection import open_warehouse
from warehouse.store.histories import ensure_history
from warehouse.store.migrate import is_migrated
from warehouse.store.question import ask
from warehouse.store.reader import read_publication
from warehouse.store.warehouse_reader import read_warehouse

ONE_SUBMISSION = """
INSERT INTO warehouse.ops.submission BY NAME
SELECT 'acute_sitrep.winter_timeseries@0' AS submission_id, 'd' AS delivery_id, 1 AS attempt,
       'acute_sitrep.winter_timeseries' AS feed_id, 'acute_sitrep' AS collection,
       'accepted' AS status, 'w.xlsx' AS file_name, 'live' AS stage,
       TIMESTAMP '2026-11-17 08:00' AS received_at, TIMESTAMP '2026-11-17 08:01' AS settled_at
"""

WRITES = [
    "COMMIT; DELETE FROM ops.submission",
    "ROLLBACK; DELETE FROM ops.submission",
    "SELECT 1; DELETE FROM ops.submission",
    "SELECT 1 /* ; */; -- x\nDELETE FROM ops.submission",
    "/* SELECT 1 */ DELETE FROM ops.submission",
    "-- SELECT\nDELETE FROM ops.submission",
    "BEGIN",
    "BEGIN; DELETE FROM ops.submission; COMMIT",
    "DELETE FROM ops.submission",
    "DELETE FROM ops.submission RETURNING *",
    "INSERT INTO ops.watch BY NAME SELECT * FROM ops.watch RETURNING *",
    "UPDATE ops.submission SET status = 'accepted'",
    "MERGE INTO ops.submission AS s USING ops.submission AS t ON s.feed_id = t.feed_id "
    "WHEN MATCHED THEN DELETE",
    "WITH x AS (DELETE FROM ops.submission RETURNING *) SELECT * FROM x",
    "TRUNCATE ops.submission",
    "DROP TABLE ops.submission",
    "ALTER TABLE ops.submission ADD COLUMN mine INTEGER",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "CREATE OR REPLACE MACRO mine() AS 1",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SECRET mine (TYPE s3)",
    "COMMENT ON TABLE ops.submission IS 'mine'",
    "PREPARE mine AS DELETE FROM ops.submission",
    "EXECUTE mine",
    "EXPLAIN ANALYZE DELETE FROM ops.submission",
    "CALL checkpoint()",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "USE memory",
    "DETACH warehouse",
    "SELECT nextval('mine')",
    "SELECT write_log('mine')",
]

REACHES = [
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('{own}')",
    "SELECT * FROM read_csv('/etc/hostname')",
    "SELECT * FROM read_csv_auto('/etc/hostname')",
    "SELECT * FROM sniff_csv('/etc/hostname')",
    "SELECT * FROM read_json('{home}/publications/current.json')",
    "SELECT * FROM read_parquet('{home}/lake/**/*.parquet')",
    "SELECT * FROM parquet_scan('{home}/x.parquet')",
    "SELECT * FROM parquet_metadata('{home}/x.parquet')",
    "SELECT * FROM read_duckdb('{own}')",
    "SELECT * FROM glob('/*')",
    "SELECT (SELECT count(*) FROM glob('/*'))",
    "SELECT 1 WHERE EXISTS (FROM READ_TEXT('/etc/hostname'))",
    "SELECT * FROM ops.submission, LATERAL (SELECT * FROM read_text('/etc/hostname'))",
    "WITH x AS (FROM read_text('/etc/hostname')) FROM x",
    "SELECT 1 UNION ALL SELECT 2 FROM glob('/*')",
    "DESCRIBE SELECT * FROM read_csv('/etc/hostname')",
    "SUMMARIZE '{home}/publications/current.json'",
    "SELECT * FROM '/etc/hostname.csv'",
    "SELECT * FROM '{own}'",
    'SELECT * FROM "{home}/publications/current.json"',
    "PRAGMA import_database('{home}')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('ops.submission')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_databases",
    "PRAGMA database_list",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "SELECT * FROM settings",
    "SELECT * FROM WRITES",
    "COPY (SELECT 1) TO '{home}/stolen.csv'",
    "COPY ops.submission TO '{home}/lake/stolen.parquet' (FORMAT parquet)",
    "COPY FROM DATABASE warehouse TO memory",
    "EXPORT DATABASE '{home}/stolen'",
    "IMPORT DATABASE '{home}/stolen'",
    "ATTACH '{home}/stolen.duckdb' AS stolen",
    "ATTACH '{own}' AS again",
    "INSTALL httpfs",
    "INSTALL quack FROM community",
    "LOAD httpfs",
    "LOAD '/tmp/mine.duckdb_extension'",
    "SET enable_external_access = true",
    "SET GLOBAL lock_configuration = false",
    "RESET ALL",
    "SET VARIABLE mine = 1",
    "PRAGMA enable_profiling = 'json'",
    "PRAGMA enable_logging",
    "CALL enable_logging()",
    "CALL pragma_version()",
    "SELECT * FROM ops.submission FOR UPDATE",
]

ALLOWED = [
    "SELECT count(*) FROM ops.submission",
    "FROM ops.submission LIMIT 1",
    "SELECT status FROM ops.submission -- a remark; with a semicolon",
    "SELECT ';' AS x;",
    "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r WHERE x < 5) FROM r",
    "DESCRIBE ops.submission",
    "SHOW ALL TABLES",
    "SUMMARIZE ops.submission",
    "VALUES (1, 2)",
    "SELECT * FROM range(3)",
    "SELECT unnest([1, 2])",
    "PIVOT ops.submission ON status IN ('accepted') USING count(*) GROUP BY feed_id",
    "SELECT london_day(TIMESTAMP '2026-07-01 23:30')",
    "SELECT column_name FROM duckdb_columns() LIMIT 1",
    "SELECT table_name FROM information_schema.tables LIMIT 1",
    "SELECT list_transform([1, 2], x -> x + 1)",
    "SELECT feed_id FROM ops.submission QUALIFY row_number() OVER (PARTITION BY feed_id) = 1",
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Iterator[Path]:
    """A home with one submission in its ledger; nothing may change it."""
    folder = tmp_path_factory.mktemp("read-only")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        settings.cache_clear()
        lay_empty_warehouse(folder / "home")
        with tamper_with(folder / "home") as connection:
            connection.execute(ONE_SUBMISSION)
        steps.publish()
        before = fingerprint(folder / "home")
        yield folder / "home"
        assert fingerprint(folder / "home") == before
    settings.cache_clear()


def fingerprint(home: Path) -> dict[str, str]:
    """Every file of the home with the hash of its bytes."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.mark.long_on_lake
@pytest.mark.parametrize("questions", [WRITES, REACHES], ids=["writes", "reaches"])
def test_the_ledger_answers_no_question_that_is_not_one(filled: Path, questions: list[str]) -> None:
    before = fingerprint(filled)
    with read_warehouse(filled) as reader:
        for sql in questions:
            with pytest.raises(UsageError):
                told = list(ask(reader, _placed(sql, filled))[1])
                pytest.fail(f"{sql}: {told}")
    assert fingerprint(filled) == before


@pytest.mark.long_on_lake
def test_what_would_slip_through_meets_a_locked_connection(filled: Path) -> None:
    """The check of the text is the first fence; DuckDB itself is the second."""
    import duckdb

    outside = ("/etc", "INSTALL", "LOAD", "ATTACH '{home}", "SET enable", "RESET", "getenv")
    second = [sql for sql in (*WRITES[2:9], *REACHES) if any(part in sql for part in outside)]
    assert len(second) > 10
    before = fingerprint(filled)
    with read_warehouse(filled) as reader:
        for sql in (*second, "DELETE FROM ops.submission", "DROP TABLE ops.submission"):
            with pytest.raises(duckdb.Error):
                reader.execute(_placed(sql, filled)).fetchall()
    assert fingerprint(filled) == before


@pytest.mark.long_on_lake
@pytest.mark.parametrize("sql", ALLOWED)
def test_ordinary_questions_are_answered(filled: Path, sql: str) -> None:
    with read_warehouse(filled) as reader:
        names, rows = ask(reader, sql)
        assert names
        assert list(rows)


def test_a_publication_and_a_past_time_answer_no_more(filled: Path) -> None:
    current = (filled / "publications" / "current.duckdb").resolve()
    for opened in (read_publication(current), open_as_of(filled, load_registry(), now())):
        with opened as reader:
            assert list(ask(reader, "SELECT count(*) FROM acute_sitrep")[1]) == [(0,)]
            for sql in (*WRITES, *REACHES):
                asked = _placed(sql.replace("ops.submission", "acute_sitrep"), filled)
                with pytest.raises(UsageError):
                    told = list(ask(reader, asked)[1])
                    pytest.fail(f"{sql}: {told}")


def test_a_reader_makes_no_warehouse_and_needs_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with read_warehouse(home) as reader:
        assert list(ask(reader, "SELECT count(*) FROM ops.submission")[1]) == [(0,)]
    with open_as_of(home, load_registry(), now()) as reader:
        assert list(ask(reader, "SELECT count(*) FROM acute_sitrep")[1]) == [(0,)]
    assert not home.exists()


@pytest.mark.long_on_lake
def test_a_column_that_the_history_lacks_yet_is_empty_and_not_added(filled: Path) -> None:
    registry = load_registry()
    contract = registry.collections["acute_sitrep"]
    new = Column.model_construct(name="new_beds", type="count", unit="beds", description="New.")
    changed = contract.model_copy(update={"columns": (*contract.columns, new)})
    with open_warehouse(filled.parent / "other") as made:
        ensure_history(made, contract)
    before = fingerprint(filled.parent / "other")
    registry = replace(registry, collections={**registry.collections, "acute_sitrep": changed})
    with open_as_of(filled.parent / "other", registry, now()) as reader:
        assert list(ask(reader, "SELECT count(new_beds) FROM acute_sitrep")[1]) == [(0,)]
    assert fingerprint(filled.parent / "other") == before


def test_a_warehouse_of_an_older_release_is_brought_up_to_date_before(home: Path) -> None:
    with use_engine("duckdb"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        with open_warehouse(home):
            pass
        with tamper_with(home) as connection:
            connection.execute("DELETE FROM warehouse.ops.migration WHERE name LIKE '0006%'")
            connection.execute("ALTER TABLE warehouse.history.published_total DROP feed_id")
        with read_warehouse(home) as reader:
            assert is_migrated(reader)
            assert reader.execute("SELECT feed_id FROM history.published_total").fetchall() == []


@pytest.fixture
def loaded(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The filled home, as the command line's."""
    monkeypatch.setenv("SITREP_HOME", str(filled))
    settings.cache_clear()
    return filled


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(1000000000) AS a, range(1000000000) AS b",
        "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r",
    ],
)
def test_an_endless_question_ends_in_time(
    loaded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sql: str
) -> None:
    monkeypatch.setenv("SITREP_QUERY_SECONDS", "0.3")
    settings.cache_clear()
    assert _run(["query", "--ledger", sql]) == 3
    assert "ended after 0.3 seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    "sql", ["SELECT repeat('x', 4000000000)", "SELECT range(1000000000)", "SELECT 1 ORDER BY 1"]
)
def test_a_question_takes_no_more_memory_than_it_may(
    loaded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sql: str
) -> None:
    monkeypatch.setenv("SITREP_QUERY_MEMORY", "200MB")
    settings.cache_clear()
    is_small = "ORDER" in sql
    assert _run(["query", "--ledger", sql]) == (0 if is_small else 3)
    assert is_small or "more than 200.0MB of memory" in capsys.readouterr().err


@pytest.mark.long_on_lake
def test_a_question_that_does_not_heed_the_end_ends_with_its_process(loaded: Path) -> None:
    sql = "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))"
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "query", sql],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "SITREP_QUERY_SECONDS": "0.3", "PYTHONPATH": str(PROJECT)},
    )
    assert done.returncode == 3
    assert "ended after 0.3 seconds" in done.stderr


def test_a_table_ends_after_a_thousand_rows_and_says_so(
    loaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["query", "SELECT * FROM range(1000000000000)"]) == 0
    told = capsys.readouterr()
    assert told.out.count("\n") == 1001
    assert "more rows than the 1,000 shown; --limit 0 gives all" in told.err


@pytest.mark.parametrize(
    ("arguments", "rows", "code"),
    [
        (["--limit", "2"], 2, 0),
        (["--limit", "5"], 5, 0),
        (["--limit", "0"], 5, 0),
        ([], 5, 0),
    ],
)
def test_as_many_rows_are_told_as_are_asked_for(
    loaded: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    rows: int,
    code: int,
) -> None:
    capsys.readouterr()
    assert _run(["query", "SELECT * FROM range(5)", "--json", *arguments]) == code
    told = capsys.readouterr()
    assert json.loads(told.out) == [{"range": number} for number in range(rows)]
    assert ("more rows" in told.err) == (rows < 5)


def test_a_program_that_gets_less_than_all_is_told_by_the_exit_code(
    loaded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.cli import rows_told

    monkeypatch.setitem(rows_told.MOST_ROWS, rows_told.Form.CSV, 3)
    assert _run(["query", "SELECT * FROM range(5)", "--csv"]) == 3
    assert _run(["query", "SELECT * FROM range(3)", "--csv"]) == 0
    assert capsys.readouterr().err.count("more rows") == 1


def _placed(sql: str, home: Path) -> str:
    return sql.replace("{home}", str(home)).replace("{own}", str(warehouse_file(home)))


@pytest.mark.long_on_lake
def test_commands_that_only_look_leave_every_byte(loaded: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(loaded, tmp_path / "copy", symlinks=True))
    before = fingerprint(copied)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(copied))
        settings.cache_clear()
        for arguments in (["status"], ["submissions"], ["as-of", "2030-01-01T00:00Z"]):
            assert _run(arguments) == 0
    assert fingerprint(copied) == before
