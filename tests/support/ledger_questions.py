"""Plain questions to what the pipeline made: its ledger, its publications and its answers."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.base.settings import settings
from tests.support.warehouse import look_into

ACUTE = "acute_sitrep.winter_timeseries"
AMBULANCE = "ambulance_handover.winter_timeseries"

Record = dict[str, Any]


def use_home(patch: pytest.MonkeyPatch, home: Path, **environment: str) -> Path:
    """The pipeline of this process works in `home`, until `patch` is undone."""
    patch.setenv("SITREP_HOME", str(home))
    for name, value in environment.items():
        patch.setenv(name, value)
    settings.cache_clear()
    return home


def ask(database: Path, sql: str, *values: object) -> list[Record]:
    """The rows that a read-only question to a DuckDB file gives."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return records(connection.execute(sql, list(values)))


def records(cursor: duckdb.DuckDBPyConnection) -> list[Record]:
    """The rows of what was asked, by their columns' names."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ask_ledger(home: Path, sql: str, *values: object) -> list[Record]:
    """The rows of a question to the working warehouse of that home."""
    with look_into(home) as connection:
        return records(connection.execute(sql, list(values)))


def all_tables(home: Path, where: str) -> dict[str, list[Record]]:
    """Every row of the tables of the working warehouse that `where` (of duckdb_tables()) names."""
    with look_into(home) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            f"WHERE database_name = 'warehouse' AND {where} ORDER BY ALL"
        ).fetchall()
        return {name: records(connection.execute(f"FROM {name} ORDER BY ALL")) for (name,) in names}


def ask_publication(home: Path, sql: str, *values: object) -> list[Record]:
    """The rows of a question to the current publication of that home."""
    return ask((home / "publications" / "current.duckdb").resolve(), sql, *values)


def submissions(home: Path) -> dict[str, Record]:
    """The ledger's last submission of each feed."""
    rows = ask_ledger(home, "SELECT * FROM ops.submission ORDER BY received_at, submission_id")
    return {row["feed_id"]: row for row in rows}


def issues(home: Path, code: str, feed_id: str = ACUTE) -> list[Record]:
    """The findings with that code on the submissions of a feed, in the order of the answer."""
    return ask_ledger(
        home,
        "SELECT i.* FROM ops.issue AS i JOIN ops.submission AS s USING (submission_id, attempt) "
        "WHERE i.code = ? AND s.feed_id = ? ORDER BY s.received_at, i.line",
        code,
        feed_id,
    )


def assert_rows_add_up(home: Path) -> None:
    """Read = accepted + quarantined + skipped, for every submission, and the tables agree."""
    for row in ask_ledger(
        home,
        """
        SELECT s.*, (SELECT count(*) FROM ops.quarantine AS q
                     WHERE q.submission_id = s.submission_id AND q.attempt = s.attempt) AS kept_out,
               (SELECT count(*) FROM ops.quarantined_value AS v
                WHERE v.submission_id = s.submission_id AND v.attempt = s.attempt) AS values_out
        FROM ops.submission AS s
        """,
    ):
        parts = row["rows_accepted"], row["rows_quarantined"], row["rows_skipped"]
        assert row["rows_read"] == sum(parts), row
        assert row["rows_quarantined"] == row["kept_out"], row
        assert row["values_rejected"] == row["values_out"], row
        became = [row[f"rows_{kind}"] for kind in ("new", "revised", "unchanged", "outdated")]
        assert row["rows_accepted"] == sum(became), row


def answers_of_days(home: Path, *, after_a_crash: bool = False) -> list[Record]:
    """Every answer in the files of the days, each in the file of the day on which it was settled.

    A process that died may have left a part of a line.
    """
    found = []
    for path in sorted(home.glob("answers/*/*.jsonl")):
        # A text in it may have U+2028 or U+0085, at which `splitlines` would cut.
        for line in filter(None, path.read_text("utf-8").split("\n")):
            try:
                answer = json.loads(line)
            except ValueError:
                assert after_a_crash, f"{path} has a line that is no JSON: {line[:80]}"
                continue
            assert (answer["feed"], answer["settled_at"][:10]) == (path.parent.name, path.stem)
            found.append(answer)
    return found


def assert_answered_once(home: Path, *, after_a_crash: bool = False) -> None:
    """Every submission is answered, once in the ledger; those with remarks in files of their own.

    After a crash an answer may stand twice in the file of its day, and hidden files may be left.
    """
    due = ask_ledger(home, "FROM ops.answer_due")
    assert due == []
    rows = ask_ledger(home, "SELECT submission_id, feed_id, status, attempt FROM ops.submission")
    ids = [row["submission_id"] for row in rows]
    assert len(set(ids)) == len(ids), "two submissions have one id"
    entered = Counter(
        (row["submission_id"], row["attempt"]) for row in ask_ledger(home, "FROM ops.answer")
    )
    current = {(row["submission_id"], row["attempt"]) for row in rows}
    assert current <= set(entered), "a submission has no answer"
    assert set(entered.values()) <= {1}, "a submission was answered twice"
    told: dict[tuple[str, int], list[Record]] = {}
    for answer in answers_of_days(home, after_a_crash=after_a_crash):
        told.setdefault((answer["submission_id"], answer["attempt"]), []).append(answer)
    assert current <= set(told) <= set(entered)
    assert after_a_crash or all(len(lines) == 1 for lines in told.values())
    wanted = {path for key in current for path in _own_files(home, told[key][-1])}
    found = {
        path
        for path in home.glob("answers/*/*")
        if path.suffix != ".jsonl" and not (after_a_crash and path.name.startswith("."))
    }
    assert found == wanted, "remarks stand in files of their own, and nothing else does"


def _own_files(home: Path, answer: Record) -> Iterator[Path]:
    """The files that belong to the answer and say the same; none where there is no remark."""
    if answer["status"] == "accepted" and not answer["lines"]:
        return
    name = answer["submission_id"].partition("@")[2]
    path = home / "answers" / answer["feed"] / f"{name}.json"
    assert json.loads(path.read_text("utf-8")) == answer
    page = path.with_suffix(".md")
    assert page.read_text("utf-8").startswith("# Answer to ")
    yield from (path, page)
