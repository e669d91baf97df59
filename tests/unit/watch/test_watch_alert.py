"""What is new and what is over, and the one alert that tells it."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pipelines.watch.alert import Alert, roll_up
from pipelines.watch.monitors.counter_fell import COUNTER_FELL
from pipelines.watch.monitors.refused_patient_data import PATIENT_DATA
from pipelines.watch.monitors.silent import SILENT
from pipelines.watch.monitors.stuck import STUCK
from pipelines.watch.monitors.unknown_codes import UNKNOWN_CODE
from pipelines.watch.state import Watched, carry_on, untold, untold_over
from pipelines.watch.watch_finding import WatchFinding, WatchKind, watch_finding

at = partial(datetime, 2026, 11, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
EIGHT, TEN = at(8), at(10)


def finding(
    kind: WatchKind = SILENT, feed: str = "r1h", subject: str = "", since: datetime = EIGHT
) -> WatchFinding:
    feed_id = f"acute_realtime.{feed}"
    return watch_finding(kind, "acute_realtime", feed_id, subject, since, f"{feed} {subject}!")


def never(_: WatchFinding) -> bool:
    return False


def look(before: list[Watched], *found: WatchFinding, moment: datetime = TEN) -> list[Watched]:
    return carry_on([row for row in before if row.is_open], found, never, moment)


def test_a_finding_that_is_still_there_is_no_new_one() -> None:
    first = look([], finding())
    second = look(first, finding(), moment=at(10, 15))
    assert [row.first_seen_at for row in second] == [at(10)]
    assert [row.last_seen_at for row in second] == [at(10, 15)]
    assert second[0].is_open


def test_a_finding_that_is_gone_has_ended_and_may_begin_anew() -> None:
    (gone,) = look(look([], finding()), moment=at(10, 15))
    assert (gone.ended_at, gone.last_seen_at) == (at(10, 15), at(10))
    (again,) = look([gone], finding(), moment=at(10, 30))
    assert again.first_seen_at == at(10, 30)


def test_a_finding_keeps_its_beginning_when_a_look_sees_less_far_back() -> None:
    first = look([], finding(since=at(8)))
    assert look(first, finding(since=at(9)))[0].finding.since == at(8)
    assert look(first, finding(since=at(7)))[0].finding.since == at(7)


def test_a_finding_says_the_newest_of_what_is_known() -> None:
    first = look([], finding())
    newer = watch_finding(SILENT, "acute_realtime", "acute_realtime.r1h", "", at(8), "Now.")
    assert look(first, newer)[0].finding.message == "Now."


def test_what_could_not_be_looked_for_stays_as_it_was() -> None:
    first = look([], finding(), finding(STUCK))
    held = carry_on(first, [], lambda one: one.kind == SILENT, at(10, 15))
    assert {row.finding.kind: row.is_open for row in held} == {
        SILENT: True,
        STUCK: False,
    }


def test_each_channel_is_told_once_of_what_is_new_and_what_is_over() -> None:
    told = Watched(finding(), at(9), at(9), told=frozenset({"log"}))
    assert untold([told], "log") == []
    assert untold([told], "webhook") == [told]
    over = Watched(finding(), at(9), at(9), at(10), told=frozenset({"log"}))
    assert untold_over([told, over], "log") == [over]
    assert untold_over([over], "webhook") == [], "it was never told that it began"
    known = Watched(
        finding(), at(9), at(9), at(10), told=frozenset({"log"}), told_over=frozenset({"log"})
    )
    assert untold_over([known], "log") == []


@pytest.mark.parametrize("kind", [PATIENT_DATA, UNKNOWN_CODE, COUNTER_FELL])
def test_what_happened_is_never_called_over(kind: WatchKind) -> None:
    aged = Watched(finding(kind), at(9), at(9), at(10), told=frozenset({"log"}))
    assert untold_over([aged], "log") == []


def alert_of(
    new: list[WatchFinding], over: list[WatchFinding] | None = None, most: int = 20
) -> Alert:
    rows = [Watched(one, at(9), at(9)) for one in new]
    ended = [Watched(one, at(9), at(9), at(10)) for one in over or []]
    alert = roll_up(rows, ended, len(rows), at(10), most)
    assert alert is not None
    return alert


def test_nothing_new_and_nothing_over_is_no_alert() -> None:
    assert roll_up([], [], 7, at(10)) is None


def test_an_alert_says_what_since_when_what_to_do_and_what_will_not_help() -> None:
    alert = alert_of([finding()])
    assert alert.subject == "UEC feeds: 1 new, 1 open"
    assert alert.text == (
        "UEC feeds: 1 new, 1 open (Mon 9 Nov 2026 10:00 GMT)\n"
        "\n"
        "A PROVIDER FELL SILENT (WATCH-001)\n"
        "- acute_realtime.r1h: r1h ! Since Mon 9 Nov 2026 08:00 GMT.\n"
        f"  Do: {SILENT.fix}\n"
        f"  Will not help: {SILENT.no_help}\n"
    )


def test_a_special_remedy_takes_the_place_of_the_kinds_own() -> None:
    special = watch_finding(SILENT, "c", "c.f", "", at(8), "Files come.", "Read the answers.")
    text = alert_of([special]).text
    assert "Do: Read the answers." in text
    assert SILENT.fix not in text


def test_patient_data_comes_first_and_then_the_newest() -> None:
    text = alert_of(
        [
            finding(UNKNOWN_CODE, "a", "ZZ9", at(9)),
            finding(SILENT, "older", since=at(7)),
            finding(SILENT, "newer", since=at(8)),
            finding(PATIENT_DATA, "b", "x", at(6)),
        ]
    ).text
    places = [text.index(word) for word in ("PATIENT DATA", ".newer", ".older", "UNKNOWN CODE")]
    assert places == sorted(places)
    assert text.count("FELL SILENT") == 1


def test_findings_of_one_feed_and_kind_are_one_line() -> None:
    areas = [
        finding(STUCK, "nhs", f"111A{number:02d}", at(8) - number * QUARTER) for number in range(42)
    ]
    alert = alert_of(areas)
    assert alert.text.count("\n- ") == 1
    assert "Also affected (41): 111A01, 111A02, 111A03, 111A04, 111A05 and 36 more." in alert.text
    assert "Since Sun 8 Nov 2026 21:45 GMT" in alert.text, "the earliest of them"
    assert len(alert.findings) == 42


def test_a_long_alert_ends_with_how_many_more_there_are() -> None:
    new = [finding(feed=f"r{number:02d}") for number in range(30)]
    alert = alert_of(new, [finding(feed="ended")], most=20)
    assert alert.text.count("\n- ") == 20
    assert "and 11 more: `sitrep watch`" in alert.text
    assert alert.subject == "UEC feeds: 30 new, 1 over, 30 open"
    assert len(alert.findings) == 31


def test_what_is_over_stands_at_the_end() -> None:
    alert = alert_of([finding(feed="new")], [finding(STUCK, "r0a", "R0A01")])
    assert alert.text.endswith(
        "\nOVER\n- A feed is stuck: acute_realtime.r0a (R0A01), since Mon 9 Nov 2026 08:00 GMT.\n"
    )
    assert [row["state"] for row in alert.findings] == ["new", "over"]


def test_what_was_over_before_it_could_be_told_says_so() -> None:
    row = Watched(finding(), at(9), at(9), at(10))
    alert = roll_up([row], [], 0, at(10))
    assert alert is not None
    assert "GMT. It is over." in alert.text


def test_programs_get_every_field() -> None:
    (row,) = alert_of([finding()]).findings
    assert row == {
        "state": "new",
        "code": "WATCH-001",
        "title": "A provider fell silent",
        "collection": "acute_realtime",
        "feed_id": "acute_realtime.r1h",
        "subject": "",
        "since": "2026-11-09T08:00:00+00:00",
        "first_seen_at": "2026-11-09T09:00:00+00:00",
        "ended_at": None,
        "message": "r1h !",
        "fix": SILENT.fix,
        "will_not_help": SILENT.no_help,
    }
