"""Many calls at once: in order, bounded in number and bytes, and none holds up its caller."""

import threading
import time
from collections.abc import Iterator

import pytest

from pipelines.collect.calls_in_time import each_in_time, in_time


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What hangs waits for it; it opens when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def long(_: object) -> float:
    return 30.0


def test_results_come_in_the_items_order_with_errors_in_their_places() -> None:
    def call(number: int) -> int:
        time.sleep(0.001 * (7 - number % 7))
        if number == 3:
            raise ValueError
        return number * 2

    found = list(each_in_time(call, range(50), at_once=8, seconds=long))
    assert [item for item, _ in found] == list(range(50))
    assert isinstance(found[3][1], ValueError)
    assert [result for item, result in found if item != 3] == [
        number * 2 for number in range(50) if number != 3
    ]


def test_no_more_are_made_at_once_than_are_asked_for() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= 1

    assert len(list(each_in_time(call, range(60), at_once=5, seconds=long))) == 60
    assert 1 < most <= 5


def test_results_that_nobody_takes_are_bounded_by_their_bytes() -> None:
    made: list[int] = []
    calls = each_in_time(
        lambda number: made.append(number),
        range(20),
        at_once=8,
        seconds=long,
        size=lambda _: 10,
        most_bytes=30,
    )
    next(calls)
    # Of the three whose bytes fit together one was taken.
    assert len(made) <= 3
    assert len(list(calls)) == 19
    assert sorted(made) == list(range(20))


def test_one_that_is_larger_than_all_may_be_is_made_alone() -> None:
    calls = each_in_time(
        lambda number: number,
        [1, 2],
        at_once=2,
        seconds=long,
        size=lambda _: 100,
        most_bytes=10,
    )
    assert [result for _, result in calls] == [1, 2]


def test_one_that_hangs_is_given_up_and_the_others_are_made(gate: threading.Event) -> None:
    def call(number: int) -> int:
        if number == 1:
            gate.wait()
        return number

    def seconds(number: int) -> float:
        return 0.05 if number == 1 else 30

    found = dict(each_in_time(call, range(6), at_once=2, seconds=seconds))
    assert isinstance(found.pop(1), TimeoutError)
    assert found == {0: 0, 2: 2, 3: 3, 4: 4, 5: 5}


def test_where_all_hang_the_rest_are_not_made(gate: threading.Event) -> None:
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        gate.wait()

    with pytest.raises(TimeoutError):
        list(each_in_time(call, range(100), at_once=3, seconds=lambda _: 0.02))
    assert len(made) <= 6


def test_threads_end_with_the_calls() -> None:
    before = set(threading.enumerate())
    calls = each_in_time(lambda number: number, range(100), at_once=16, seconds=long)
    next(calls)
    calls.close()  # type: ignore[attr-defined]
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_a_single_call_gives_its_result_its_error_or_a_timeout(gate: threading.Event) -> None:
    assert in_time(lambda: 5, 30) == 5
    with pytest.raises(KeyError):
        in_time(lambda: {"a": 1}["b"], 30)
    with pytest.raises(TimeoutError):
        in_time(gate.wait, 0.02)
