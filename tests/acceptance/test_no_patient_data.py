"""A file with a patient's number or column is refused as a whole, and its bytes are nowhere.

The number is of the range 999, which is never given to anybody. Beside it stands a word that no
other file has, so that a part of the file that was kept is found too.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.collect.sources.directory import DirectorySource
from pipelines.landing.landing import Delivery, Landing
from tests.support.children import (
    KILLED,
    OF_DRAIN,
    OF_LANDING,
    WAYS,
    bring_in,
    copy_home,
    drain,
    end_of,
    kill,
    killed_before_each_rename,
    run,
    steps_of,
)
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import (
    ACUTE,
    AMBULANCE,
    all_tables,
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
    issues,
    submissions,
    use_home,
)
from tests.support.published_workbooks import write_sheets
from tests.support.small_slots import ENDPOINT, FEED, FIRST_FILE, SECOND_FILE, write_slots
from tests.support.small_workbook import FILE_NAME

OF_LOAD = steps_of("load")

NUMBER = "9991234578"
WORD = "Quetzalcoatlus"
GROUPED = ("999 123 4578", "999-123-4578")
NEEDLES = tuple(
    form.encode(encoding)
    for form in (NUMBER, *GROUPED, WORD)
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
LATER = "2019-03-08T11:51:00Z"
ELEVEN, TWELVE, THIRTEEN = (f"2019-03-08T{hour}:50:00Z" for hour in (11, 12, 13))


@pytest.fixture
def at_eleven(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_home(monkeypatch, home, SITREP_NOW=ELEVEN)


def with_a_patient(path: Path, number: str = GROUPED[0], encoding: str = "utf-8") -> Path:
    """Figures of a trust, and below them a line that came from a list of patients."""
    write_slots(path)
    text = path.read_text("utf-8") + f"{WORD},{number},admitted\n"
    path.write_bytes(text.encode(encoding))
    return path


def with_a_column(path: Path) -> Path:
    """Figures of a trust, with a column that belongs to patients, though its numbers are none."""
    write_slots(path)
    header, *rows = path.read_text("utf-8").splitlines()
    lines = [f"{header},Patient surname", *(f"{row},{WORD}" for row in rows)]
    path.write_text("\n".join(lines), "utf-8")
    return path


def assert_nowhere(home: Path, *contents: bytes) -> None:
    """No file under the home has these bytes or a part of them, and no path names the number."""
    hashes = {hashlib.sha256(content).hexdigest() for content in contents}
    for path in home.rglob("*"):
        told = str(path.relative_to(home))
        assert not any(form in told for form in (NUMBER, *GROUPED)), told
        if path.is_file():
            content = path.read_bytes()
            assert hashlib.sha256(content).hexdigest() not in hashes, told
            assert not any(needle in content for needle in NEEDLES), told
    for name, rows in all_tables(home, "schema_name != 'ref'").items():
        told = repr(rows)
        assert not any(form in told for form in (NUMBER, *GROUPED, WORD)), name


def assert_refused(home: Path, content: bytes, feed_id: str = FEED, code: str = "DATA-001") -> None:
    """The ledger has hash and reason, and nothing of the file."""
    row = submissions(home)[feed_id]
    original = row["duplicate_of"] or row["submission_id"]
    (first,) = ask_ledger(home, "FROM ops.submission WHERE submission_id = ?", original)
    assert first["status"] == "rejected"
    assert first["sha256"] == hashlib.sha256(content).hexdigest()
    assert first["size_bytes"] == len(content)
    assert first["rows_read"] == first["rows_accepted"] == first["rows_quarantined"] == 0
    (told,) = ask_ledger(
        home, "FROM ops.issue WHERE submission_id = ? AND attempt = ?", original, first["attempt"]
    )
    assert (told["code"], told["severity"]) == (code, "reject_submission")
    assert told["message"] and told["fix"]
    assert ask_ledger(home, "FROM ops.quarantine WHERE submission_id = ?", original) == []
    assert_rows_add_up(home)
    assert_nowhere(home, content)


# What is refused


@pytest.mark.parametrize(
    "encoding",
    others_are_long(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"], "utf-8", "utf-16"),
)
@pytest.mark.parametrize("number", others_are_long([NUMBER, *GROUPED], NUMBER))
def test_a_number_in_a_table_costs_the_whole_file(
    at_eleven: Path, tmp_path: Path, number: str, encoding: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = with_a_patient(tmp_path / FIRST_FILE, number, encoding)
    assert _run(["ingest", str(file)]) == 1
    told = capfd.readouterr()
    assert "DATA-001" in told.out
    assert not any(form in told.out + told.err for form in (NUMBER, *GROUPED, WORD))
    assert_refused(at_eleven, file.read_bytes())
    assert_answered_once(at_eleven)


def test_a_column_of_patients_costs_the_whole_file(at_eleven: Path, tmp_path: Path) -> None:
    file = with_a_column(tmp_path / FIRST_FILE)
    assert _run(["ingest", str(file)]) == 1
    assert_refused(at_eleven, file.read_bytes(), code="DATA-002")


def test_a_list_of_patients_without_any_figure_is_not_kept_either(
    at_eleven: Path, tmp_path: Path
) -> None:
    """It has none of the feed's headings, and no number that could be told for one."""
    file = tmp_path / FIRST_FILE
    file.write_text(f"Hospital number,Surname,Date of birth\n1,{WORD},1950-01-02\n", "utf-8")
    assert _run(["ingest", str(file)]) == 1
    assert_refused(at_eleven, file.read_bytes(), code="DATA-002")


