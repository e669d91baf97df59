"""An address that gives what is new: nothing is landed twice, and all pages land or none."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.collect.addresses import address_run, http_client
from pipelines.collect.addresses.last_answers import read_last_answers
from pipelines.landing.landing import Landing
from tests.support.asked_source import Asking, Reply, running_source, token_connection

SECRET, CURSOR = "s3cret-bearer-token", "signed-cursor"
TAG, MODIFIED = '"a-tag"', "Tue, 17 Nov 2026 11:58:00 GMT"
NAME = "{name}_{{received:%Y%m%dT%H%M%S}}.csv"
COUNTED = {"parameter": "from", "until": "404"}


class HttpsFeeds(Asking):
    """Feeds that ask an address for what is new; `from` counts its pages."""

    def add_latest(self, name: str = "r0a", words: str = "", **source: Any) -> str:
        known = {
            "kind": "https",
            "address": f"{self.source.host}/{name}{words}",
            "file_name": NAME.format(name=name.upper()),
        }
        return self.feeds.add(name, "", source={**known, **source})

    def gives(self, *replies: Reply, page: str = "", path: str = "/r0a") -> None:
        self.source.replies[(path, page)] = list(replies)

    def landed(self) -> list[tuple[str, bytes]]:
        landing = Landing(self.home)
        return [(one.file_name, landing.content(one)) for one in landing.waiting()]

    def contents(self) -> list[bytes]:
        return [content for _, content in self.landed()]


@pytest.fixture
def asked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsFeeds]:
    """It is noon."""
    monkeypatch.setattr(http_client, "sleep", lambda seconds: None)
    with running_source() as source:
        asking = HttpsFeeds(home, source, tmp_path, monkeypatch)
        asking.at("12:00")
        yield asking


def given(body: bytes, **headers: str) -> Reply:
    return Reply(200, body, {name.replace("_", "-"): value for name, value in headers.items()})


# What is new


def test_what_is_new_is_landed_under_the_time_of_its_receipt(asked: HttpsFeeds) -> None:
    feed_id = asked.add_latest()
    asked.gives(given(b"one"), given(b"two"))
    assert asked.collect() == 1
    asked.at("12:15")
    assert asked.collect() == 1
    assert asked.landed() == [
        ("R0A_20261117T120000.csv", b"one"),
        ("R0A_20261117T121500.csv", b"two"),
    ]
    (one, _) = Landing(asked.home).waiting()
    assert (one.feed_id, one.source) == (feed_id, f"{asked.source.host}/r0a")


def test_the_same_bytes_without_validators_are_nothing_new(asked: HttpsFeeds) -> None:
    asked.add_latest()
    asked.gives(given(b"one"))
    assert [asked.collect() for _ in range(3)] == [1, 0, 0]
    assert asked.contents() == [b"one"]


@pytest.mark.parametrize("tag", [TAG, 'W/"weak"', "without-quotes"])
def test_validators_go_back_unchanged_and_304_is_nothing_new(asked: HttpsFeeds, tag: str) -> None:
    asked.add_latest()
    asked.gives(given(b"one", ETag=tag, Last_Modified=MODIFIED), Reply(304), Reply(304))
    assert [asked.collect() for _ in range(3)] == [1, 0, 0]
    told = [
        (one.get("If-None-Match"), one.get("If-Modified-Since")) for one in asked.source.headers
    ]
    assert told == [(None, None), (tag, MODIFIED), (tag, MODIFIED)]


@pytest.mark.parametrize("tag", ['"\u00e9"', "x" * 1001])
def test_a_validator_that_cannot_go_back_is_forgotten(asked: HttpsFeeds, tag: str) -> None:
    asked.add_latest()
    asked.gives(given(b"one", ETag=tag))
    assert [asked.collect() for _ in range(3)] == [1, 0, 0]
    assert not any("If-None-Match" in one for one in asked.source.headers)


def test_a_clock_of_the_source_that_is_wrong_does_no_harm(asked: HttpsFeeds) -> None:
    asked.add_latest()
    ahead, odd = "Fri, 01 Jan 2038 00:00:00 GMT", "yesterday, about noon"
    asked.gives(
        given(b"one", Last_Modified=ahead), given(b"two", Last_Modified=odd), given(b"two"), Reply()
    )
    assert [asked.collect() for _ in range(3)] == [1, 1, 0]
    assert [one.get("If-Modified-Since") for one in asked.source.headers] == [None, ahead, odd]


def test_what_is_given_again_after_another_is_landed_again(asked: HttpsFeeds) -> None:
    asked.add_latest()
    asked.gives(given(b"one"), given(b"two"), given(b"one"))
    assert [asked.collect() for _ in range(3)] == [1, 1, 1]


def test_a_memory_that_is_damaged_is_set_aside(asked: HttpsFeeds) -> None:
    feed_id = asked.add_latest()
    asked.gives(given(b"one"))
    asked.collect()
    (asked.home / "asking" / f"{feed_id}.last.json").write_text("{")
    asked.at("12:15")
    assert asked.collect() == 1, "it is answered as a duplicate"
    assert asked.collect() == 0


# Dies between landing and remembering


@pytest.mark.parametrize("is_settled", [False, True], ids=["in the inbox", "in the ledger"])
def test_what_landed_before_a_crash_is_not_landed_again(
    asked: HttpsFeeds, monkeypatch: pytest.MonkeyPatch, is_settled: bool
) -> None:
    asked.add_latest(paging=COUNTED)
    pages = [asked.file_of("2026-11-17T08:00:00Z"), b"two"]
    asked.gives(given(pages[0]), page="1")
    asked.gives(given(pages[1]), page="2")

    class Killed(BaseException):
        pass

    def die(step: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(address_run, "reached", die)
        with pytest.raises(Killed):
            asked.collect()
    assert asked.contents() == pages
    if is_settled:
        asked.given()
    asked.at("12:15")
    assert asked.collect() == 0
    asked.gives(given(b"three"), page="2")
    assert asked.collect() == 1, "what is new is landed as ever"


def test_what_did_not_land_before_a_crash_is_landed(
    asked: HttpsFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.add_latest()
    asked.gives(given(b"one"))

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Landing, "land_all", die)
        with pytest.raises(Killed):
            asked.collect()
    assert asked.collect() == 1
    assert asked.contents() == [b"one"]


# Pages


def linked(following: str, body: bytes) -> Reply:
    return given(body, Link=f'<{following}>; rel="next", </r0a>; rel="first"')


def in_json(following: object, body: str) -> Reply:
    return given(json.dumps({"rows": [body], "links": {"next": following}}).encode())


def lay_out(asked: HttpsFeeds, how: str) -> dict[str, Any]:
    """Three pages of that kind, and how a feed says it."""
    if how == "link":
        asked.gives(linked("/r0a?from=b", b"1"))
        asked.gives(linked("?from=c", b"2"), page="b")
        asked.gives(given(b"3"), page="c")
        return {"next": "link"}
    if how == "json":
        asked.gives(in_json("/r0a?from=b", "1"))
        asked.gives(in_json(f"{asked.source.host}/r0a?from=c", "2"), page="b")
        asked.gives(in_json(None, "3"), page="c")
        return {"next": "$.links.next"}
    for number in "123":
        asked.gives(given(b"heading\n" + number.encode()), page=number)
    asked.gives(Reply(404) if how == "404" else given(b"heading\n"), page="4")
    return {"parameter": "from", "until": how}


@pytest.mark.parametrize("how", ["link", "json", "404", "empty"])
def test_each_page_is_a_file_of_its_own(asked: HttpsFeeds, how: str) -> None:
    asked.add_latest(paging=lay_out(asked, how))
    assert asked.collect() == 3
    names = [name for name, _ in asked.landed()]
    assert names == [f"R0A_20261117T120000{page}.csv" for page in ("", "_p2", "_p3")]
    assert len(set(asked.contents())) == 3
    assert asked.collect() == 0, "none of them is new"


def test_only_the_page_that_changed_is_landed_again(asked: HttpsFeeds) -> None:
    asked.add_latest(paging=COUNTED)
    asked.gives(given(b"1", ETag=TAG), Reply(304), page="1")
    asked.gives(given(b"2"), given(b"2 more"), page="2")
    assert asked.collect() == 2
    asked.at("12:15")
    assert asked.collect() == 1
    assert asked.landed()[-1] == ("R0A_20261117T121500_p2.csv", b"2 more")


@pytest.mark.parametrize("how", ["link", "json", "404"])
@pytest.mark.parametrize(
    "broken",
    [
        Reply(503),
        Reply(200, b"begun", {"Content-Length": "99"}, says_length=False),
        given(b"half", Content_Encoding="gzip"),
        Reply(410),
    ],
    ids=["503", "cut", "half packed", "gone"],
)
def test_where_page_three_fails_nothing_lands_and_later_all_do_once(
    asked: HttpsFeeds, how: str, broken: Reply
) -> None:
    feed_id = asked.add_latest(paging=lay_out(asked, how))
    third = "3" if how == "404" else "c"
    sound = asked.source.replies[("/r0a", third)]
    asked.gives(broken, page=third)
    with pytest.raises(SourceUnavailable, match=feed_id):
        asked.collect()
    assert asked.landed() == []
    asked.source.replies[("/r0a", third)] = sound
    assert [asked.collect() for _ in range(2)] == [3, 0]
    assert len(asked.landed()) == 3


@pytest.mark.parametrize(
    ("following", "told"),
    [
        ("/r0a?from=b", "was read before"),
        ("https://elsewhere.nhs.uk/r0a", "another host"),
        ("//elsewhere.nhs.uk/r0a", "another host"),
        ("http://me:secret@127.0.0.1/r0a", "another host"),
        ("file:///etc/hostname", "another host"),
        ("http://[", "another host"),
        ("/r0a?" + "x" * 9000, "another host"),
        (["/r0a"], "has no address at"),
    ],
)
def test_a_listing_that_lies_is_told_and_nothing_lands(
    asked: HttpsFeeds, following: object, told: str
) -> None:
    asked.add_latest(paging={"next": "$.links.next"})
    asked.gives(in_json("/r0a?from=b", "1"))
    asked.gives(in_json(following, "2"), page="b")
    with pytest.raises(SourceUnavailable, match=told) as caught:
        asked.collect()
    assert "secret" not in str(caught.value)
    assert asked.landed() == []


def test_a_listing_without_end_is_told(asked: HttpsFeeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_run, "MOST_PAGES", 5)
    asked.add_latest(paging=COUNTED)
    for number in range(1, 9):
        asked.gives(given(f"{number}".encode()), page=f"{number}")
    with pytest.raises(SourceUnavailable, match="more than 5 pages"):
        asked.collect()
    assert (len(asked.source.asked), asked.landed()) == (5, [])


def test_a_source_that_does_not_count_is_told(asked: HttpsFeeds) -> None:
    """It knows no such parameter, and gives the same for each page."""
    asked.add_latest(paging=COUNTED)
    asked.source.otherwise["/r0a"] = given(b"all of it")
    with pytest.raises(SourceUnavailable, match="gives page 1 again as page 2"):
        asked.collect()
    assert asked.landed() == []


# Words of an address


def test_the_last_days_are_asked_for_until_they_are_there(asked: HttpsFeeds) -> None:
    asked.add_latest(words="?from={day:%d%m}")
    asked.gives(given(b"17 Nov"), given(b"17 Nov, whole"), page="1711")
    assert asked.collect() == 1
    assert asked.source.slots() == ["1611", "1711"]
    asked.at("00:10", day="2026-11-18")
    assert asked.collect() == 1
    assert asked.contents() == [b"17 Nov", b"17 Nov, whole"]
    asked.at("00:10", day="2026-11-22")
    asked.source.slots()
    asked.collect()
    assert asked.source.slots() == ["1811", "1911", "2011", "2111", "2211"], "after an outage"


def test_since_reaches_back_to_the_last_run_that_got_all(asked: HttpsFeeds) -> None:
    asked.add_latest(words="?from={since}", overlap_minutes=10)
    asked.source.otherwise["/r0a"] = given(b"rows")
    asked.collect()
    asked.at("12:15")
    asked.source.otherwise["/r0a"] = Reply(503)
    with pytest.raises(SourceUnavailable):
        asked.collect()
    asked.at("12:30")
    asked.source.otherwise["/r0a"] = given(b"more rows")
    asked.collect()
    asked.collect("2026-11-01T00:00:00Z")
    first, *_, third, backfill = asked.source.slots()
    assert first == "2026-11-16T11:50:00Z"
    assert third == "2026-11-17T11:50:00Z"
    assert backfill == "2026-10-31T23:50:00Z"
    assert asked.contents() == [b"rows", b"more rows"]


# What goes wrong


def test_a_feed_that_fails_costs_that_feed_only(asked: HttpsFeeds) -> None:
    broken, unknown = asked.add_latest("r0a"), asked.add_latest("rem", connection="unknown_one")
    asked.add_latest("r0b")
    asked.add("r0c")
    asked.gives(Reply(500))
    asked.gives(given(b"sound"), path="/r0b")
    with pytest.raises(SourceUnavailable) as caught:
        asked.collect()
    told = str(caught.value)
    assert broken in told
    assert "answered 500" in told
    assert unknown in told
    assert "AIRFLOW_CONN_UNKNOWN_ONE" in told
    assert "r0b" not in told
    assert asked.contents() == [b"sound"]
    assert any(path == "/r0c" for path, _ in asked.source.asked), "slots are asked for beside it"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(404), "answered 404: nothing stands there. Check the path"),
        (Reply(304), "though nobody asked for that"),
        (given(b"x", Content_Encoding="gzip, gzip"), "packed as 'gzip, gzip'"),
        (Reply(302, headers={"Location": "https://login.example/"}), "sends on to https://login"),
    ],
)
def test_what_cannot_be_taken_says_why(asked: HttpsFeeds, reply: Reply, told: str) -> None:
    asked.add_latest()
    asked.gives(reply)
    with pytest.raises(SourceUnavailable, match=told):
        asked.collect()
    asked.gives(given(b"sound"))
    assert asked.collect() == 1


@pytest.mark.parametrize("status", [202, 204])
def test_nothing_yet_is_no_fault(asked: HttpsFeeds, status: int) -> None:
    asked.add_latest()
    asked.gives(Reply(status))
    assert asked.collect() == 0


def test_a_secret_is_missing(asked: HttpsFeeds) -> None:
    asked.add_latest(connection="ed_board")
    with pytest.raises(ConfigurationError, match="AIRFLOW_CONN_ED_BOARD"):
        asked.collect()
    assert asked.source.asked == []


def test_no_secret_stands_in_a_file_a_log_or_an_error(
    asked: HttpsFeeds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ED_BOARD", token_connection(SECRET))
    caplog.set_level(logging.DEBUG)
    feed_id = asked.add_latest(connection="ed_board", paging={"next": "link"})
    asked.gives(linked(f"?from=b&token={CURSOR}", b"1"), Reply(401))
    asked.gives(given(b"2"), page="b")
    assert asked.collect() == 2
    assert [one["Authorization"] for one in asked.source.headers] == [f"Bearer {SECRET}"] * 2
    with pytest.raises(SourceUnavailable, match="AIRFLOW_CONN_ED_BOARD") as caught:
        asked.collect()
    files = [path for path in asked.home.rglob("*") if path.is_file()]
    said = [path.read_bytes().decode("utf-8", "replace") for path in files]
    said += [caplog.text, str(caught.getrepr(showlocals=False))]
    assert not [text for text in said if SECRET in text or CURSOR in text]
    assert len(read_last_answers(asked.home, feed_id).pages) == 1
