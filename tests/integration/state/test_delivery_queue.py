"""The queue of deliveries is the same in a folder and in Postgres."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.landing.chosen_queue import chosen_queue
from pipelines.landing.delivery_queue import DeliveryQueue
from pipelines.landing.manifest_lines import Manifest

pytestmark = pytest.mark.usefixtures("each_state")
DAY = "2026-11-27"


def delivery(number: int, day: int = 27, name: str = "") -> Manifest:
    at = datetime(2026, 11, day, 12, tzinfo=UTC)
    delivery_id = f"{at:%Y%m%dT%H%M%S%f}-{number:06d}0a1b2c3d"
    file = name or f"{number}.csv"
    return Manifest(delivery_id, "a.feed", f"{number:064x}", 3, file, "incoming", at)


@pytest.fixture
def queue(tmp_path: Path) -> DeliveryQueue:
    return chosen_queue(tmp_path)


def ids(manifests: list[Manifest]) -> list[str]:
    return [one.delivery_id for one in manifests]


def test_deliveries_wait_in_their_order_until_they_are_settled(
    queue: DeliveryQueue, tmp_path: Path
) -> None:
    late, early = [delivery(3), delivery(4)], [delivery(1), delivery(2)]
    queue.enter(late)
    queue.enter(early)
    assert queue.waiting() == [*early, *late]
    assert chosen_queue(tmp_path).waiting() == [*early, *late]
    queue.settle(ids([early[0], late[0]]))
    assert queue.waiting() == [early[1], late[1]]
    assert queue.settled_days() == [DAY]
    assert list(queue.settled_on(DAY).values()) == [early[0], late[0]]
    queue.settle(ids([*early, *late]))
    queue.settle(ids([*early, *late]))
    assert queue.waiting() == []
    assert list(queue.settled_on(DAY).values()) == [*early, *late]
    assert queue.settled_on("2026-11-26") == {}


def test_a_backlog_is_read_as_it_is_asked_for(queue: DeliveryQueue, tmp_path: Path) -> None:
    """In the order of the deliveries, whichever came together, and what waits again too."""
    backlog = [delivery(number) for number in range(1, 10)]
    queue.enter(backlog[6:])
    queue.enter([backlog[0], backlog[3], backlog[4]])
    queue.enter([backlog[1], backlog[5]])
    queue.enter_again([backlog[2]])
    in_order = chosen_queue(tmp_path).in_order()
    first = [next(in_order) for _ in range(6)]
    assert first == backlog[:6]
    queue.enter([delivery(10)])
    queue.settle(ids(backlog[6:]))
    assert set(ids(list(in_order))) <= set(ids(backlog[6:]))
    assert list(queue.in_order()) == [*backlog[:6], delivery(10)]


def test_a_part_of_a_backlog_is_settled_before_the_next_is_read(queue: DeliveryQueue) -> None:
    backlog = [delivery(number) for number in range(9)]
    for start in range(0, 9, 3):
        queue.enter(backlog[start : start + 3])
    seen = []
    for one in queue.in_order():
        queue.settle([one.delivery_id])
        seen.append(one)
    assert seen == backlog
    assert queue.waiting() == []
    assert list(queue.settled_on(DAY).values()) == backlog


def test_what_waits_again_is_in_order_however_it_was_entered(queue: DeliveryQueue) -> None:
    backlog = [delivery(number) for number in range(6)]
    queue.enter(backlog[:3])
    queue.enter_again([backlog[5], backlog[1], backlog[4], backlog[3]])
    order = list(dict.fromkeys(ids(list(queue.in_order()))))
    assert order == ids(backlog)


def test_of_a_backlog_what_came_since_is_read(queue: DeliveryQueue, tmp_path: Path) -> None:
    old, new = [delivery(1, 26), delivery(2, 26)], [delivery(3), delivery(4)]
    queue.enter(old)
    queue.enter(new)
    queue.enter_again([delivery(0, 25), delivery(5)])
    since = new[0].received_at
    assert list(queue.in_order(since)) == [*new, delivery(5)]
    assert list(queue.in_order(since + timedelta(microseconds=1))) == []
    assert list(queue.in_order(old[0].received_at)) == [*old, *new, delivery(5)]
    again = chosen_queue(tmp_path)
    assert next(again.in_order(since)) == new[0]
    again.settle(ids([*old, *new]))
    assert queue.waiting() == [delivery(0, 25), delivery(5)], "also what was left out is settled"


def test_what_waits_is_counted_by_feed(queue: DeliveryQueue) -> None:
    assert queue.number_by_feed() == {}
    queue.enter([delivery(1), delivery(2), replace(delivery(3), feed_id="another.feed")])
    queue.settle(ids([delivery(1)]))
    assert queue.number_by_feed() == {"a.feed": 1, "another.feed": 1}


def test_a_file_that_waits_under_its_three_names_is_known(queue: DeliveryQueue) -> None:
    one, other = delivery(1), delivery(2)
    keys = [(each.feed_id, each.sha256, each.file_name) for each in (one, other)]
    queue.enter([one])
    assert queue.waiting_as(keys) == {keys[0]: one}
    queue.settle(ids([one]))
    assert queue.waiting_as(keys) == {}
    assert queue.waiting_as([]) == {}


def test_a_process_that_runs_for_long_sees_what_others_did(
    queue: DeliveryQueue, tmp_path: Path
) -> None:
    served, one, other = chosen_queue(tmp_path, for_long=True), delivery(1), delivery(2)
    key = (one.feed_id, one.sha256, one.file_name)
    assert served.waiting() == []
    queue.enter([one, other])
    assert served.waiting() == [one, other]
    assert served.waiting_as([key]) == {key: one}
    queue.settle(ids([one]))
    assert served.waiting() == [other]
    assert served.waiting_as([key]) == {}


def test_what_was_settled_may_wait_again(queue: DeliveryQueue) -> None:
    days = [delivery(1), delivery(2), delivery(3, day=28)]
    queue.enter(days[:2])
    queue.enter(days[2:])
    queue.settle(ids(days))
    assert queue.settled_days() == [DAY, "2026-11-28"]
    assert queue.back(DAY, ids(days)) == 2
    assert queue.waiting() == days[:2]
    assert queue.back(DAY, ids(days)) == 0
    queue.settle(ids(days))
    queue.enter_again(days[2:])
    assert queue.waiting() == days[2:]


def test_a_delivery_is_found_wherever_it_is(queue: DeliveryQueue) -> None:
    waiting, settled = delivery(1), delivery(2)
    queue.enter([waiting, settled])
    queue.settle(ids([settled]))
    assert queue.find(waiting.delivery_id) == waiting
    assert queue.find(settled.delivery_id) == settled
    assert queue.find(delivery(9).delivery_id) is None
    queue.forget("2026-11-27")
    assert queue.find(settled.delivery_id) is None
    assert queue.waiting() == [waiting]


def test_odd_names_come_back_as_they_were(queue: DeliveryQueue) -> None:
    odd = delivery(1, name='Größe ‘a’\\ "b".csv')
    queue.enter([odd])
    assert queue.waiting() == [odd]