def test_a_file_that_no_feed_expects_is_looked_at_too(at_eleven: Path, tmp_path: Path) -> None:
    file = with_a_patient(tmp_path / "list of today.csv")
    assert _run(["ingest", str(file)]) == 1
    assert_refused(at_eleven, file.read_bytes(), "unmatched")


def test_a_number_in_the_name_costs_the_file_and_is_told_nowhere(
    at_eleven: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = write_slots(tmp_path / f"R0A_acute_realtime_{GROUPED[1]}_20190308T113500.csv")
    assert _run(["ingest", str(file)]) == 1
    told = capfd.readouterr()
    assert not any(form in told.out + told.err for form in (NUMBER, *GROUPED))
    codes = [row["code"] for row in issues(at_eleven, "DATA-001", FEED)]
    assert codes == ["DATA-001"]
    assert_nowhere(at_eleven, file.read_bytes())


def test_a_number_on_a_hidden_sheet_costs_the_workbook_for_every_feed(
    at_eleven: Path, tmp_path: Path
) -> None:
    sheets = {"A&E Closures": [["Code", "Name"]], "Lists": [[WORD, NUMBER]]}
    file = write_sheets(tmp_path / FILE_NAME, sheets, hidden=["Lists"])
    assert _run(["ingest", str(file)]) == 1
    for feed_id in (ACUTE, AMBULANCE):
        assert_refused(at_eleven, file.read_bytes(), feed_id)


def test_a_number_in_json_costs_the_whole_file(at_eleven: Path, tmp_path: Path) -> None:
    file = tmp_path / "RJZ_acute_realtime_20190308T113500.json"
    site = {"trust": "RJZ", "site": "RJZ01", "interval_start": ELEVEN, "note": f"{WORD} {NUMBER}"}
    file.write_text(json.dumps({"payload": {"sites": [site]}}), "utf-8")
    assert _run(["ingest", str(file)]) == 1
    assert_refused(at_eleven, file.read_bytes(), "acute_realtime.rjz")


def test_the_answer_does_not_say_that_the_file_is_kept(at_eleven: Path, tmp_path: Path) -> None:
    assert _run(["ingest", str(with_a_patient(tmp_path / FIRST_FILE))]) == 1
    (page,) = at_eleven.glob(f"answers/{FEED}/*.md")
    told = page.read_text("utf-8")
    assert "its content was not kept" in told
    assert "is kept" not in told


def test_a_file_in_order_beside_it_is_loaded(at_eleven: Path, tmp_path: Path) -> None:
    bad, good = with_a_patient(tmp_path / FIRST_FILE), write_slots(tmp_path / SECOND_FILE)
    assert _run(["ingest", str(bad), str(good)]) == 1
    rows = ask_ledger(at_eleven, "SELECT status FROM ops.submission ORDER BY delivery_id")
    assert [row["status"] for row in rows] == ["rejected", "accepted"]
    assert len(ask_ledger(at_eleven, "FROM history.acute_realtime")) == 4
    assert_nowhere(at_eleven, bad.read_bytes())


# Sent and read again


@pytest.mark.parametrize("name", others_are_long([FIRST_FILE, SECOND_FILE], FIRST_FILE))
def test_sent_again_it_is_a_duplicate_and_nowhere_still(
    at_eleven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It was read later than it came, as in every run of a schedule."""
    file = with_a_patient(tmp_path / FIRST_FILE)
    steps.land_files([file])
    monkeypatch.setenv("SITREP_NOW", TWELVE)
    steps.drain()
    monkeypatch.setenv("SITREP_NOW", THIRTEEN)
    assert _run(["ingest", str(file.rename(tmp_path / name))]) == 1, "a bad file stays bad"
    rows = ask_ledger(at_eleven, "FROM ops.submission ORDER BY received_at")
    assert [row["status"] for row in rows] == ["rejected", "duplicate"]
    assert rows[1]["duplicate_of"] == rows[0]["submission_id"]
    assert_refused(at_eleven, (tmp_path / name).read_bytes())
    assert_answered_once(at_eleven)


@pytest.mark.parametrize("make", [with_a_patient, with_a_column])
def test_read_again_it_stays_refused(
    at_eleven: Path,
    tmp_path: Path,
    make: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = make(tmp_path / FIRST_FILE)
    assert _run(["ingest", str(file)]) == 1
    assert "the file was not kept" in capsys.readouterr().out
    before = ask_ledger(at_eleven, "SELECT code, severity, message, fix, value FROM ops.issue")
    assert _run(["reprocess", "--feed", FEED]) == 1
    row = submissions(at_eleven)[FEED]
    assert (row["status"], row["attempt"]) == ("rejected", 2)
    again = ask_ledger(
        at_eleven, "SELECT code, severity, message, fix, value FROM ops.issue WHERE attempt = 2"
    )
    assert again == before
    assert_refused(at_eleven, file.read_bytes(), code=before[0]["code"])
    assert_answered_once(at_eleven)


# Collected from a folder


def put(home: Path, name: str = FIRST_FILE) -> bytes:
    return with_a_patient(home / ENDPOINT / name).read_bytes()


@pytest.mark.parametrize("way", WAYS)
def test_no_copy_stays_in_the_folder_that_it_was_collected_from(at_eleven: Path, way: str) -> None:
    content = put(at_eleven)
    steps.collect(ENDPOINT)
    WAYS[way]()
    assert_refused(at_eleven, content)


def test_no_copy_of_an_earlier_name_stays_there(at_eleven: Path) -> None:
    """Both were collected before either was read."""
    content = put(at_eleven)
    put(at_eleven, SECOND_FILE)
    steps.collect(ENDPOINT)
    steps.drain()
    assert_refused(at_eleven, content)


@pytest.mark.parametrize("name", others_are_long([FIRST_FILE, SECOND_FILE], FIRST_FILE))
def test_no_copy_stays_there_when_it_comes_again(
    at_eleven: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put(at_eleven)
    steps.collect(ENDPOINT)
    steps.drain()
    monkeypatch.setenv("SITREP_NOW", TWELVE)
    content = put(at_eleven, name)
    steps.collect(ENDPOINT)
    steps.drain()
    assert_refused(at_eleven, content)


def test_no_copy_is_held_for_a_feed_whose_file_is_broken(
    at_eleven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = tmp_path / "feeds"
    shutil.copytree(settings().feeds_dir, feeds)
    broken = feeds / "acute_realtime" / "broken.yaml"
    broken.write_text("stage: [\n", "utf-8")
    use_home(monkeypatch, at_eleven, SITREP_FEEDS_DIR=str(feeds))
    content = put(at_eleven)
    steps.collect(ENDPOINT)
    steps.drain()
    assert_refused(at_eleven, content)
    broken.unlink()
    steps.collect(ENDPOINT)
    steps.drain()
    assert_refused(at_eleven, content)


def test_a_copy_that_was_collected_after_the_file_was_refused_goes_too(at_eleven: Path) -> None:
    """The collector died between landing the file and moving it."""
    content = put(at_eleven)
    Landing(at_eleven).land_all([Delivery(content, FIRST_FILE, FEED, f"{ENDPOINT}/{FIRST_FILE}")])
    steps.drain()
    steps.collect(ENDPOINT)
    steps.drain()
    assert_refused(at_eleven, content)


def test_a_copy_that_cannot_be_removed_is_told(
    at_eleven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = put(at_eleven)
    steps.collect(ENDPOINT)
    with monkeypatch.context() as patch:
        patch.setattr(DirectorySource, "drop", _no_permission)
        steps.drain()
    (row,) = ask_ledger(at_eleven, "SELECT status, submission_id FROM ops.submission")
    assert row["status"] == "rejected"
    told = ask_ledger(at_eleven, "SELECT code, message FROM ops.issue ORDER BY code")
    assert [one["code"] for one in told] == ["DATA-001", "FILE-017"]
    assert "PermissionError: Read-only" in told[1]["message"]
    # Whoever reads it again has seen to it.
    assert _run(["reprocess", "--feed", FEED]) == 1, "rejected, as before"
    assert_refused(at_eleven, content)


def _no_permission(*_: object) -> None:
    raise PermissionError(30, "Read-only file system", "incoming")


# Killed on the way


@dataclass(frozen=True)
class Prepared:
    """Homes to copy: without anything, and where the file has landed; and the file."""

    empty: Path
    landed: Path
    file: Path

    def ingest(self) -> int:
        """In a child."""
        return _run(["ingest", str(self.file)])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """Great Expectations is imported by a clean run here, once for all children."""
    folder = tmp_path_factory.mktemp("patients")
    file = with_a_patient(folder / "sent" / FIRST_FILE)
    with pytest.MonkeyPatch.context() as patch:
        empty = use_home(patch, folder / "empty", SITREP_NOW=ELEVEN, SITREP_QUIET_SECONDS="0")
        assert _run(["ingest", str(write_slots(folder / "first" / SECOND_FILE))]) == 0
        landed = use_home(patch, copy_home(empty, "landed"), SITREP_NOW=LATER)
        steps.land_files([file])
        patch.setenv("SITREP_NOW", TWELVE)
        yield Prepared(empty, landed, file)
    settings.cache_clear()


def assert_as_if_nobody_was_killed(home: Path, prepared: Prepared) -> None:
    assert Landing(home).waiting() == []
    rows = ask_ledger(home, "SELECT status FROM ops.submission ORDER BY ALL")
    assert [row["status"] for row in rows] == ["accepted", "rejected"]
    assert_refused(home, prepared.file.read_bytes())
    assert_answered_once(home, after_a_crash=True)


def is_unsettled(home: Path) -> bool:
    rows = ask_ledger(home, "SELECT status FROM ops.submission")
    return len(rows) < 2 or bool(Landing(home).waiting())


@pytest.mark.long
@pytest.mark.parametrize("step", [step for step in OF_DRAIN if step in OF_LOAD])
def test_killed_between_withholding_and_loading(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.landed, f"drain {step}")
    kill(home, drain, step)
    assert_nowhere(home, prepared.file.read_bytes())
    run(home, drain)
    assert_as_if_nobody_was_killed(home, prepared)


@pytest.mark.long
@pytest.mark.parametrize("step", ["validate: judged", "load: begun", "load: committed"])
def test_killed_between_withholding_and_loading_by_the_task(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.landed, f"task {step}")
    kill(home, bring_in, step)
    assert_nowhere(home, prepared.file.read_bytes())
    run(home, bring_in)
    assert_as_if_nobody_was_killed(home, prepared)


@pytest.mark.parametrize("step", others_are_long(OF_LANDING, "landing: object written"))
def test_killed_while_it_landed(step: str, prepared: Prepared) -> None:
    home = copy_home(prepared.empty, f"landing {step}")
    kill(home, prepared.ingest, step)
    run(home, prepared.ingest)
    assert_as_if_nobody_was_killed(home, prepared)


@pytest.mark.long
def test_killed_before_any_rename(prepared: Prepared) -> None:
    """Also before the note of the reason is in its place, and before the bytes themselves are."""
    killed = 0
    for home in killed_before_each_rename(prepared.empty, prepared.ingest):
        killed += 1
        # Who sends a settled file again is told that it is a duplicate.
        run(home, prepared.ingest if is_unsettled(home) else drain)
        assert_as_if_nobody_was_killed(home, prepared)
    # The object, its manifest, the note in its place, the manifest settled, two files of answers.
    assert killed >= 6


def test_killed_before_the_bytes_are_taken_away(prepared: Prepared) -> None:
    """The note says that they are gone, and they are not yet."""

    def die_at_the_object() -> None:
        really = Path.unlink

        def unlink(path: Path, missing_ok: bool = False) -> None:
            if path.parent.parent.parent.name == "objects":
                os.kill(os.getpid(), 9)
            really(path, missing_ok=missing_ok)

        pytest.MonkeyPatch().setattr(Path, "unlink", unlink)

    home = copy_home(prepared.landed, "not yet gone")
    assert end_of(home, drain, die_at_the_object) == KILLED
    run(home, drain)
    assert_as_if_nobody_was_killed(home, prepared)
