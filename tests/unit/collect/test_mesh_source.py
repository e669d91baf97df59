"""What a feed file may say of a mailbox of MESH, and what is kept of it between polls."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.base.connections import Connection
from pipelines.base.errors import ConfigurationError
from pipelines.collect.mesh.mailbox_state import MailboxNotes, MailboxReport
from pipelines.collect.mesh.mesh_calls import address_of
from pipelines.collect.sources.mesh import MeshSource

MOMENT = datetime(2026, 11, 17, 8, tzinfo=UTC)
ENDPOINT = "mesh://mesh_england"


def source(**changes: Any) -> MeshSource:
    told = {
        "kind": "mesh",
        "connection": "mesh_england",
        "workflow_id": "UEC_ACUTE_RT",
        "sender": "x26ot123",
    }
    return MeshSource.model_validate(told | changes)


def test_the_endpoint_is_made_from_the_connection() -> None:
    assert source().endpoint == ENDPOINT
    assert source(endpoint=ENDPOINT).endpoint == ENDPOINT
    with pytest.raises(ValidationError, match="made from the connection; leave it out"):
        source(endpoint="mesh://other")


def test_a_source_that_is_written_out_can_be_read_again() -> None:
    assert MeshSource.model_validate(source().model_dump()) == source()


def test_an_endpoint_that_no_feed_names_is_told_by_its_form() -> None:
    found = MeshSource.at(ENDPOINT)
    assert found is not None
    assert found.endpoint == ENDPOINT
    assert MeshSource.at("incoming") is None
    assert MeshSource.at("https://mesh.example") is None


def test_ids_of_mailboxes_are_in_capitals() -> None:
    assert source().sender == "X26OT123"


def test_without_a_pattern_no_name_is_the_feeds_by_itself() -> None:
    assert source().name_pattern == ""
    assert source(pattern="R0A_*.csv").name_patterns == ("R0A_*.csv",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender", "X26 OT123"),
        ("sender", "a@b"),
        ("sender", ""),
        ("workflow_id", ""),
        ("workflow_id", "UEC\nACUTE"),
        ("workflow_id", "UEC ACUTE"),
        ("answers", "UEC_ÄNSWERS"),
        ("connection", "Mesh England"),
        ("poll_minutes", -1),
        ("password", "a"),
        ("shared_key", "a"),
    ],
)
def test_what_is_no_such_thing_is_told(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        source(**{field: value})


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("https://msg.intspineservices.nhs.uk", None, "https://msg.intspineservices.nhs.uk"),
        ("msg.intspineservices.nhs.uk", None, "https://msg.intspineservices.nhs.uk"),
        ("mesh.example", 8443, "https://mesh.example:8443"),
        ("https://user:secret@mesh.example", None, "https://mesh.example"),
        ("http://127.0.0.1:8000", None, "http://127.0.0.1:8000"),
        ("http://[::1]:8000", None, "http://[::1]:8000"),
    ],
)
def test_the_address_is_made_from_the_host(host: str, port: int | None, address: str) -> None:
    assert address_of(Connection("mesh_england", host, port)) == address


@pytest.mark.parametrize("host", ["", "http://mesh.example", "ftp://mesh.example", "https://"])
def test_an_address_that_is_not_safe_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of MESH"):
        address_of(Connection("mesh_england", host))


def test_a_poll_is_too_early_until_its_minutes_are_over(tmp_path: Path) -> None:
    notes = MailboxNotes(tmp_path, ENDPOINT)
    assert not notes.is_too_early(MOMENT, 5)
    notes.note_poll(MOMENT)
    assert notes.is_too_early(MOMENT, 5)
    assert notes.is_too_early(MOMENT + timedelta(minutes=4, seconds=59), 5)
    assert not notes.is_too_early(MOMENT + timedelta(minutes=5), 5)
    assert not notes.is_too_early(MOMENT, 0)
    assert not notes.is_too_early(MOMENT - timedelta(days=1), 5), "the clock was wrong then"
    assert not MailboxNotes(tmp_path, "mesh://other").is_too_early(MOMENT, 5)


def test_reports_are_kept_once_and_the_newest_of_them(tmp_path: Path) -> None:
    notes = MailboxNotes(tmp_path, ENDPOINT)
    notes.note_poll(MOMENT)
    reports = [MailboxReport(str(number), MOMENT, "told") for number in range(600)]
    assert notes.note_reports(reports[:2]) == reports[:2]
    assert notes.note_reports(reports[:3]) == reports[2:3]
    notes.note_reports(reports)
    kept = MailboxNotes(tmp_path, ENDPOINT).read()
    assert kept.reports == tuple(reports[100:])
    assert kept.polled_at == MOMENT


def test_a_damaged_state_is_set_aside_and_the_mailbox_is_polled(tmp_path: Path) -> None:
    notes = MailboxNotes(tmp_path, ENDPOINT)
    notes.note_poll(MOMENT)
    (file,) = (tmp_path / "mailboxes").iterdir()
    file.write_text("{")
    assert not notes.is_too_early(MOMENT, 5)
    assert list((tmp_path / "damaged").iterdir())
