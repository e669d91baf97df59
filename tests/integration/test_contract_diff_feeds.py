"""The feeds' recent submissions by two contracts: what would break is told, and nothing is kept."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run

IN_USE = PROJECT / "expectations" / "ambulance_sitrep.yaml"
HEADINGS = "org_code,report_date,calls_answered,incidents,hear_and_treat,handovers"


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with four days of one service, and one of them sent twice."""
    home = tmp_path_factory.mktemp("diff")
    paths = []
    for day in (1, 2, 3, 4):
        path = home / f"RX9_ambulance_sitrep_2026110{day + 1}T080000.csv"
        row = f"RX9,2026-11-0{day},{2000 + day},1900,300,800"
        path.write_text(f"{HEADINGS}\n{row}\n", "utf-8")
        paths.append(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home / "home"))
        patch.setenv("SITREP_NOW", "2026-11-08T10:00:00Z")
        settings.cache_clear()
        steps.land_files(paths)
        steps.drain()
        patch.setenv("SITREP_NOW", "2026-11-08T11:00:00Z")
        steps.land_files(paths[:1])
        steps.drain()
    settings.cache_clear()
    return home / "home"


@pytest.fixture(autouse=True)
def in_use(landed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SITREP_HOME", str(landed))
    monkeypatch.setenv("SITREP_NOW", "2026-11-09T12:00:00Z")
    settings.cache_clear()
    yield
    settings.cache_clear()


def changed(folder: Path, *changes: tuple[str, str]) -> str:
    text = IN_USE.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "ambulance_sitrep.yaml").write_text(text, "utf-8")
    return str(folder / "ambulance_sitrep.yaml")


def state_of(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def compared(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert _run(["contract", "diff", *arguments, "--json"]) == code
    (told,) = json.loads(capsys.readouterr().out)
    feeds = {feed["feed"]: feed for feed in told["feeds"]}
    return {**feeds, "differences": told["differences"]}


def test_a_stricter_rule_is_tried_on_what_came(
    landed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = changed(
        tmp_path,
        ("kwargs: {column_list: [reap_level], min_value: 1, max_value: 4}",
         "kwargs: {column_list: [calls_answered], min_value: 1, max_value: 2002}"),
    )  # fmt: skip
    before = state_of(landed)
    told = compared(capsys, 1, "ambulance_sitrep", path)

    feed = told["ambulance_sitrep.rx9"]
    assert (feed["submissions"], feed["would_break"]) == (3, True)
    assert feed["before"]["statuses"] == {"accepted": 3}
    assert feed["after"]["statuses"] == {"accepted": 1, "rejected": 2}
    assert (feed["before"]["rows_kept_out"], feed["after"]["rows_kept_out"]) == (0, 2)
    assert feed["new_codes"] == {
        "AMB-008": {
            "count": 2, "example": "REAP level 2003 does not exist.", "severity": "reject_row",
        }
    }  # fmt: skip
    assert state_of(landed) == before, "the home is only read"


@pytest.mark.parametrize(
    ("arguments", "number"),
    [((), 3), (("--submissions", "1"), 1), (("--days", "2"), 4), (("--days", "1"), 0)],
)
def test_as_many_are_tried_as_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], number: int
) -> None:
    path = changed(tmp_path, ("calls_answered: 12000", "calls_answered: 13000"))
    told = compared(capsys, 0, "ambulance_sitrep", path, *arguments)

    assert told["ambulance_sitrep.rx9"]["submissions"] == number
    assert [one["kind"] for one in told["differences"]] == ["rule looser"]


def test_feeds_are_named_whose_mapping_names_a_column_that_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = IN_USE.read_text("utf-8")
    start = text.index("  - name: call_answer_p95_seconds")
    column = text[start : text.index("  - name: ", start + 5)]
    path = changed(tmp_path, (column, ""))
    lines = Path(path).read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "call_answer_p95_seconds" not in line]
    Path(path).write_text("".join(kept), "utf-8")
    told = compared(capsys, 1, "ambulance_sitrep", path)

    assert {name for name, one in told.items() if name != "differences" and one["would_break"]} == {
        "ambulance_sitrep.rx7", "ambulance_sitrep.ryc", "ambulance_sitrep.ryd",
        "ambulance_sitrep.ryf",
    }  # fmt: skip
    gone = told["ambulance_sitrep.rx7"]["after"]["mistake"]
    assert gone.endswith("does not have: call_answer_p95_seconds")
    assert told["ambulance_sitrep.rx9"]["after"]["rows_accepted"] == 3
    assert _run(["contract", "diff", "ambulance_sitrep", path]) == 1
    out = capsys.readouterr().out
    assert "BREAKING  call_answer_p95_seconds is gone" in out
    assert "ambulance_sitrep.rx7: its feed file does not fit B" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ambulance_sitrep", "acute_sitrep"), "no collection in common"),
        (("ambulance_sitrep", "--days", "2"), "go with two contracts"),
        (("ambulance_sitrep", "ambulance_sitrep@2030-31"), "has no version '2030-31'"),
        (("a", "b", "--days", "2", "--submissions", "2"), "not both"),
    ],
)
def test_what_cannot_be_compared_is_told(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert _run(["contract", "diff", *arguments]) not in (0, 1)
    assert told in capsys.readouterr().err


def test_nothing_is_run_where_nothing_differs(capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(IN_USE.parent)
    assert _run(["contract", "diff", folder, folder]) == 0
    assert "ambulance_sitrep: nothing differs for those who send." in capsys.readouterr().out
