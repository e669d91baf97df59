"""A bound on the time of a call: what drips ends no timeout of a library."""

import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class OutOfTime(Exception):
    """The call was not done in time; it may still go on, and nobody waits for it."""


def in_time(call: Callable[[], Result], within_seconds: float) -> Result:
    """What the call gives or raises; raises `OutOfTime` where it takes longer.

    It runs in a thread of its own, which holds up no end of the process. Whatever it uses is not
    to be used by others after it was left.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(within_seconds)
    if errors:
        raise errors[0]
    if not results:
        raise OutOfTime
    return results[0]
