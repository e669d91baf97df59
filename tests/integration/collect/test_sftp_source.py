"""A feed's files come from a folder of an SFTP server, each once, whatever stands beside them."""

import os
import time
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.ledger_questions import ask_ledger
from tests.support.sftp_home import SftpHome
from tests.support.small_slots import FIRST_FILE, SECOND_FILE

SITE = ("R0A02", "2019-03-08T11:15:00Z")
LATE_FILE = "R0A_acute_realtime_20190301T113500.csv"
OTHER = {SITE: {"arrivals": 9}}
TEST_NUMBER = {SITE: {"arrivals": "999 123 4578"}}


def test_each_file_lands_once(sftp: SftpHome) -> None:
    first = sftp.send(FIRST_FILE)
    sftp.send(SECOND_FILE, OTHER)
    assert sftp.collect() == 2
    assert sftp.collect() == 0
    assert sftp.landed() == [FIRST_FILE, SECOND_FILE]
    assert sftp.at_server() == {FIRST_FILE, SECOND_FILE}, "they stay, unless it is said otherwise"
    steps.drain()
    told = ask_ledger(sftp.home, "SELECT status, source FROM ops.submission ORDER BY file_name")
    assert [tuple(one.values()) for one in told] == [
        ("accepted", f"{sftp.endpoint}/{FIRST_FILE}"),
        ("accepted", f"{sftp.endpoint}/{SECOND_FILE}"),
    ]
    sftp.send(first.name, OTHER, time.time() - 50)
    assert sftp.collect() == 1, "another under the same name is new"


def test_a_late_file_with_an_old_time_is_taken(sftp: SftpHome) -> None:
    sftp.send(SECOND_FILE)
    assert sftp.collect() == 1
    sftp.send(LATE_FILE, changed_at=time.time() - 7 * 86400)
    assert sftp.collect() == 1


def test_a_key_lets_in_as_a_password_does(sftp: SftpHome) -> None:
    sftp.connect(sftp.server.connection_by_key)
    sftp.send(FIRST_FILE)
    assert sftp.collect() == 1


def test_one_run_signs_in_once(sftp: SftpHome) -> None:
    sftp.configure(after_landing="move")
    sftp.send(FIRST_FILE)
    before = sftp.server.sign_ins
    assert sftp.collect() == 1
    assert sftp.server.sign_ins == before + 1


@pytest.mark.parametrize("after_landing", ["move", "delete"])
def test_a_file_that_has_landed_is_put_away(sftp: SftpHome, after_landing: str) -> None:
    sftp.configure(after_landing=after_landing, whole_when="marker")
    collected = {FIRST_FILE, f"{FIRST_FILE}.done"} if after_landing == "move" else set()
    for changes in (None, OTHER):
        sftp.send(FIRST_FILE, changes)
        assert sftp.collect() == 0, "the marker went with the file before"
        (sftp.folder / f"{FIRST_FILE}.done").touch()
        assert sftp.collect() == 1
        assert sftp.at_server() - {"collected"} == set()
        assert sftp.at_server("collected") == collected
    assert sftp.collect() == 0


def test_a_file_that_could_not_be_put_away_is_put_away_by_the_next_run(sftp: SftpHome) -> None:
    sftp.configure(after_landing="move")
    (sftp.folder / "collected").symlink_to("/etc")
    sftp.send(FIRST_FILE)
    assert sftp.collect() == 1
    assert sftp.at_server() == {FIRST_FILE, "collected"}, "nothing is moved through a link"
    (sftp.folder / "collected").unlink()
    assert sftp.collect() == 0
    assert sftp.at_server("collected") == {FIRST_FILE}


def test_files_that_are_still_written_wait(sftp: SftpHome) -> None:
    sftp.configure(quiet_seconds=3600)
    sftp.send(FIRST_FILE)
    sftp.send(SECOND_FILE, changed_at=time.time() - 4000)
    assert sftp.collect() == 1
    assert sftp.landed() == [SECOND_FILE]


def test_a_server_whose_clock_is_ahead_keeps_nothing_waiting(
    sftp: SftpHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    sftp.configure(quiet_seconds=30)
    moment = time.time()
    sftp.send(FIRST_FILE, changed_at=moment + 600)
    for after, expected in ((0, 0), (20, 0), (31, 1)):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment + after))
        monkeypatch.setenv("SITREP_NOW", at)
        settings.cache_clear()
        assert sftp.collect() == expected, f"after {after} seconds"


def test_renamed_files_are_whole_and_parts_are_none(sftp: SftpHome) -> None:
    sftp.configure(whole_when="renamed", quiet_seconds=3600)
    sftp.send(FIRST_FILE)
    sftp.send(f"{SECOND_FILE}.part")
    sftp.send(f".{SECOND_FILE}")
    assert sftp.collect() == 1
    assert sftp.landed() == [FIRST_FILE]
    assert sftp.left() == {}


