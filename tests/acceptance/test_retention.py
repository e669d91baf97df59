"""What is past its time is deleted by the rules of a file; what is left holds together."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from pipelines.storage.retain import DELETERS
from pipelines.storage.retention_rules import RetentionRules, read_rules
from tests.support.children import KILLED, copy_home, end_at, run, steps_of
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import ask_ledger
from tests.support.whole_home import FEED, fill_home, name_of, use, whole_warehouse

SOON, LATER = "2019-03-08T14:00:00Z", "2020-03-20T03:40:00Z"
ALL = tuple(RetentionRules.model_fields)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("retention") / "home"
    with pytest.MonkeyPatch.context() as patch:
        fill_home(patch, home)
        (home / "briefs").mkdir()
        for name in ("2019-03-08.html", "2019-03-08.pdf", "2019-03-08.1.html"):
            (home / "briefs" / name).write_bytes(b"a brief")
        (home / "letters" / "R0A").mkdir(parents=True)
        for name in ("2019-W10.html", "2019-W10.txt", "2019-W10.1.html"):
            (home / "letters" / "R0A" / name).write_bytes(b"a letter")
        yield home
    settings.cache_clear()


@pytest.fixture
def home(filled: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    copy = copy_home(filled, request.node.name)
    use(monkeypatch, copy, LATER)
    return copy


def set_rules(patch: pytest.MonkeyPatch, home: Path, **days: int) -> Path:
    """These classes are kept for so many days, all others for ever."""
    rules = read_rules().model_dump()
    for name, number in days.items():
        rules[name]["days"] = number
    path = home.parent / f"rules {home.name}.yaml"
    path.write_text(yaml.safe_dump(rules), "utf-8")
    patch.setenv("SITREP_RETENTION_FILE", str(path))
    settings.cache_clear()
    return path


def everything(home: Path) -> dict[str, bytes]:
    parts = [home / name for name in ("landing", "answers", "publications", "briefs")]
    paths = [path for part in parts for path in part.rglob("*") if path.is_file()]
    return {str(path.relative_to(home)): path.read_bytes() for path in paths}


def test_every_class_can_be_deleted() -> None:
    assert set(DELETERS) == set(ALL)


def test_a_file_of_rules_from_before_a_class_came_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = set_rules(monkeypatch, home, answers=90)
    rules = yaml.safe_load(path.read_text("utf-8"))
    del rules["briefs"]
    path.write_text(yaml.safe_dump(rules), "utf-8")
    assert _run(["retain"]) == 0
    assert len([*(home / "briefs").iterdir()]) == 3


def test_as_delivered_nothing_is_deleted(home: Path) -> None:
    before, rows = everything(home), whole_warehouse(home)
    assert _run(["retain"]) == 0
    assert (everything(home), whole_warehouse(home)) == (before, rows)
    assert len((home / "retention.jsonl").read_text().splitlines()) == 1, "each run is noted"


def test_a_dry_run_tells_and_deletes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_rules(monkeypatch, home, **dict.fromkeys(ALL, 90))
    before, rows = everything(home), whole_warehouse(home)
    assert _run(["retain", "--dry-run", "--json"]) == 0
    told = {row["class"]: row["would_delete"] for row in json.loads(capsys.readouterr().out)}
    assert (everything(home), whole_warehouse(home)) == (before, rows)
    assert not (home / "retention.jsonl").exists()
    assert all(
        told[name] > 0
        for name in set(ALL) - {"replaced_warehouses", "watch_findings", "landing_notes"}
    )
    assert _run(["retain", "--json"]) == 0
    done = {row["class"]: row["deleted"] for row in json.loads(capsys.readouterr().out)}
    told.pop("landing_notes"), done.pop("landing_notes")
    assert done == told


@pytest.mark.parametrize("name", others_are_long(ALL, "superseded_revisions", "raw_bytes"))
def test_each_class_goes_alone(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own is gone, what is younger stays, and a second run finds nothing more."""
    days = {name: 90} if name != "landing_notes" else {"landing_notes": 90, "raw_bytes": 90}
    (home / "warehouse.duckdb.before-20190401T000000Z").write_bytes(b"old")
    set_rules(monkeypatch, home, **days)
    rows = whole_warehouse(home)
    use(monkeypatch, home, SOON)
    assert _run(["retain"]) == 0
    assert {k: v for k, v in whole_warehouse(home).items() if k != "ops.retention"} == {
        k: v for k, v in rows.items() if k != "ops.retention"
    }
    use(monkeypatch, home, LATER)
    assert _run(["retain"]) == 0
    own: dict[str, Callable[[], list[Any]]] = {
        "raw_bytes": lambda: [
            p for p in (home / "landing/objects").rglob("*") if len(p.name) == 64
        ],
        "landing_notes": lambda: [*(home / "landing/settled").rglob("*.jsonl")],
        "answers": lambda: [p for p in (home / "answers").rglob("*.jsonl")],
        "quarantine": lambda: [
            *ask_ledger(home, "FROM ops.quarantine"),
            *ask_ledger(home, "FROM ops.quarantined_value"),
        ],
        "ledger_lines": lambda: ask_ledger(home, "FROM ops.issue"),
        "superseded_revisions": lambda: ask_ledger(
            home, "FROM history.acute_realtime WHERE superseded_at IS NOT NULL"
        ),
        "watch_findings": lambda: ask_ledger(home, "FROM ops.watch WHERE ended_at IS NOT NULL"),
        "publications": lambda: [*(home / "publications").glob("uec-*.duckdb")][1:],
        "briefs": lambda: [*(home / "briefs").iterdir()],
        "letters": lambda: [*(home / "letters" / "R0A").iterdir()],
        "replaced_warehouses": lambda: [*home.glob("*.before-*")],
    }
    assert own[name]() == []
    notes = list((home / "landing" / "objects").rglob("*.withheld"))
    assert len(notes) == 1, "a withheld note is never deleted"
    kept = "SELECT count(*) AS n FROM history.acute_realtime WHERE superseded_at IS NULL"
    assert ask_ledger(home, kept) != [{"n": 0}]
    assert _run(["publish"]) == 0
    logged = [json.loads(line) for line in (home / "retention.jsonl").read_text().splitlines()]
    assert any(line.get("class") == name and line["cutoff"] for line in logged)


