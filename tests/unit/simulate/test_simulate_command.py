"""The command `sitrep simulate`, and the feed files at national scale that it can write."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines.base.errors import UsageError
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import USAGE, _run
from pipelines.registry.registry import load_registry
from pipelines.simulate.national import ACUTE_TRUSTS, write_national
from pipelines.simulate.record import read_record

FEEDS = PROJECT / "pipelines" / "feeds"


@pytest.fixture(autouse=True)
def own_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command sets SITREP_FEEDS_DIR for its own process; here it is set back."""
    monkeypatch.setenv("SITREP_NOW", "2026-11-20T00:00:00Z")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(FEEDS))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_past_day_is_landed_and_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["simulate", "--from", "2026-11-02", "--to", "2026-11-03"]
    assert _run([*arguments, "--collection", "nhs111", "--faults", "0.1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    record = read_record(Path(told["record"]))
    assert told["deliveries"] == {"nhs111": len(record.deliveries)}
    counted = Counter(str(one.fault) for one in record.deliveries if one.fault)
    counted["missing"] = len(record.missing)
    assert told["faults"] == {name: count for name, count in counted.items() if count}
    assert _run([*arguments, "--feed", "ambulance_sitrep.rru"]) == 0
    assert "ambulance_sitrep\t1" in capsys.readouterr().out


def test_live_sends_what_is_due_and_ends_with_its_window(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window = ["--from", "2026-11-02", "--to", "2026-11-02T01:00"]
    assert _run(["simulate", "--live", "--folder", *window, "--feed", "nhs111.national"]) == 0
    assert "nhs111\t4" in capsys.readouterr().out
    assert len(list((home / "incoming" / "nhs111").glob("X24_nhs111_*.csv"))) == 4


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Give a start"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "The window is empty"),
        (["--from", "2026-11-02", "--to", "2026-12-01"], "The window ends after now"),
        (["--from", "2026-11-02", "--pace", "60"], "--pace replays past slots"),
        (["--live", "--pace", "60"], "--pace replays past slots"),
        (["--from", "2026-11-02", "--faults", "0.1", "--fault", "late=0.1"], "not both"),
        (["--from", "2026-11-02", "--faults", "1.5"], "A rate is from 0 to 1"),
        (["--from", "2026-11-02", "--fault", "lost=0.1"], "Known faults: late"),
        (["--from", "2026-11-02", "--feed", "nhs111.none"], "There is no feed"),
        (["--from", "2026-11-02", "--collection", "acute_sitrep"], "cannot be simulated"),
        (["--from", "yesterday"], "is not a time"),
    ],
)
def test_mistakes_are_said_plainly(
    arguments: list[str], complaint: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["simulate", *arguments]) == USAGE
    assert complaint in capsys.readouterr().err
    assert not (home / "landing").exists()


def test_national_feeds_are_live_feeds_of_every_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write_national(tmp_path / "feeds", FEEDS, date(2026, 11, 1))
    assert written.feeds == {"ambulance_sitrep": 11, "nhs111": 1, "acute_realtime": ACUTE_TRUSTS}
    assert 185 <= written.sites <= 215
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    settings.cache_clear()
    registry = load_registry()
    assert registry.problems == () and len(registry.feeds) == ACUTE_TRUSTS + 12
    for feed in registry.feeds.values():
        assert (feed.stage, feed.slots_from) == ("live", date(2026, 11, 1))
    acute = registry.feeds_of("acute_realtime")
    kinds = Counter(feed.format.kind for feed in acute)
    assert kinds["xlsx"] == 6 and kinds["csv"] > kinds["json"] > 40
    layouts = {path.stem for path in (FEEDS / "acute_realtime" / "layouts").glob("*.yaml")}
    assert {feed.layout for feed in acute} == layouts


def test_national_feeds_do_not_overwrite_those_in_use() -> None:
    with pytest.raises(UsageError, match="holds the feeds in use"):
        write_national(FEEDS, FEEDS, date(2026, 11, 1))


def test_the_command_simulates_the_national_feeds_that_it_writes(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "feeds")
    assert _run(["simulate", "--national", folder]) == 0
    assert f"SITREP_FEEDS_DIR={folder}" in capsys.readouterr().out
    settings.cache_clear()
