"""Names that a contract cannot give: told with file and line, and complete."""

from pathlib import Path

import duckdb
import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import PROJECT
from pipelines.base.yamlfile import read_model
from pipelines.registry.contract import Collection
from pipelines.registry.reserved_names import DUCKDB_WORDS, why_no_collection, why_no_column

CONTRACT = PROJECT / "expectations" / "acute_realtime.yaml"


def complaint(folder: Path, old: str, new: str) -> tuple[Path, int, str]:
    """What is said of the contract with another name: the file, the line of the name, the words."""
    text = CONTRACT.read_text("utf-8")
    assert text.count(old) == 1
    path = folder / "acute_realtime.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_model(path, Collection)
    return path, text[: text.index(old)].count("\n") + 1, str(caught.value).splitlines()[0]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stage", "is a name that the warehouse itself uses beside it; choose another"),
        ("submission_number", "uses beside it"),
        ("carried", "uses beside it"),
        ("org_name", "uses beside it"),
        ("value", "uses beside it"),
        ("row_id", "uses beside it"),
        ("h", "uses beside it"),
        ("order", "is a word of DuckDB's SQL; choose another"),
        ("left", "is a word of DuckDB's SQL"),
        ("rowid", "is a name that DuckLake keeps to itself; choose another"),
        ("snapshot_id", "DuckLake"),
        ("Arrivals", "match pattern"),
        ("_ducklake_internal", "match pattern"),
        ('"arrivals;"', "match pattern"),
        ('"arrivals\\n"', "match pattern"),
    ],
)
def test_a_column_cannot_have_the_name(tmp_path: Path, name: str, reason: str) -> None:
    path, line, told = complaint(tmp_path, "name: patients_in_majors\n", f"name: {name}\n")

    place, _, words = told.partition(": ")
    assert place == f"{path}:{line}"
    assert words.startswith("columns.5.name: ")
    assert reason in words
    if "choose another" in reason:
        assert f"'{name}' {reason}" in words


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("slot_status", "'slot_status' is the name of another table; choose another"),
        ("published_total", "another table"),
        ("table", "DuckDB"),
        ("Acute", "match pattern"),
    ],
)
def test_a_collection_cannot_have_the_name(tmp_path: Path, name: str, reason: str) -> None:
    path, line, told = complaint(tmp_path, "collection: acute_realtime\n", f"collection: {name}\n")

    assert told.startswith(f"{path}:{line}: collection: ")
    assert reason in told


@pytest.mark.parametrize(
    "name", ["report_date", "slot_start", "org_code", "site_code", "arrivals", "reported_by"]
)
def test_other_names_are_free(name: str) -> None:
    assert why_no_column(name) is None
    assert why_no_collection(name) is None


def test_the_words_are_those_of_duckdb_as_it_is_installed() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() "
            "WHERE keyword_category IN ('reserved', 'type_function')"
        ).fetchall()

    assert {word for (word,) in rows} == DUCKDB_WORDS


def test_words_that_are_not_listed_can_be_names() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
        others = sorted({word for (word,) in rows} - DUCKDB_WORDS)
        columns = ", ".join(f"{word} INTEGER" for word in others)
        connection.execute(f"CREATE TABLE names ({columns})")
        chosen = ", ".join(f"h.{word}, max({word}) AS {word}_most" for word in others)
        connection.execute(f"SELECT {chosen} FROM names AS h GROUP BY ALL")

    assert len(others) > 300


def test_a_rule_about_the_table_needs_no_column(tmp_path: Path) -> None:
    path = tmp_path / "acute_realtime.yaml"
    rule = """
  - code: ART-090
    title: A file has at least 40 rows
    expectation: expect_table_row_count_to_be_between
    kwargs: {min_value: 40}
    on_failure: warn
    message: The file has {value} rows.
    fix: Send the whole file.
"""
    path.write_text(CONTRACT.read_text("utf-8") + rule, "utf-8")

    assert read_model(path, Collection).rules[-1].code == "ART-090"