def test_bytes_that_come_again_are_still_a_duplicate(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(monkeypatch, home, raw_bytes=90)
    values = whole_warehouse(home)["history.acute_realtime"]
    assert _run(["retain"]) == 0
    assert _run(["ingest", str(home.parent / "files" / name_of(45))]) == 0
    statuses = ask_ledger(
        home, "SELECT status FROM ops.submission ORDER BY received_at DESC LIMIT 1"
    )
    assert statuses == [{"status": "duplicate"}]
    assert _run(["reprocess", "--feed", FEED]) in (0, 1)
    assert whole_warehouse(home)["history.acute_realtime"] == values, "nothing is taken back"


def test_a_rebuild_without_the_bytes_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_rules(monkeypatch, home, raw_bytes=90)
    assert _run(["retain"]) == 0
    assert _run(["rebuild"]) == 2
    assert "Restore a backup" in capsys.readouterr().err


def test_a_question_about_deleted_values_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["as-of", "2019-03-08T13:05Z"]) == 0
    set_rules(monkeypatch, home, superseded_revisions=90)
    assert _run(["retain"]) == 0
    assert _run(["as-of", "2019-03-08T13:05Z"]) == 2
    assert "deleted by retention" in capsys.readouterr().err
    assert _run(["as-of", "2020-03-20T03:00Z"]) == 0


@pytest.mark.parametrize(
    "days",
    [{"landing_notes": 30}, {"landing_notes": 30, "raw_bytes": 90}, {"superseded_revisions": 5}],
)
def test_rules_that_would_break_a_promise_are_refused(
    days: dict[str, int], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(monkeypatch, home, **days)
    assert _run(["retain"]) == 2


@pytest.mark.long
@pytest.mark.parametrize("step", steps_of("retain"))
def test_killed_anywhere_the_next_run_goes_on(
    step: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(monkeypatch, home, **dict.fromkeys(ALL, 90))
    clean = copy_home(home, f"clean {home.name}")
    for one in (clean, home):
        if one is home:
            assert end_at(one, lambda: _run(["retain"]), step) == KILLED
        assert run(one, lambda: _run(["retain"])) == 0
        run(one, lambda: _run(["retain"]))
    assert everything(home).keys() == everything(clean).keys()
    left = [
        {name: rows for name, rows in whole_warehouse(one).items() if name != "ops.retention"}
        for one in (home, clean)
    ]
    assert left[0] == left[1]
    assert Landing(home).waiting() == []
