"""What a feed may say of an address that gives what is new, and which page is the last."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.base.connections import Connection
from pipelines.base.errors import ConfigurationError
from pipelines.collect.addresses.http_answers import HttpAnswer
from pipelines.collect.addresses.http_credentials import authorization_of
from pipelines.collect.addresses.last_answers import (
    LastAnswers,
    LastPage,
    read_last_answers,
    write_last_answers,
)
from pipelines.collect.addresses.paging import Paging
from pipelines.collect.sources.https import HttpsSource

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)


def source(**changes: Any) -> HttpsSource:
    known = {"kind": "https", "address": "https://x.nhs.uk/latest", "file_name": "{received}.csv"}
    return HttpsSource.model_validate({**known, **changes})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": "http://x.nhs.uk/latest"}, "must use https"),
        ({"address": "https://x.nhs.uk/{slot_start}"}, "unknown word"),
        ({"address": "https://x.nhs.uk/?token=hunter2"}, "holds a secret"),
        ({"file_name": "latest.csv"}, "does not tell one answer from the next"),
        ({"file_name": "a/{received}.csv"}, "without folders"),
        ({"file_name": "{received.year}"}, "unknown word"),
        ({"paging": {}}, "has either next or parameter"),
        ({"paging": {"next": "link", "parameter": "page"}}, "has either next or parameter"),
        ({"paging": {"next": "links.next"}}, r"is link, or a path as in \$\.links"),
        ({"paging": {"parameter": "page", "until": "500"}}, "until"),
        ({"days_back": -1}, "days_back"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        source(**changes)


@pytest.mark.parametrize(
    ("file_name", "page", "name"),
    [
        ("R0A_{received}.csv", 1, "R0A_20261117T120000.csv"),
        ("R0A_{received}.csv", 2, "R0A_20261117T120000_p2.csv"),
        ("R0A_{received:%Y%m%d}.tar.gz", 12, "R0A_20261117.tar_p12.gz"),
        ("R0A{page}_{received:%H%M}.csv", 1, "R0A_1200.csv"),
        ("R0A{page}_{received:%H%M}.csv", 3, "R0A_p3_1200.csv"),
        ("{received}", 2, "20261117T120000_p2"),
    ],
)
def test_names_of_pages(file_name: str, page: int, name: str) -> None:
    assert source(file_name=file_name).file_name_of(NOON, page) == name


def test_days_are_those_of_london() -> None:
    asked = source(address="https://x.nhs.uk/{day:%d/%m}")
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert list(asked.addresses(late, None).values()) == [
        "https://x.nhs.uk/30%2F06",
        "https://x.nhs.uk/01%2F07",
    ]


@pytest.mark.parametrize(
    ("content", "is_end"),
    [
        (b"", True),
        (b"\n", True),
        (b"org_code,slot\r\n", True),
        (b"org_code,slot\r\nR0A,1", False),
        (b"[]", True),
        (b"[{}]", False),
        (b'{"rows": [], "page": 4}', True),
        (b'{"rows": [{}], "more": []}', False),
        (b'{"a": 1}', False),
        (b'{"rows": [ ], "at": "[1]"}', True),
        (b"{broken", False),
        (b'["\xff"]', False),
        (b"[" * 100_000, False),
    ],
)
def test_a_page_without_rows_is_the_end(content: bytes, is_end: bool) -> None:
    paging = Paging(parameter="page")
    assert paging.is_end(HttpAnswer(200, "https://x.nhs.uk/", content)) is is_end
    assert Paging(parameter="page", until="404").is_end(HttpAnswer(404, "")) is True


@pytest.mark.parametrize(
    ("path", "content", "following"),
    [
        ("$.links.next", b'{"links": {"next": "?page=2"}}', "https://x.nhs.uk/a?page=2"),
        ("$.links[1].href", b'{"links": [{}, {"href": "/b"}]}', "https://x.nhs.uk/b"),
        ("$.links[5].href", b'{"links": []}', None),
        ("$.next", b'{"next": ""}', None),
        ("$.next", b"[]", None),
        ("$.next", b'{"next": null}', None),
        ("$.a.b", b'{"a": [1]}', None),
        ("$[0].next", b'{"next": "/b"}', None),
    ],
)
def test_the_next_page_as_json_says_it(path: str, content: bytes, following: str | None) -> None:
    answer = HttpAnswer(200, "https://x.nhs.uk/a", content)
    assert Paging(next=path).next_address("https://x.nhs.uk/a", 1, answer) == following


def test_counting_keeps_the_other_parameters() -> None:
    paging = Paging(parameter="page", first=0)
    address = "https://x.nhs.uk/a?site=R0A&page=9&empty="
    assert paging.first_address(address) == "https://x.nhs.uk/a?site=R0A&empty=&page=0"


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"password": "token"}, "Bearer token"),
        ({"login": "me", "password": "word"}, "Basic bWU6d29yZA=="),
        ({"login": "me", "password": "token", "extra": {"auth": "bearer"}}, "Bearer token"),
        ({"extra": {"client_certificate": "a.pem"}}, None),
    ],
)
def test_who_asks(fields: dict[str, Any], header: str | None) -> None:
    assert authorization_of(Connection("x", **fields)) == header


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "has no password"),
        ({"password": "two words"}, "characters that no token has"),
        ({"login": "a:b", "password": "x"}, "a login without a colon"),
        ({"password": "x", "extra": {"auth": "basic"}}, "a login without a colon"),
        ({"password": "x", "extra": {"auth": "ntlm"}}, "'auth'"),
    ],
)
def test_nobody_asks(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        authorization_of(Connection("x", **fields))


def test_last_answers_are_remembered(tmp_path: Path) -> None:
    assert read_last_answers(tmp_path, "a.b") == LastAnswers()
    page = LastPage("00", 'W/"x"', "Tue, 17 Nov 2026 11:58:00 GMT")
    answers = LastAnswers({"a": {"b": page}}, NOON)
    write_last_answers(tmp_path, "a.b", answers)
    assert read_last_answers(tmp_path, "a.b") == answers
    assert page.conditions == {"If-None-Match": 'W/"x"', "If-Modified-Since": page.last_modified}
    assert LastPage("00").conditions == {}
