"""A mailbox of MESH that feeds share: what is landed, acknowledged, refused and given back."""

import gzip
import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.mesh import mesh_calls
from pipelines.collect.mesh.mailbox_state import MailboxNotes
from pipelines.collect.mesh.mesh_faults import CallBroken
from pipelines.collect.mesh.mesh_messages import MeshMessage, read_message
from pipelines.collect.owed_answers import OwedAnswer
from pipelines.landing.left_at_source import left_at
from pipelines.local_servers.mesh_server import MeshServer
from pipelines.registry.registry import load_registry
from tests.support.children import kill, run
from tests.support.ledger_questions import ask_ledger
from tests.support.mesh_mailboxes import (
    ACUTE,
    AMBULANCE,
    ANSWERS,
    BOMB,
    ENDPOINT,
    FEEDS,
    OURS,
    RT,
    SECOND,
    MeshHome,
    mesh_server,
    patient_file,
)

pytestmark = pytest.mark.xdist_group("mesh")
R0A = "acute_realtime.r0a"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshServer]:
    with mesh_server(tmp_path_factory.mktemp("mesh")) as running:
        yield running


@pytest.fixture
def mesh(home: Path, server: MeshServer, monkeypatch: pytest.MonkeyPatch) -> MeshHome:
    monkeypatch.setattr(mesh_calls, "sleep", lambda seconds: None)
    return MeshHome(home, server, monkeypatch)


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def test_one_poll_serves_two_collections_and_three_senders(mesh: MeshHome) -> None:
    for feed in FEEDS:
        mesh.send(feed, "same_name.csv", feed.encode())
    polls = mesh.requests("list_messages")
    assert mesh.collect() == 3
    assert mesh.requests("list_messages") == polls + 1
    assert mesh.landed() == [(feed, "same_name.csv", feed.encode()) for feed in sorted(FEEDS)]
    assert mesh.waiting() == []
    assert mesh.collect() == 0


def test_workflow_and_sender_both_count_and_what_nobody_expects_is_landed_to_be_answered(
    mesh: MeshHome, caplog: pytest.LogCaptureFixture
) -> None:
    r0a = mesh.source()
    with mesh.calls(SECOND) as calls:
        calls.send(OURS, "UEC_OTHER", b"1", filename="a.csv")
    with mesh.calls(AMBULANCE) as calls:
        calls.send(OURS, RT, b"2", filename="b.csv")
    mesh.add_feed(R0A, pattern="R0A_*.csv")
    r0a.put(mesh.home, "r0a_1.CSV", b"3")
    r0a.put(mesh.home, "holiday.jpg", b"4")
    assert mesh.collect() == 4
    told = {(feed, name) for feed, name, _ in mesh.landed()}
    assert told == {
        ("unmatched", "a.csv"),
        ("unmatched", "b.csv"),
        (R0A, "r0a_1.CSV"),
        ("unmatched", "holiday.jpg"),
    }
    assert mesh.waiting() == []
    assert f"no feed expects 'a.csv' of workflow id 'UEC_OTHER' from mailbox '{SECOND}'" in (
        caplog.text
    )


