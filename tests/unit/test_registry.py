"""The registry: what the files configure, and a broken file that costs only itself."""

import shutil
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError, UsageError
from pipelines.registry import Registry, load_registry
from pipelines.settings import PROJECT, settings

ACUTE, AMBULANCE = "acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries"
WORKBOOK = "Winter-data-timeseries-20190307.xlsx"


@pytest.fixture
def configuration(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the contracts and feeds that a test may break."""
    feeds, contracts = tmp_path / "feeds", tmp_path / "expectations"
    shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    shutil.copytree(PROJECT / "expectations", contracts)
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(contracts))
    settings.cache_clear()
    return tmp_path


def feed_file(configuration: Path, collection: str = "acute_sitrep") -> Path:
    return configuration / "feeds" / collection / "winter_timeseries.yaml"


def change(path: Path, old: str, new: str) -> Registry:
    """The registry after the text of a file was changed."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return load_registry()


def test_the_project_as_it_stands_has_no_problem(configuration: Path) -> None:
    registry = load_registry()
    assert registry.problems == ()
    assert {"acute_sitrep", "ambulance_handover"} <= set(registry.collections)
    assert {ACUTE, AMBULANCE} <= set(registry.feeds)


def test_a_feed_is_named_for_its_place(configuration: Path) -> None:
    feed = load_registry().feeds[ACUTE]
    assert (feed.feed_id, feed.collection) == (ACUTE, "acute_sitrep")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("stage: live", "stage: alive", "stage"),
        ("title:", "titel:", "titel"),
        ("stage: live", "stage: live\nstage: live", "stands twice"),
        ("ae_closures:", "ae_openings:", "ae_openings"),
        ("ASR-005:", "ASR-555:", "ASR-555"),
        ("ASR-005:", "ASR-009:", "ASR-009"),
        ("opel_level: [OPEL]", "no_such_column: [OPEL]", "no_such_column"),
        ("kind: directory", "kind: pigeon", "source"),
        ("stage: live", "stage: [live", "not valid YAML"),
        ("stage: live", "stage: !secret live", "winter_timeseries.yaml"),
        ("stage: live", "stage: {{ stage }}", "winter_timeseries.yaml"),
    ],
)
def test_a_broken_feed_file_costs_only_itself(
    configuration: Path, old: str, new: str, told: str | None
) -> None:
    path = feed_file(configuration)
    registry = change(path, old, new)
    if told is None:
        assert registry.problems == ()
        return
    assert list(registry.feeds) == [AMBULANCE]
    assert set(registry.collections) >= {"acute_sitrep", "ambulance_handover"}
    (problem,) = registry.problems
    assert problem.path == path
    assert str(path) in problem.message
    assert told in problem.message


def test_a_column_that_two_sheets_map_is_a_mistake(configuration: Path) -> None:
    registry = change(feed_file(configuration), "ae_diverts: [", "ae_closures: [")
    assert "ae_closures" in registry.problems[0].message


@pytest.mark.parametrize("key", ["feed_id: acute_sitrep.other", "collection: ambulance_handover"])
def test_what_the_place_of_a_file_says_cannot_be_said_otherwise_inside(
    configuration: Path, key: str
) -> None:
    """Silently overruled, it would mislead whoever reads the file."""
    path = feed_file(configuration)
    path.write_text(f"{key}\n{path.read_text('utf-8')}", "utf-8")
    registry = load_registry()
    assert [problem.path for problem in registry.problems] == [path]


def test_a_broken_contract_costs_its_own_feeds_only(configuration: Path) -> None:
    contract = configuration / "expectations" / "acute_sitrep.yaml"
    registry = change(contract, "key: [org_code", "key: [no_such_column")
    assert list(registry.feeds) == [AMBULANCE]
    assert "acute_sitrep" not in registry.collections
    assert [problem.path for problem in registry.problems] == [contract, feed_file(configuration)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("collection: acute_sitrep", "collection: acute", "the file is named 'acute_sitrep'"),
        ("code: ASR-002", "code: ASR-001", "rule codes stand twice: ASR-001"),
        ("column: opel_level", "column: opal_level", "opal_level"),
        ("name: ae_diverts", "name: ae_closures", "columns stand twice: ae_closures"),
        ("type: count", "type: counts", "type"),
        ("on_failure: reject_row", "on_failure: shrug", "on_failure"),
        ("start: 2016-04-01", "start: 2016-13-01", "acute_sitrep.yaml"),
    ],
)
def test_a_broken_contract_is_told(configuration: Path, old: str, new: str, told: str) -> None:
    path = configuration / "expectations" / "acute_sitrep.yaml"
    registry = change(path, old, new)
    assert told in registry.problems[0].message
    assert str(path) in registry.problems[0].message
    assert "ambulance_handover" in registry.collections


def test_a_feed_of_a_collection_without_a_contract(configuration: Path) -> None:
    (configuration / "expectations" / "acute_sitrep.yaml").unlink()
    (problem,) = load_registry().problems
    assert "no usable contract for 'acute_sitrep'" in problem.message


@pytest.mark.parametrize("kind", ["FEEDS", "EXPECTATIONS"])
def test_a_folder_that_is_not_there_is_a_problem_and_not_an_empty_one(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A slip in a setting would otherwise answer every file with 'no feed expects it'."""
    monkeypatch.setenv(f"SITREP_{kind}_DIR", str(configuration / "absent"))
    settings.cache_clear()
    try:
        registry = load_registry()
    except ConfigurationError:
        return
    assert any("absent" in problem.message for problem in registry.problems)


@pytest.mark.parametrize(
    ("stage", "accepts"),
    [
        ("onboarding", True),
        ("testing", True),
        ("live", True),
        ("suspended", False),
        ("retired", False),
    ],
)
def test_a_feed_takes_files_by_its_stage(configuration: Path, stage: str, accepts: bool) -> None:
    registry = change(feed_file(configuration), "stage: live", f"stage: {stage}")
    assert (ACUTE in [feed.feed_id for feed in registry.feeds_matching(WORKBOOK)]) is accepts


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        (WORKBOOK, True),
        (WORKBOOK.upper(), True),
        ("winter-data-timeseries-.xlsx", True),
        ("Winter-data-timeseries-20190307-1-1.xlsx", True),
        ("Winter-data-timeseries-20190307.xlsx.part", False),
        ("Copy of Winter-data-timeseries-20190307.xlsx", False),
        ("Winter-data-timeseries-20190307.csv", False),
        ("", False),
    ],
)
def test_a_feed_is_found_by_the_name_of_a_file(
    configuration: Path, name: str, matches: bool
) -> None:
    assert bool(load_registry().feeds_matching(name)) is matches


def test_what_there_is_not_is_told_with_what_there_is(configuration: Path) -> None:
    registry = load_registry()
    with pytest.raises(UsageError, match=ACUTE):
        registry.feed("acute_sitrep")
    with pytest.raises(UsageError, match="ambulance_handover"):
        registry.collection("nowhere")


def test_feeds_of_a_collection(configuration: Path) -> None:
    extra = feed_file(configuration).with_name("another.yaml")
    shutil.copy(feed_file(configuration), extra)
    assert [feed.feed_id for feed in load_registry().feeds_of("acute_sitrep")] == [
        "acute_sitrep.another",
        ACUTE,
    ]