def test_what_is_no_plain_file_is_left_and_told(sftp: SftpHome) -> None:
    sftp.send(SECOND_FILE)
    (sftp.folder / FIRST_FILE).symlink_to("/etc/hostname")
    (sftp.folder / LATE_FILE).mkdir()
    os.mkfifo(sftp.folder / "R0A_pipe.csv")
    (sftp.folder / "a folder of theirs").mkdir()
    assert sftp.collect() == 1
    assert sftp.landed() == [SECOND_FILE]
    assert sftp.left() == {
        FIRST_FILE: "is a link and no plain file",
        LATE_FILE: "is a folder and no plain file",
        "R0A_pipe.csv": "is no plain file",
    }


def test_a_name_that_is_not_utf8_costs_no_other(sftp: SftpHome) -> None:
    sftp.send(FIRST_FILE)
    odd = os.fsencode(sftp.folder) + b"/R0A_\xe9t\xe9.csv"
    Path(os.fsdecode(odd)).write_bytes(b"org_code\nR0A\n")
    assert sftp.collect() == 2
    assert sftp.collect() == 0
    assert FIRST_FILE in sftp.landed()


def test_a_large_file_is_refused_unread(sftp: SftpHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "20000")
    settings.cache_clear()
    (sftp.folder / FIRST_FILE).write_bytes(b"x" * 20_001)
    before = sftp.server.reads
    assert sftp.collect() == 1
    assert sftp.collect() == 0
    assert sftp.server.reads == before
    steps.drain()
    assert ask_ledger(sftp.home, "SELECT code FROM ops.issue") == [{"code": "FILE-016"}]


def test_files_are_held_while_a_feed_file_is_broken(sftp: SftpHome) -> None:
    sftp.configure(after_landing="move")
    broken = sftp.feeds / "acute_realtime" / "r1h.yaml"
    sound = broken.read_text("utf-8")
    broken.write_text("title: [")
    sftp.send(FIRST_FILE)
    sftp.send("R1H_a.csv")
    assert sftp.collect() == 1
    assert sftp.collect() == 0
    assert sftp.at_server() == {FIRST_FILE, "R1H_a.csv"}
    broken.write_text(sound, "utf-8")
    sftp.configure("acute_realtime.r1h", pattern="R1H_*.csv", after_landing="move")
    assert sftp.collect() == 1
    assert sftp.at_server("collected") == {FIRST_FILE, "R1H_a.csv"}
    assert sftp.landed() == [FIRST_FILE, "R1H_a.csv"]


@pytest.mark.parametrize("after_landing", ["leave", "move"])
def test_patient_data_is_dropped_at_the_server(sftp: SftpHome, after_landing: str) -> None:
    sftp.configure(after_landing=after_landing)
    sftp.send(FIRST_FILE, TEST_NUMBER)
    sftp.send(SECOND_FILE)
    assert sftp.collect() == 2
    steps.drain()
    kept = sftp.at_server() | sftp.at_server("collected")
    assert kept - {"collected"} == {SECOND_FILE}
    sftp.send(FIRST_FILE, TEST_NUMBER)
    assert sftp.collect() == 1
    assert FIRST_FILE not in sftp.at_server() | sftp.at_server("collected"), "known by its bytes"


def test_patient_data_that_cannot_be_dropped_is_told_in_the_answer(sftp: SftpHome) -> None:
    sftp.send(FIRST_FILE, TEST_NUMBER)
    assert sftp.collect() == 1
    sftp.server.faults.refuses_sign_in = True
    steps.drain()
    told = ask_ledger(sftp.home, "SELECT code, message FROM ops.issue")
    assert "FILE-017" in {one["code"] for one in told}


def test_files_and_answers_are_put_whole(sftp: SftpHome) -> None:
    sftp.configure(answers="back/to/r0a")
    source = sftp.source()
    for content in (b"first", b"second"):
        source.put(sftp.home, "a.csv", content)
        assert source.put_answers(sftp.home, {"a.json": content, "../b": b""}) == {
            "../b": "it has a folder in it"
        }
        assert (sftp.folder / "a.csv").read_bytes() == content
        assert (sftp.root / "back/to/r0a/a.json").read_bytes() == content
    assert sftp.at_server() == {"a.csv"}, "no temporary file is left"


def test_an_endpoint_that_no_feed_names_is_told_by_its_form(sftp: SftpHome) -> None:
    sftp.send(FIRST_FILE)
    sftp.configure(folder="elsewhere", quiet_seconds=0)
    assert sftp.source().folder == sftp.name
    assert sftp.source().pattern == "*"
