"""Patient data from an address that can only be read: answer and alert say that it stays."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import steps
from pipelines.landing.landing import Landing
from pipelines.registry.registry import load_registry
from pipelines.watch.look import look_now
from pipelines.withheld.drop import drop_copies
from pipelines.withheld.sweep import sweep_if_refused
from tests.support.asked_source import Asking, Reply, quarters, running_source
from tests.support.ledger_questions import ask_ledger

NUMBER = b"9991234578"
"""Of the range from 999, which no patient has."""
SLOT = quarters("11:00", "11:15")[0]
CODES = "SELECT code FROM ops.issue ORDER BY code"


@pytest.fixture
def asked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    with running_source() as source:
        asking = Asking(home, source, tmp_path, monkeypatch)
        asking.at("12:00")
        source.replies[("/r0a", SLOT)] = Reply(200, asking.file_of(SLOT) + NUMBER)
        yield asking


def source_of(asked: Asking, kind: str) -> dict[str, Any]:
    if kind == "http":
        return {"look_back_hours": 1}
    own = {"address": f"{asked.source.host}/r0a?from={SLOT}", "file_name": "R0A_{received}.csv"}
    return {"kind": "https", **own}


def codes(asked: Asking) -> list[str]:
    return [row["code"] for row in ask_ledger(asked.home, CODES)]


@pytest.mark.parametrize("kind", ["http", "https"])
def test_the_answer_and_the_alert_say_that_a_copy_stays(asked: Asking, kind: str) -> None:
    asked.add(source=source_of(asked, kind))
    assert asked.collect() == 1
    steps.drain()
    assert codes(asked) == ["DATA-001", "FILE-017"]
    (told,) = ask_ledger(asked.home, "SELECT message FROM ops.issue WHERE code = 'FILE-017'")
    assert f"{asked.source.host} can only be read: its owner has to remove" in told["message"]
    files = [path for path in (asked.home / "answers").rglob("*") if path.is_file()]
    answers = [path.read_text() for path in files]
    assert any("FILE-017" in text for text in answers)
    found = [one.finding.message for one in look_now().open if one.finding.code == "WATCH-007"]
    assert ["(FILE-017): have the source's owner" in message for message in found] == [True]
    landing = Landing(asked.home)
    assert sweep_if_refused(landing, load_registry()) is None, "it was swept, though one stays"
    assert asked.collect() == 0, "nothing new came"


def test_only_the_file_that_came_from_there_is_said_to_stay(asked: Asking) -> None:
    asked.add(source={"look_back_hours": 1})
    folder = {"kind": "directory", "endpoint": "incoming/x", "pattern": "X_*.csv"}
    path = asked.home.parent / "feeds" / "acute_realtime" / "x.yaml"
    path = next((one for one in asked.home.parent.rglob("r0a.yaml")), path).with_name("x.yaml")
    content = yaml.safe_load(path.with_name("r0a.yaml").read_text())
    path.write_text(yaml.safe_dump({**content, "source": folder}))
    put = asked.home / "incoming" / "x" / "X_1.csv"
    put.parent.mkdir(parents=True)
    put.write_bytes(asked.file_of(quarters("09:00", "09:15")[0]) + NUMBER)
    asked.collect()
    steps.collect("incoming/x")
    steps.drain()
    rows = ask_ledger(
        asked.home,
        "SELECT feed_id FROM ops.issue JOIN ops.submission USING (submission_id) "
        "WHERE code = 'FILE-017'",
    )
    assert [row["feed_id"] for row in rows] == ["acute_realtime.r0a"]
    assert [one.name for one in put.parent.rglob("*.csv")] == []


def test_a_copy_stays_where_no_feed_asks_any_more(asked: Asking) -> None:
    asked.add(source={"look_back_hours": 1})
    asked.collect()
    (manifest,) = Landing(asked.home).waiting()
    for path in asked.home.parent.rglob("r0a.yaml"):
        path.unlink()
    dropped = drop_copies(asked.home, load_registry(), [manifest])
    assert (dropped.number, dropped.fault) == (0, None)
    assert list(dropped.staying) == [manifest.delivery_id]
    assert asked.source.host in json.dumps(dict(dropped.staying))
