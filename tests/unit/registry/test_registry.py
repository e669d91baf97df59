"""The registry: what the files configure, and a broken file that costs only itself."""

import csv
import re
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.base.errors import ConfigurationError, UsageError
from pipelines.base.settings import PROJECT, settings
from pipelines.registry.registry import Registry, load_registry

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


def feed_file(
    configuration: Path, collection: str = "acute_sitrep", name: str = "winter_timeseries"
) -> Path:
    return configuration / "feeds" / collection / f"{name}.yaml"


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
        ("stage: live", "stage: live\nstage: live", "appears twice"),
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
    configuration: Path, old: str, new: str, told: str
) -> None:
    path = feed_file(configuration)
    before = load_registry()
    registry = change(path, old, new)
    assert set(registry.feeds) == set(before.feeds) - {ACUTE}
    assert set(registry.collections) == set(before.collections)
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
    before = load_registry()
    registry = change(contract, "key: [org_code", "key: [no_such_column")
    assert set(registry.feeds) == set(before.feeds) - {ACUTE}
    assert set(registry.collections) == set(before.collections) - {"acute_sitrep"}
    assert [problem.path for problem in registry.problems] == [contract, feed_file(configuration)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("collection: acute_sitrep", "collection: acute", "the file is named 'acute_sitrep'"),
        ("code: ASR-002", "code: ASR-001", "duplicate rule codes: ASR-001"),
        ("column_list: [opel_level]", "column_list: [opal_level]", "opal_level"),
        ("name: ae_diverts", "name: ae_closures", "duplicate columns: ae_closures"),
        ("type: count", "type: counts", "type"),
        ("on_failure: reject_row", "on_failure: shrug", "on_failure"),
        ("on_failure: reject_row", "on_failure: info", "reject_row, reject_value or warn"),
        (
            "  - name: report_date",
            "  - on_failure: reject_value\n    name: report_date",
            "needs its",
        ),
        (
            "[opel_level], min_value: 0, max_value: 4}",
            "[opel_level, org_code], max_value: 4}",
            "rule ASR-007 cannot be reject_value",
        ),
        ("start: 2016-04-01", "start: 2016-13-01", "acute_sitrep.yaml"),
        ('message: "', 'message: "{bedz} ', "names no column: {bedz}"),
        ('message: "', 'message: "{ ', "write {{ and }}"),
        ('message: "', 'message: "{ae_diverts:d} ', "{ae_diverts} is not a plain name"),
        ('message: "', 'message: "{} ', "{} is not a plain name"),
        ('message: "', 'message: "{value.real} ', "{value.real} is not a plain name"),
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


# --- feeds of tables, and the layouts that they share


def users_of(registry: Registry, collection: str, layout: str) -> set[str]:
    return {feed.feed_id for feed in registry.feeds_of(collection) if feed.layout == layout}


def test_feeds_of_one_layout_read_alike_and_stay_their_own(configuration: Path) -> None:
    registry = load_registry()
    king, leeds = registry.feed("acute_realtime.rjz"), registry.feed("acute_realtime.rr8")
    assert king.layout == leeds.layout == "integration_engine"
    assert (king.format, king.missing) == (leeds.format, leeds.missing)
    assert (king.provider.code, leeds.provider.code) == ("RJZ", "RR8")
    assert king.may_report == frozenset({"RJZ"})


def test_a_change_of_a_layout_reaches_all_its_feeds(configuration: Path) -> None:
    before = load_registry().feeds
    layout = feed_file(configuration, "acute_realtime", "layouts/integration_engine")
    after = change(layout, "records: payload.sites", "records: sites").feeds
    changed = {name for name in before if before[name].format != after[name].format}
    assert changed == {"acute_realtime.rjz", "acute_realtime.rr8", "acute_realtime.rth"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: xlsx", "kind: xslx", "kind"),
        ("sheet: ED SitRep", "shete: ED SitRep", "shete"),
        ("given_in: clock", "given_in: fortnights", "given_in"),
        ("constant: $provider", "constant: $provider, headings: [Trust]", "no headings"),
        ("format:", "fromat:", "fromat"),
        ("kind: xlsx", "kind: [xlsx", "not valid YAML"),
    ],
)
def test_a_broken_layout_costs_its_own_feeds_only(
    configuration: Path, old: str, new: str, told: str
) -> None:
    before = load_registry()
    layout = feed_file(configuration, "acute_realtime", "layouts/bed_management")
    line = layout.read_text("utf-8").split(old)[0].count("\n") + 1
    registry = change(layout, old, new)
    users = users_of(before, "acute_realtime", "bed_management")
    assert len(users) > 1
    assert set(registry.feeds) == set(before.feeds) - users
    assert len(registry.problems) == len(users)
    for problem in registry.problems:
        places = [
            int(one.removeprefix(f"{layout}:").split(":")[0])
            for one in problem.message.splitlines()
            if one.startswith(f"{layout}:") and told in one
        ]
        # An open bracket is seen on the line after it, a wrong kind told where the format begins.
        assert len(places) == 1
        assert abs(places[0] - line) <= 1


