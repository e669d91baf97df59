"""A home whose sources take answers back into a folder, and what that folder holds."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import ENDPOINT, write_slots

COLLECTION = "acute_realtime"
NOW = "2019-03-08T12:00:00Z"
ANSWERS = "incoming/given"
"""Where answers go, beside the folder that the files are put into."""
_FEEDS = PROJECT / "pipelines" / "feeds" / "acute_realtime"


def use_feeds(patch: pytest.MonkeyPatch, folder: Path, answers: str | None = "../given") -> Path:
    """The only feed is R0A's of quarter-hours; its answers go to that folder. Its file."""
    own = folder / "acute_realtime"
    shutil.copytree(_FEEDS / "layouts", own / "layouts")
    path = own / "r0a.yaml"
    path.write_text((_FEEDS / "r0a.yaml").read_text("utf-8"), "utf-8")
    if answers is not None:
        say_answers(path, answers)
    patch.setenv("SITREP_FEEDS_DIR", str(folder))
    patch.setenv("SITREP_NOW", NOW)
    settings.cache_clear()
    return path


def say_answers(feed: Path, answers: str) -> None:
    """The feed's file names the folder of its answers."""
    text = feed.read_text("utf-8")
    assert "  kind: directory\n" in text
    text = text.replace("  kind: directory\n", f"  kind: directory\n  answers: {answers}\n", 1)
    feed.write_text(text, "utf-8")


def name_of(minute: int) -> str:
    """A file name that the feed expects, made at that minute after eleven."""
    return f"R0A_acute_realtime_20190308T11{minute:02d}00.csv"


def put(home: Path, minute: int, arrivals: str | int = 8, name: str | None = None) -> Path:
    """A file stands at the source; what it says of one slot differs by its arrivals."""
    changes = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": arrivals}}
    return write_slots(home / ENDPOINT / (name or name_of(minute)), changes)


def block(home: Path) -> None:
    """No answer can be given: a file stands in the way of their folder."""
    (home / ANSWERS).parent.mkdir(parents=True, exist_ok=True)
    (home / ANSWERS).write_text("in the way", "utf-8")


def unblock(home: Path) -> None:
    """Answers can be given again."""
    (home / ANSWERS).unlink()


def given(home: Path, folder: str = ANSWERS) -> dict[str, dict[str, Any]]:
    """The answers that stand in the folder, by name less its ending; each as JSON and as a page."""
    at = home / folder
    names = {path.name for path in at.iterdir()} if at.is_dir() else set()
    found = {name[: -len(".json")] for name in names if name.endswith(".json")}
    assert names == {f"{name}{ending}" for name in found for ending in (".json", ".md")}
    return {name: json.loads((at / f"{name}.json").read_text("utf-8")) for name in found}


def owed(home: Path) -> list[dict[str, Any]]:
    """The rows of what is owed."""
    return ask_ledger(home, "FROM ops.answer_owed ORDER BY feed_id, submission_id")


def bring_in() -> None:
    """The collection's run, as the DAG does it."""
    steps.bring_in(COLLECTION)


def statuses(home: Path) -> list[str]:
    """What the answers that were given say."""
    return sorted(answer["status"] for answer in given(home).values())