def test_a_poll_that_comes_too_early_does_nothing(
    mesh: MeshHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh.add_feed(R0A, poll_minutes=5)
    mesh.add_feed("acute_realtime.rem", poll_minutes=30)
    mesh.add_feed("ambulance_sitrep.rx7", poll_minutes=30)
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00:00Z")
    assert mesh.collect() == 0
    mesh.send(R0A, "a.csv", b"a")
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:04:59Z")
    polls = mesh.requests("list_messages")
    assert mesh.collect() == 0
    assert mesh.requests("list_messages") == polls
    assert [one.name for one in mesh.source().list(mesh.home)] == ["a.csv"], "a look is no poll"
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:05:00Z")
    assert mesh.collect() == 1, "of the feeds of a mailbox the least counts"


def test_a_poll_that_broke_off_is_made_good_at_once(mesh: MeshHome) -> None:
    mesh.add_feed(R0A, poll_minutes=5)
    for feed in list(FEEDS)[1:]:
        mesh.add_feed(feed, poll_minutes=5)
    mesh.send(R0A, "a.csv", b"a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.collect.mesh.mailbox_poll.read_message", _fails)
        with pytest.raises(SourceUnavailable):
            mesh.collect()
    assert mesh.collect() == 1


def _fails(*_: object) -> None:
    raise SourceUnavailable("down")


@pytest.mark.parametrize("step", ["landing: manifest written", "collect: landed"])
def test_killed_between_landing_and_acknowledging_it_is_landed_once(
    mesh: MeshHome, step: str
) -> None:
    mesh.send(R0A, "a.csv", b"a")
    kill(mesh.home, mesh.collect, step)
    assert len(mesh.waiting()) == 1
    assert run(mesh.home, mesh.collect) == 1
    assert mesh.landed() == [(R0A, "a.csv", b"a")], "it still waits: the same delivery"
    assert mesh.waiting() == []


def test_what_was_noted_and_not_acknowledged_is_neither_read_nor_landed_again(
    mesh: MeshHome,
) -> None:
    mesh.send(R0A, "a.csv", b"a")
    kill(mesh.home, mesh.collect, "collect: marked")
    assert len(mesh.waiting()) == 1
    steps.drain()
    reads = mesh.requests("retrieve_message")
    assert mesh.collect() == 0
    assert mesh.requests("retrieve_message") == reads
    assert mesh.waiting() == []
    assert mesh.landed() == []


def test_in_many_parts_packed_by_each_or_as_a_whole(mesh: MeshHome) -> None:
    content = noise(300_000)
    packed = gzip.compress(content)
    whole = [
        mesh.lay([content[:100_000], content[100_000:]], name="plain.csv"),
        mesh.lay([gzip.compress(content)], "gzip", "packed.csv"),
        mesh.lay(
            [gzip.compress(content[:7]), gzip.compress(content[7:])], "gzip", "part_by_part.csv"
        ),
        mesh.lay([packed[:1], packed[1:200_000], packed[200_000:]], "gzip", "then_split.csv"),
        mesh.lay([gzip.compress(content[:9]) + gzip.compress(content[9:])], "gzip", "members.csv"),
        mesh.lay([packed], name="packed_by_its_sender.csv.gz"),
    ]
    mesh.reload()
    with mesh.calls(ACUTE) as calls:
        client = calls._client
        client.send_message(OURS, content, 64_000, True, workflow_id=RT, filename="sent.csv")
    assert mesh.collect() == len(whole) + 1
    landed = {name: content for _, name, content in mesh.landed()}
    assert landed.pop("packed_by_its_sender.csv.gz") == packed
    assert set(landed.values()) == {content}
    assert len(landed) == len(whole)


def test_a_message_that_is_not_whole_is_told_and_stays(
    mesh: MeshHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mesh_calls.MailboxCalls, "sign_in", _fails)
    packed = gzip.compress(noise(50_000))
    torn = [
        mesh.lay([packed[:20_000]], "gzip", "half.csv"),
        mesh.lay([packed[:20_000], packed[30_000:]], "gzip", "hole.csv"),
    ]
    lost = mesh.lay([b"1", b"2"], name="lost_part.csv")
    (mesh.server.folder / OURS / "in" / lost / "2").unlink()
    mesh.reload()
    mesh.send(R0A, "sound.csv", b"sound")
    assert mesh.collect() == 1
    assert mesh.landed() == [(R0A, "sound.csv", b"sound")]
    assert sorted(mesh.waiting()) == sorted([*torn, lost]), "nothing of them is acknowledged"
    left = {one.name: one.why for one in left_at(mesh.home, ENDPOINT).things}
    assert set(left) == {"half.csv", "hole.csv", "lost_part.csv"}
    assert "its end is missing" in left["half.csv"]
    assert "part 2 of 2 is missing" in left["lost_part.csv"]
    assert mesh.collect() == 0, "they are tried again, and not landed"


@pytest.mark.parametrize("is_down", [False, True])
def test_messages_that_mesh_does_not_give_hold_up_no_other_unless_it_is_down(
    mesh: MeshHome, is_down: bool
) -> None:
    refused = {mesh.lay([b"a"], name=f"{number}.csv") for number in range(4)}
    mesh.lay([b"sound"], name="sound.csv")
    mesh.reload()

    def read(calls: mesh_calls.MailboxCalls, message_id: str, most: int) -> MeshMessage:
        if message_id in refused:
            raise CallBroken("answered 500", "MESH answered 500")
        return read_message(calls, message_id, most)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.collect.mesh.mailbox_poll.read_message", read)
        if is_down:
            patch.setattr(mesh_calls.MailboxCalls, "sign_in", _fails)
            with pytest.raises(SourceUnavailable, match="down"):
                mesh.collect()
            return
        assert mesh.collect() == 1
    left = {one.name: one.why for one in left_at(mesh.home, ENDPOINT).things}
    assert set(left) == {"0.csv", "1.csv", "2.csv", "3.csv"}
    assert "MESH answered 500" in left["0.csv"]
    assert mesh.collect() == 4


def test_a_bomb_and_a_large_message_are_refused_unread_and_answered(
    mesh: MeshHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "100000")
    settings.cache_clear()
    mesh.lay([BOMB], "gzip", "bomb.csv")
    mesh.lay([noise(60_000), noise(60_000)], name="large.csv")
    mesh.reload()
    assert mesh.collect() == 2
    assert mesh.waiting() == []
    steps.drain()
    rows = ask_ledger(
        mesh.home,
        "SELECT file_name, status, code FROM ops.submission JOIN ops.issue USING (submission_id)"
        " ORDER BY file_name",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("bomb.csv", "rejected", "FILE-016"),
        ("large.csv", "rejected", "FILE-016"),
    ]


def test_hostile_names_are_refused_and_answered_and_odd_ones_are_taken(mesh: MeshHome) -> None:
    for name in ("../../etc/passwd", "x" * 4000, "näme ‮.csv", "", ".hidden.tmp"):
        mesh.lay([name.encode() or b"no name"], name=name.encode().decode("latin-1"))
    mesh.reload()
    assert mesh.collect() == 5
    assert mesh.waiting() == []
    steps.drain()
    rows = ask_ledger(
        mesh.home, "SELECT file_name, list(code) AS codes FROM ops.submission "
        "JOIN ops.issue USING (submission_id) GROUP BY ALL",
    )  # fmt: skip
    told = {row["file_name"]: row["codes"] for row in rows}
    assert len(told) == 5
    assert told[".._.._etc_passwd"] == ["FILE-030"]
    assert ["FILE-030"] in [codes for name, codes in told.items() if name.startswith("xxxx")]
    assert {name for name in told if name.endswith(".dat")} == {"LAID000004.dat"}


def test_a_report_is_noted_and_told_before_it_is_acknowledged(
    mesh: MeshHome, caplog: pytest.LogCaptureFixture
) -> None:
    mesh.report("Message not collected by recipient after 5 days")
    mesh.send(R0A, "a.csv", b"a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MailboxNotes, "note_reports", _full_disk)
        with pytest.raises(OSError, match="full"):
            mesh.collect()
    assert len(mesh.waiting()) == 1
    assert mesh.collect() == 0
    assert mesh.waiting() == []
    (report,) = MailboxNotes(mesh.home, ENDPOINT).read().reports
    assert "not collected by recipient after 5 days" in report.told
    assert "message SENT1" in report.told
    assert "not collected by recipient" in caplog.text
    assert [name for _, name, _ in mesh.landed()] == ["a.csv"]


def _full_disk(*_: object) -> None:
    raise OSError("full")


def test_more_than_a_page_of_messages_are_listed(mesh: MeshHome) -> None:
    laid = [mesh.lay([b"a"]) for _ in range(620)]
    mesh.reload()
    assert sorted(mesh.waiting()) == laid


@pytest.mark.long
def test_more_than_a_page_of_messages_are_landed_once(mesh: MeshHome) -> None:
    for number in range(620):
        mesh.lay([b"%d" % number], name=f"{number}.csv")
    mesh.reload()
    assert mesh.collect() == 620
    assert len({name for _, name, _ in mesh.landed()}) == 620
    assert mesh.waiting() == []


def test_patient_data_goes_and_the_answer_says_where_it_cannot(
    mesh: MeshHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh.send(R0A, "goes.csv", patient_file())
    assert mesh.collect() == 1
    assert mesh.waiting() == []
    steps.drain()
    mesh.send(R0A, "again.csv", patient_file())
    assert mesh.collect() == 1
    assert mesh.waiting() == [], "it is known by its bytes"

    mesh.send(R0A, "stays.csv", patient_file() + b"R0A,another\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mesh_calls.MailboxCalls, "acknowledge", _fails)
        assert mesh.collect() == 1
        assert len(mesh.waiting()) == 1
        steps.drain()
    rows = ask_ledger(
        mesh.home,
        "SELECT file_name, list(code ORDER BY code) AS codes FROM ops.submission "
        "JOIN ops.issue USING (submission_id) WHERE code IN ('DATA-001', 'FILE-017') GROUP BY ALL",
    )
    told = {row["file_name"]: row["codes"] for row in rows}
    assert told["goes.csv"] == ["DATA-001"]
    assert told["stays.csv"] == ["DATA-001", "FILE-017"]
    assert mesh.collect() == 0
    assert mesh.waiting() == []


def test_a_copy_that_could_not_be_acknowledged_is_dropped_later(mesh: MeshHome) -> None:
    mesh.send(R0A, "a.csv", patient_file())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mesh_calls.MailboxCalls, "acknowledge", _fails)
        mesh.collect()
    assert len(mesh.waiting()) == 1
    steps.drain()
    assert mesh.waiting() == [], "it goes when it is refused, not with the next poll"


def test_a_message_is_held_while_a_feed_file_is_broken(mesh: MeshHome) -> None:
    path = mesh.home.parent / "feeds" / "acute_realtime" / "rem.yaml"
    sound = path.read_text("utf-8")
    mesh.send(R0A, "a.csv", b"a")
    mesh.send("acute_realtime.rem", "b.csv", b"b")
    path.write_text("title: [")
    assert mesh.collect() == 1
    assert mesh.collect() == 0
    assert len(mesh.waiting()) == 2
    path.write_text(sound)
    assert mesh.collect() == 1
    assert mesh.waiting() == []


def owed(name: str, attempt: int = 1) -> OwedAnswer:
    submission_id = f"{R0A}@535d7ffd815f8c41"
    return OwedAnswer(
        submission_id, attempt, R0A, name, "accepted", b'{"status": "accepted"}', b"page"
    )


def test_answers_arrive_at_the_sender(mesh: MeshHome) -> None:
    source = mesh.source()
    answers = [owed("a.csv"), owed("漢字 ü.csv")]
    assert list(source.give_back(mesh.home, answers)) == [(one, "") for one in answers]
    list(source.give_back(mesh.home, answers[:1]))
    with mesh.calls(ACUTE) as calls:
        ids = calls.message_ids()
        messages = [read_message(calls, one, 10_000) for one in ids]
        headers = []
        for one in ids:
            with calls.part(one, 1) as part:
                headers.append((part.headers["Mex-Subject"], part.headers["Mex-LocalID"]))
    assert [one.name for one in messages] == [f"{one.name}.json" for one in (*answers, answers[0])]
    assert {one.content for one in messages} == {answers[0].content}
    assert {one.workflow_id for one in messages} == {ANSWERS}
    assert set(headers) == {(answers[0].submission_id, f"{answers[0].submission_id}.1")}


def test_an_answer_that_mesh_does_not_take_says_which_setting_is_wrong(mesh: MeshHome) -> None:
    mesh.add_feed(R0A, sender="X26NOBODY")
    ((_, why),) = mesh.source().give_back(mesh.home, [owed("a.csv")])
    assert "mailbox 'X26NOBODY' with workflow id 'UEC_ANSWERS' (417, " in why
    assert "Check both in the feed's file" in why


def test_a_mailbox_that_no_feed_names_is_told_by_its_endpoint(mesh: MeshHome) -> None:
    mesh.send(R0A, "a.csv", b"a")
    for path in (mesh.home.parent / "feeds").rglob("*.yaml"):
        path.unlink()
    assert load_registry().feeds == {}
    assert mesh.collect() == 1
    assert [feed for feed, _, _ in mesh.landed()] == ["unmatched"]


def test_nothing_of_a_connection_is_logged(
    mesh: MeshHome, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mesh.send(R0A, "a.csv", b"a")
    mesh.collect()
    assert "password-of" not in caplog.text
    assert "shared-key" not in caplog.text
