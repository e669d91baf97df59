"""A file that was refused and comes again: what is told of it, before and after the feed is mended.

Then what the log of the answers tells of a refusal.
"""

import logging
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.cli.app import _run

FEED = "acute_realtime.r0a"
NAME = "R0A_acute_realtime_20261126T113500.csv"
_MENDED = """format:
  kind: csv
  columns:
    org_code: {constant: $provider}
    slot_start: [Slot]
"""


@pytest.fixture
def feed_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the feed, in a copy of all feeds that may be changed."""
    folder = Path(shutil.copytree(settings().feeds_dir, tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder))
    monkeypatch.setenv("SITREP_NOW", "2026-11-26T12:00:00Z")
    settings.cache_clear()
    yield folder / "acute_realtime" / "r0a.yaml"
    settings.cache_clear()


def ingest(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = _run(["ingest", "--feed", FEED, str(file)])
    return code, capsys.readouterr().out


def test_the_same_file_after_the_mapping_was_mended_is_offered_to_be_read_again(
    feed_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / NAME
    file.write_text("site_code,Slot,patients_in_department\nR0A02,2026-11-26T11:00:00Z,1\n")
    assert ingest(file, capsys)[0] == 1
    code, told = ingest(file, capsys)
    assert code == 1 and "It stands refused" in told and "are as" in told

    text = feed_file.read_text("utf-8")
    feed_file.write_text(text.replace("layout: template\n", _MENDED), "utf-8")
    code, told = ingest(file, capsys)
    assert code == 1 and "has changed since" in told
    (command,) = re.findall(r"sitrep (reprocess .*)", told)
    assert _run(shlex.split(command)) == 0
    assert "accepted" in capsys.readouterr().out
    code, told = ingest(file, capsys)
    assert code == 0 and "refused" not in told


def test_what_was_refused_for_patient_data_is_not_offered_again(
    feed_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / NAME
    file.write_text("org_code,site_code,slot_start,x\nR0A,R0A02,2026-11-26T11:00:00Z,9990000018\n")
    assert ingest(file, capsys)[0] == 1
    told = ingest(file, capsys)[1]
    assert "reprocess" not in told and "not kept" in told


def test_the_log_names_file_code_and_place_of_each_refusal(
    feed_file: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "R0A_acute_realtime_20261126T113501\x1b[31m.csv"
    file.write_text(
        "org_code,site_code,slot_start,patients_in_department,arrivals\n"
        "R0A,R0A02,2026-11-26T11:00:00Z,many\x1b[2J,2\n"
        "R0A,R0A02,8 o'clock,3,2\n"
        "R0A,R0A02,2026-11-26T11:30:00Z,3,-2\n"
    )
    with caplog.at_level(logging.INFO, logger="pipelines.answer"):
        assert ingest(file, capsys)[0] == 1
    lines = [one.getMessage() for one in caplog.records if "CELL-" in one.getMessage()]
    assert len(lines) == 2
    assert any("CELL-001 at cell D2" in one for one in lines)
    assert any("CELL-007 at cell C3" in one for one in lines)
    assert all("R0A_acute_realtime_20261126T113501" in one for one in lines)
    assert not any("\x1b" in one.getMessage() for one in caplog.records)
