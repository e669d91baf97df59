"""Calls over a network, many at once, each with a time limit that holds whatever is answered.

A library's own limit is for one read of a socket: a server that sends a byte now and then keeps
such a call for ever. Here the caller goes on when the time is over. The call's thread is left to
itself: it ends when the server lets it go, or with the process, which does not wait for it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Call(Generic[Item, Result]):
    """One call, on its way."""

    def __init__(self, item: Item, size: int) -> None:
        self.item = item
        self.size = size
        self.started_at = 0.0
        self.has_started = threading.Event()
        self.has_ended = threading.Event()
        self.result: Result | Exception = TimeoutError()

    def run(self, do: Callable[[Item], Result]) -> None:
        """The call is made."""
        self.started_at = time.monotonic()
        self.has_started.set()
        try:
            self.result = do(self.item)
        except Exception as error:
            self.result = error
        self.has_ended.set()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within so many seconds of its start."""
        self.has_started.wait()
        return self.has_ended.wait(max(0.0, self.started_at + seconds - time.monotonic()))


class _Threads(Generic[Item, Result]):
    """Threads that make calls until they are told to end."""

    def __init__(self, do: Callable[[Item], Result]) -> None:
        self._do = do
        self._calls: SimpleQueue[_Call[Item, Result] | None] = SimpleQueue()
        self.number = 0

    def add(self) -> None:
        """One thread more."""
        self.number += 1
        threading.Thread(target=self._work, daemon=True).start()

    def make(self, call: _Call[Item, Result]) -> None:
        """The next thread that is free makes the call."""
        self._calls.put(call)

    def end(self) -> None:
        """Each thread ends after the call that it is at; calls that wait are not made."""
        with suppress(Empty):
            while True:
                self._calls.get_nowait()
        for _ in range(self.number):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run(self._do)


def each_in_time(
    do: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    at_once: int,
    seconds: Callable[[Item], float],
    size: Callable[[Item], int] = lambda _: 0,
    most_bytes: int = 128 * 1024 * 1024,
) -> Iterator[tuple[Item, Result | Exception]]:
    """Each item with its result, or with the error that it ended with, in the items' order.

    One that takes longer than `seconds` ends with a `TimeoutError`. Results that nobody has taken
    yet have about `most_bytes` together, by `size`. Raises `TimeoutError` where as many calls were
    given up as are made at once: there is no use in more of them.
    """
    threads: _Threads[Item, Result] = _Threads(do)
    under_way: deque[_Call[Item, Result]] = deque()
    held, given_up = 0, 0
    waiting = deque(items)
    try:
        while under_way or waiting:
            while waiting and len(under_way) < 2 * at_once:
                call: _Call[Item, Result] = _Call(waiting[0], size(waiting[0]))
                if under_way and held + call.size > most_bytes:
                    break
                if threads.number - given_up < min(at_once, len(under_way) + 1):
                    threads.add()
                held += call.size
                under_way.append(call)
                threads.make(call)
                waiting.popleft()
            first = under_way.popleft()
            held -= first.size
            if first.wait(seconds(first.item)):
                yield first.item, first.result
                continue
            given_up += 1
            if given_up >= at_once:
                raise TimeoutError
            threads.add()
            yield first.item, TimeoutError()
    finally:
        threads.end()


def in_time(do: Callable[[], Result], seconds: float) -> Result:
    """What the call gives, or its error; raises `TimeoutError` after so many seconds."""
    for _, result in each_in_time(lambda _: do(), (None,), at_once=2, seconds=lambda _: seconds):
        if isinstance(result, Exception):
            raise result
        return result
    raise TimeoutError
