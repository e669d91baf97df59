"""A column that was renamed: what feed files and files still call by an earlier name."""

import re
import shutil
from pathlib import Path

import pytest

from pipelines.base.settings import PROJECT, settings
from pipelines.parse.formats.csv_table import CsvTable
from pipelines.parse.formats.tables.header import Headings
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from pipelines.registry.registry import Registry, load_registry


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the contracts and feeds, for a column to be renamed in."""
    shutil.copytree(PROJECT / "pipelines" / "feeds", tmp_path / "feeds")
    shutil.copytree(PROJECT / "expectations", tmp_path / "expectations")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(tmp_path / "expectations"))
    settings.cache_clear()
    return tmp_path


def rename(folder: Path, collection: str, old: str, new: str) -> Registry:
    path = folder / "expectations" / f"{collection}.yaml"
    text = re.sub(rf"\b{old}\b", new, path.read_text("utf-8"))
    entry = f"  - name: {new}\n"
    path.write_text(text.replace(entry, f"{entry}    was: {old}\n"), "utf-8")
    return load_registry()


def test_what_a_feed_maps_and_leaves_out_under_an_earlier_name_still_counts(folder: Path) -> None:
    registry = rename(folder, "ambulance_sitrep", "call_answer_p95_seconds", "answer_p95_seconds")
    assert registry.problems == ()
    mapped = {name: one.format for name, one in registry.feeds.items() if name.startswith("amb")}
    lacking = mapped["ambulance_sitrep.ryf"]
    assert isinstance(lacking, CsvTable)
    assert "answer_p95_seconds" in lacking.not_reported
    read = registry.feeds["ambulance_sitrep.rx7"].format
    assert read.reading("answer_p95_seconds").given_in == "clock"


@pytest.mark.parametrize("heading", ["answer_p95_seconds", "call_answer_p95_seconds"])
def test_a_file_may_be_headed_by_either_name(folder: Path, heading: str) -> None:
    registry = rename(folder, "ambulance_sitrep", "call_answer_p95_seconds", "answer_p95_seconds")
    feed = registry.feeds["ambulance_sitrep.rx9"]
    assert isinstance(feed.format, CsvTable)
    headings = Headings(feed, feed.format, registry.collections["ambulance_sitrep"])
    found = headings.find(["org_code", "report_date", heading])
    assert found is not None and found.at["answer_p95_seconds"] == 2 and not found.unknown


def test_a_winter_workbook_is_read_under_the_new_name(folder: Path) -> None:
    registry = rename(folder, "acute_sitrep", "opel_level", "opel")
    assert registry.problems == ()
    form = registry.feeds["acute_sitrep.winter_timeseries"].format
    assert isinstance(form, WinterTimeseries)
    assert "opel" in form.columns_named and "opel_level" not in form.columns_named
    assert form.reading("opel").prefixes


def test_two_mappings_of_one_column_are_put_together_unless_they_are_read_otherwise(
    folder: Path,
) -> None:
    path = folder / "feeds" / "ambulance_sitrep" / "rx9.yaml"
    text = path.read_text("utf-8").replace("layout: template\n", "")
    both = "format: {kind: csv, columns: {handed_over: [New], handovers: %s}}\n"
    path.write_text(text + both % "[Old]", "utf-8")
    registry = rename(folder, "ambulance_sitrep", "handovers", "handed_over")
    form = registry.feeds["ambulance_sitrep.rx9"].format
    assert isinstance(form, CsvTable)
    assert form.columns["handed_over"].headings == ("New", "Old")
    path.write_text(text + both % "{headings: [Old], suffixes: [x]}", "utf-8")
    (problem,) = load_registry().problems
    assert re.search(r"rx9.yaml:\d+: format: handed_over: .*earlier name", problem.message)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    was: handovers\n", "    was: incidents\n", "'incidents' is the name"),
        ("        - handed_over\n", "        - handovers\n", "it is called handed_over now"),
        ("denominator: handed_over", "denominator: handovers", "it is called handed_over now"),
    ],
)
def test_a_mistake_about_names_is_told_with_the_name_of_now(
    folder: Path, old: str, new: str, told: str
) -> None:
    rename(folder, "ambulance_sitrep", "handovers", "handed_over")
    path = folder / "expectations" / "ambulance_sitrep.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    message = load_registry().problems[0].message
    assert told in message and re.search(r"ambulance_sitrep.yaml:\d+", message)
