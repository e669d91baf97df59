"""Letters go back as answers do: each edition once, under one name, whatever dies or is down."""

from pathlib import Path

import pytest

from dashboard.letters import make_letters as making
from dashboard.letters.make_letters import give_letters, make_letters
from pipelines import steps
from pipelines.answer.kept_letters import keep_letter
from pipelines.base.errors import UsageError
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from tests.support.answered_back import ANSWERS, block, bring_in, owed, put, unblock, use_feeds
from tests.support.children import KILLED, OF_GIVING, copy_home, end_at, run
from tests.support.each_time import others_are_long
from tests.support.small_slots import ENDPOINT

MONDAY = "2019-03-11T08:00:00Z"
WEEK = "2019-W10"
NAME = f"R0A.{WEEK}.letter"


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """The only feed gives back; its home is published on the Monday after its files came."""
    path = use_feeds(monkeypatch, tmp_path / "feeds")
    text = path.read_text("utf-8")
    path.write_text(text.replace("slots_from: 2026-11-01", "slots_from: 2019-03-04"), "utf-8")
    put(home, 35)
    bring_in()
    monkeypatch.setenv("SITREP_NOW", MONDAY)
    settings.cache_clear()
    steps.publish()
    return path


def letters(home: Path) -> dict[str, bytes]:
    """The letters that were given, by name."""
    found = (home / ANSWERS).glob("*.letter*")
    return {path.name: path.read_bytes() for path in found}


def make() -> int:
    return _run(["letters"])


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "letters").rglob("*.*"))


def test_it_is_kept_and_given_once(home: Path, feed: Path) -> None:
    assert make() == 0
    assert kept(home) == [f"{WEEK}.html", f"{WEEK}.txt"]
    first = letters(home)
    assert sorted(first) == [f"{NAME}.html", f"{NAME}.txt"]
    assert first[f"{NAME}.html"] == (home / "letters" / "R0A" / f"{WEEK}.html").read_bytes()
    assert owed(home) == []
    for path in (home / ANSWERS).glob("*.letter*"):
        path.unlink()
    assert make() == 0
    assert letters(home) == {}, "it was given, and is not given again"
    (again,) = make_letters(home, again=True)
    assert (again.is_new, again.page.name) == (True, f"{WEEK}.1.html")
    assert give_letters(home) == 1
    assert sorted(letters(home)) == [f"R0A.{WEEK}.1.letter.html", f"R0A.{WEEK}.1.letter.txt"]
    assert len(kept(home)) == 4
    bring_in()
    assert sorted(path.name for path in (home / ENDPOINT).glob("*")) == ["collected"]


def test_while_the_way_is_down_it_is_owed(home: Path, feed: Path) -> None:
    for path in (home / ANSWERS).iterdir():
        path.unlink()
    (home / ANSWERS).rmdir()
    block(home)
    assert make() == 0
    (row,) = owed(home)
    assert (row["submission_id"], row["tries"]) == (f"letter:R0A/{WEEK}", 1)
    assert "cannot take answers" in row["last_told"]
    unblock(home)
    bring_in()
    assert owed(home) == []
    assert sorted(letters(home)) == [f"{NAME}.html", f"{NAME}.txt"]


@pytest.mark.parametrize(
    "step",
    others_are_long(["letters: owed", "letters: kept", *OF_GIVING], "give back: given"),
)
def test_killed_at_any_step_it_is_given_once(step: str, home: Path, feed: Path) -> None:
    peace = copy_home(home, "in peace")
    run(peace, make)
    killed = copy_home(home, f"killed {step}")
    assert end_at(killed, make, step) == KILLED
    run(killed, make)
    assert letters(killed) == letters(peace)
    assert kept(killed) == [f"{WEEK}.html", f"{WEEK}.txt"]
    assert owed(killed) == []


def test_one_that_is_just_being_made_is_not_given_and_stays_owed(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def look_first(*words: object) -> Path:
        given.append((give_letters(home), [row["submission_id"] for row in owed(home)]))
        return keep_letter(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "keep_letter", look_first)
    make_letters(home)
    assert given == [(0, [f"letter:R0A/{WEEK}"])]
    assert give_letters(home) == 1


def test_without_a_way_back_that_is_told(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed.write_text(feed.read_text("utf-8").replace("  answers: ../given\n", ""), "utf-8")
    settings.cache_clear()
    assert make() == 0
    assert "no way back exists" in capsys.readouterr().out
    assert owed(home) == []
    assert kept(home) == [f"{WEEK}.html", f"{WEEK}.txt"]


def test_into_a_folder_nothing_is_kept_or_owed(home: Path, feed: Path, tmp_path: Path) -> None:
    (made,) = make_letters(home, to=tmp_path / "out")
    assert made.page == tmp_path / "out" / f"{NAME}.html"
    assert not (home / "letters").exists()
    assert owed(home) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"week": "2019-W11"}, "was not over when the current publication was made"),
        ({"week": "2019-W05"}, "tells of days from 2019-02-05 on"),
        ({"week": "2019-W60"}, "is no week"),
        ({"provider": "XXX"}, "No provider 'XXX'"),
    ],
    ids=["not_over", "too_long_ago", "no_week", "nobody"],
)
def test_what_cannot_be_made_is_told(
    words: dict[str, str], told: str, home: Path, feed: Path
) -> None:
    with pytest.raises(UsageError, match=told):
        make_letters(home, **words)  # type: ignore[arg-type]
    assert not (home / "letters").exists()
