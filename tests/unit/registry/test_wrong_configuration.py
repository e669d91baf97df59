"""Each way in which a configuration file can be wrong costs that file only, and is told."""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import PROJECT, settings
from pipelines.registry.cron import why_no_cron
from pipelines.registry.registry import Registry, load_registry

CONTRACT = "expectations/nhs111.yaml"
FEED = "feeds/nhs111/national.yaml"


@pytest.fixture
def configuration(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the contracts and feeds that a test may break."""
    for name in ("nhs111", "ambulance_handover", "ambulance_sitrep"):
        shutil.copytree(PROJECT / "pipelines" / "feeds" / name, tmp_path / "feeds" / name)
        (tmp_path / "expectations").mkdir(exist_ok=True)
        shutil.copy(PROJECT / "expectations" / f"{name}.yaml", tmp_path / "expectations")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(tmp_path / "expectations"))
    settings.cache_clear()
    return tmp_path


def put(path: Path, old: str, new: str) -> int:
    """The text of the file has changed; the line of the change."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text.split(old, 1)[0].count("\n") + 1


def others(registry: Registry, collection: str = "nhs111") -> tuple[set[str], set[str]]:
    """The collections and feeds beside that collection's."""
    feeds = {one.feed_id for one in registry.feeds.values() if one.collection != collection}
    return set(registry.collections) - {collection}, feeds


RULE = "    kwargs:\n      column: slot_start"
WRONG_CONTRACTS = [
    (RULE, "    kwargs:\n      column: [slot_start]", "column needs the name of one column"),
    (RULE, "    kwargs:\n      column:", "column needs the name of one column, and is empty"),
    (RULE, "    kwargs:\n      column_list: 5", "column_list needs a list of columns"),
    (RULE, "    kwargs:\n      column_list: [[slot_start]]", "column_list needs a list"),
    (RULE, "    kwargs:\n      column_list: {slot_start: 1}", "column_list needs a list"),
    (RULE, "    kwargs:\n      parts: slot_start", "parts needs a list of columns"),
    (RULE, "    kwargs:\n      total: 5", "total needs the name of one column"),
    (RULE, "    kwargs:\n      pairs: 5", "pairs needs a list of pairs"),
    (RULE, "    kwargs:\n      pairs: [5]", "each of pairs needs a list"),
    (RULE, "    kwargs:\n      pairs: [[slot_start]]", "each of pairs needs two columns"),
    (RULE, "    kwargs:\n      limits: [slot_start]", "limits needs columns with a number"),
    (RULE, "    kwargs:\n      limits: {5: 5}", "not a single word|limits needs"),
    (RULE, "    kwargs:\n      column: slot_strat", "names no column: slot_strat"),
    ("{$PARAMETER: contract_area_codes}", "{$PARAMETER: area_codes}", "no \\$PARAMETER 'area_c"),
    ("expectation: expect_", "expectation: accept_", "expectation"),
    (
        "  - name: slot_start\n",
        "  - name: slot_start\n    optional: true\n",
        "optional: only a measure that may be empty",
    ),
    ("key: [contract_code, slot_start]", "key: [slot_start]", "key: needs a column of type code"),
    (
        "key: [contract_code, slot_start]",
        "key: [contract_code, contract_code, slot_start]",
        "twice",
    ),
    ("time_zone: Europe/London", "time_zone: Europe/Londom", "no time zone 'Europe/Londom'"),
    ("time_zone: Europe/London", "time_zone: ../London", "no time zone"),
    ("time_zone: Europe/London", "time_zone: Europe", "no time zone"),
    ("grace_minutes: ", "grace_minutes: 9999999999999", "grace_minutes"),
    ("due_minutes: ", "due_minutes: 9999999999999", "due_minutes"),
    ("publish_days: ", "publish_days: 1000000", "publish_days"),
    ("\ntitle: ", '\ntitle: "" # ', "title: .*is empty"),
    ("\ndescription: ", '\ndescription: "  "\nrow_: ', "description: .*is empty"),
    ("    fix: ", '    fix: "" # ', "fix: .*is empty"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG_CONTRACTS)
def test_a_wrong_contract_costs_its_collection_only(
    configuration: Path, old: str, new: str, told: str
) -> None:
    before = others(load_registry())
    path = configuration / CONTRACT
    line = put(path, old, new)
    registry = load_registry()
    assert others(registry) == before
    assert "nhs111" not in registry.collections
    (problem,) = registry.problems_of("nhs111")
    assert problem.path == path
    assert any(
        f"{path}:{near}:" in problem.message for near in range(max(1, line - 3), line + 4)
    ), problem.message

    assert re.search(told, problem.message), problem.message
    with pytest.raises(ConfigurationError, match="cannot be used"):
        registry.collection("nhs111")
    with pytest.raises(ConfigurationError, match=r"correct .*nhs111\.yaml"):
        registry.feed("nhs111.national")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("* * * *", "has 4"),
        ("61 * * * *", "'61' is no minute"),
        ("*/0 * * * *", "'\\*/0'"),
        ("5-1 * * * *", "'5-1'"),
        ("a * * * *", "'a'"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 30 2 *", "never due"),
        ("0 0 0 1 *", "'0' is no day"),
        ("", "has 0"),
    ],
)
def test_what_is_no_cron_line(line: str, told: str) -> None:

    assert re.search(told, why_no_cron(line) or "")


@pytest.mark.parametrize("line", ["*/15 * * * *", "0,30 6-22 * 1-3,12 1-5", "5 0 29 2 *"])
def test_what_is_a_cron_line(line: str) -> None:
    assert why_no_cron(line) is None


TIME = "file_time:\n  pattern: "
WRONG_FEEDS = [
    ("slots_from: 2026", "slots_from: 1026", "slots_from"),
    ("slots_from: 2026", "slots_from: 2006", "slots_from"),
    ("slots_from: 2026", "slots_from: 3026", "ten years ahead"),
    ("\nstage:", "\namendment_days: 99999999\nstage:", "amendment_days"),
    ("\nstage:", "\namendment_days: -1\nstage:", "amendment_days"),
    ("\ntitle: ", '\ntitle: "" # ', "title: .*is empty"),
    ("name: NHS England", "name: ' '", "name: .*is empty"),
    ("\nformat:\n", "\nformat:\n  decimal_mark: dot\n", "decimal_mark"),
    ("\n  columns:\n", "\n  columns:\n    callback_queue: {clock: 'hh:mm'}\n", "given_in: clock"),
    ("\nstage:", "\nlayout: no_such_layout\nstage:", "layout: 'no_such_layout' of 'nhs111'"),
]
FILE_TIMES = [
    ('"_(("', "%Y", "no regular expression"),
    ('"_"', "%Y", "has 0 groups"),
    ('"(_)(.)"', "%Y", "has 2 groups"),
    ('"_(.)"', "%Q", "no form of a time"),
    ('"_(.)"', "YYYY", "names no part of a time"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG_FEEDS)
def test_a_wrong_feed_costs_itself_only(configuration: Path, old: str, new: str, told: str) -> None:
    path = configuration / FEED
    put(path, old, new)
    check_feed(path, told)


@pytest.mark.parametrize(("pattern", "form", "told"), FILE_TIMES)
def test_a_wrong_time_of_a_file_is_told(
    configuration: Path, pattern: str, form: str, told: str
) -> None:
    path = configuration / FEED
    text = "\n".join(
        one for one in path.read_text("utf-8").splitlines() if not one.startswith("file_time")
    )
    path.write_text(f"{text}\nfile_time: {{pattern: {pattern}, format: '{form}'}}\n", "utf-8")
    check_feed(path, told)


def check_feed(path: Path, told: str) -> None:

    registry = load_registry()
    assert "nhs111" in registry.collections
    assert len(registry.feeds) == 12
    (problem,) = registry.problems
    assert (problem.path, problem.feed_id) == (path, "nhs111.national")
    assert problem.message.startswith(f"{path}:")
    assert re.search(told, problem.message), problem.message


# --- what cannot be read, listed or looked at


def link_contract(folder: Path) -> Path:
    return link_to_itself(folder / CONTRACT)


def link_feed(folder: Path) -> Path:
    return link_to_itself(folder / FEED)


def link_to_itself(path: Path) -> Path:
    path.unlink()
    path.symlink_to(path.name)
    return path


def link_folder_of_feeds(folder: Path) -> Path:
    shutil.rmtree(folder / "feeds" / "nhs111")
    (folder / "feeds" / "nhs111").symlink_to("nhs111")
    return folder / "feeds" / "nhs111"


def make_folder_of_contract(folder: Path) -> Path:
    (folder / CONTRACT).unlink()
    (folder / CONTRACT).mkdir()
    return folder / CONTRACT


def nest_brackets(folder: Path) -> Path:
    (folder / CONTRACT).write_text("title: " + "[" * 100_000)
    return folder / CONTRACT


def nest_few_brackets(folder: Path) -> Path:
    """More than Python follows, fewer than are refused at once."""
    (folder / CONTRACT).write_text("title: " + "[" * 3_000 + "]" * 3_000)
    return folder / CONTRACT


def nest_dashes(folder: Path) -> Path:
    (folder / FEED).write_text("title:\n  " + "- " * 100_000 + "x")
    return folder / FEED


def nest_questions(folder: Path) -> Path:
    (folder / FEED).write_text("? " * 100_000 + "x")
    return folder / FEED


def write_no_text(folder: Path) -> Path:
    (folder / FEED).write_bytes(b"title: \xff\xfe")
    return folder / FEED


@pytest.mark.parametrize(
    "spoil",
    [
        link_contract,
        link_feed,
        link_folder_of_feeds,
        make_folder_of_contract,
        nest_brackets,
        nest_few_brackets,
        nest_dashes,
        nest_questions,
        write_no_text,
    ],
)
def test_what_cannot_be_read_costs_itself_only(
    configuration: Path, spoil: Callable[[Path], Path]
) -> None:
    before = others(load_registry())
    path = spoil(configuration)
    registry = load_registry()
    assert others(registry) == before
    assert path in [problem.path for problem in registry.problems]
    assert all(str(path) in problem.message for problem in registry.problems)
    assert registry.problems_of("nhs111.national")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Gives what makes a folder one that this user cannot list."""
    really: Any = os.scandir
    shut: list[Path] = []

    def scandir(path: Any) -> Any:
        if Path(path) in shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    yield shut.append


def test_a_folder_of_feeds_that_cannot_be_listed_is_told(
    configuration: Path, closed: Callable[[Path], None]
) -> None:
    before = others(load_registry())
    closed(configuration / "feeds" / "nhs111")
    registry = load_registry()
    assert others(registry) == before
    (problem,) = registry.problems
    assert "cannot be listed: Permission denied" in problem.message
    with pytest.raises(ConfigurationError, match="Permission denied"):
        registry.feed("nhs111.national")


def test_layouts_that_cannot_be_listed_are_still_read(
    configuration: Path, closed: Callable[[Path], None]
) -> None:
    before = load_registry()
    closed(configuration / "feeds" / "ambulance_sitrep" / "layouts")
    layout = configuration / "feeds" / "ambulance_sitrep" / "layouts" / "control_room_export.yaml"
    assert load_registry().feeds.keys() == before.feeds.keys()
    put(layout, "999 calls answered", "Calls")
    changed = load_registry().feeds
    assert changed["ambulance_sitrep.ryc"].format != before.feeds["ambulance_sitrep.ryc"].format


def test_a_layout_that_links_to_itself_costs_its_feeds_only(configuration: Path) -> None:
    before = load_registry()
    layout = configuration / "feeds" / "ambulance_sitrep" / "layouts" / "control_room_export.yaml"
    users = {one.feed_id for one in before.feeds.values() if one.layout == "control_room_export"}
    link_to_itself(layout)
    (layout.parent / "again").symlink_to(".")
    registry = load_registry()
    assert before.feeds.keys() - registry.feeds.keys() == users
    assert {one.feed_id for one in registry.problems} == users


@pytest.mark.parametrize("which", ["feeds", "expectations"])
def test_the_folder_of_a_setting_that_cannot_be_listed_is_told(
    configuration: Path, closed: Callable[[Path], None], which: str
) -> None:
    closed(configuration / which)
    registry = load_registry()
    assert f"{configuration / which}: cannot be listed" in registry.problems[0].message


def test_what_is_mended_is_used_again(configuration: Path) -> None:
    before = load_registry()
    text = (configuration / CONTRACT).read_text("utf-8")
    link_contract(configuration)
    assert load_registry().problems
    (configuration / CONTRACT).unlink()
    (configuration / CONTRACT).write_text(text, "utf-8")
    assert load_registry() == before