def test_a_layout_that_is_not_there_is_told(configuration: Path) -> None:
    layout = feed_file(configuration, "ambulance_sitrep", "layouts/template")
    users = users_of(load_registry(), "ambulance_sitrep", "template")
    layout.unlink()
    registry = load_registry()
    assert len(registry.problems) == len(users) > 1
    assert all(str(layout) in problem.message for problem in registry.problems)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("rx6", "conveyed_to_ed:", "conveyed_to_moon:", "does not have: conveyed_to_moon"),
        ("rx6", "unit_hours_planned:", "unit_hours_wished:", "unit_hours_wished"),
        (
            "rx7",
            "reap_level: {",
            "incidents: {given_in: minutes}\n    reap_level: {",
            "incidents: minutes cannot be turned into incidents",
        ),
        ("rx7", "kind: xlsx", "kind: xlsx\n  not_reported: {reap_level: Unknown}", "reap_level"),
        ("rx9", "layout: template", "layout: template\nformat: {kind: csv}", "format"),
        ("r1f", "stage: testing", "stage: onboarding\nslots_from: 2026-11-01", "slots_from"),
        ("r1f", "{constant: $provider}", "{constant: R1F, headings: [Code]}", "no headings"),
    ],
)
def test_a_feed_that_does_not_fit_its_collection_is_told(
    configuration: Path, name: str, old: str, new: str, told: str
) -> None:
    before = load_registry()
    path = feed_file(configuration, "ambulance_sitrep", name)
    registry = change(path, old, new)
    assert set(registry.feeds) == set(before.feeds) - {f"ambulance_sitrep.{name}"}
    (problem,) = registry.problems
    assert problem.path == path
    assert problem.message.startswith(f"{path}:")
    assert told in problem.message


def test_slots_are_expected_of_live_feeds_only(configuration: Path) -> None:
    feeds = load_registry().feeds.values()
    assert {feed.stage for feed in feeds if feed.slots_from} == {"live"}


def test_no_file_name_belongs_to_two_feeds_of_a_collection(configuration: Path) -> None:
    registry = load_registry()
    for feed in registry.feeds.values():
        name = feed.pattern.replace("*", "20261102T101500")
        matching = [one for one in registry.feeds_of(feed.collection) if one.matches(name)]
        assert matching == [feed]


def test_the_time_of_a_file_stands_in_its_name(configuration: Path) -> None:
    for feed in load_registry().feeds.values():
        if feed.file_time is None or feed.file_time.reissue is not None:
            continue
        name = feed.pattern.replace("*", "20261102T101500")
        found = re.search(feed.file_time.pattern, name)
        assert found is not None
        # The publisher's names tell the day only.
        form = feed.file_time.format
        assert found[1] == datetime(2026, 11, 2, 10, 15).strftime(form)


def test_a_provider_is_named_as_the_reference_data_name_it(configuration: Path) -> None:
    with (PROJECT / "pipelines" / "reference" / "organisation.csv").open(encoding="utf-8") as file:
        trusts = {row["org_code"]: row for row in csv.DictReader(file)}
    for feed in load_registry().feeds.values():
        if feed.reports_for == "own":
            listed = trusts[feed.provider.code]
            assert (listed["org_name"], listed["close_date"]) == (feed.provider.name, "")


def test_the_starting_picture(configuration: Path) -> None:
    """Ten of eleven ambulance services, NHS 111, and a cohort of 20 acute trusts."""
    registry = load_registry()
    stages = {
        name: Counter(feed.stage for feed in registry.feeds_of(name))
        for name in ("ambulance_sitrep", "nhs111", "acute_realtime")
    }
    assert stages == {
        "ambulance_sitrep": {"live": 10, "testing": 1},
        "nhs111": {"live": 1},
        "acute_realtime": {"live": 14, "testing": 4, "onboarding": 1, "suspended": 1},
    }
