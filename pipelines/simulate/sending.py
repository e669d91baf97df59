"""Carries out a plan: delivers files, waits where it is live, and records the deliveries."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipelines.base.clock import london_date
from pipelines.simulate.deliver import Receiver
from pipelines.simulate.events import Event, MissingSlot, PlannedDelivery
from pipelines.simulate.faults import Fault
from pipelines.simulate.pace import PacedClock
from pipelines.simulate.record import Recorder

TOGETHER = timedelta(minutes=5)
"""What arrives within the same five minutes is delivered in one go: a tick's files are."""

Report = Callable[[str], None]


@dataclass
class Tally:
    """The number of files and faults."""

    deliveries: Counter[str] = field(default_factory=Counter)
    """Collection → files."""
    faults: Counter[str] = field(default_factory=Counter)
    """Fault → files, or slots without one."""
    bytes: int = 0

    def count(self, event: Event) -> None:
        """The event is counted in."""
        if isinstance(event, MissingSlot):
            self.faults[Fault.MISSING] += 1
            return
        self.deliveries[event.collection] += 1
        self.bytes += len(event.content)
        if event.fault is not None:
            self.faults[event.fault] += 1


def deliver_until(
    events: Iterable[Event],
    until: datetime | None,
    receiver: Receiver,
    recorder: Recorder,
    tally: Tally,
    report: Report,
) -> int:
    """Everything that has arrived by `until` is delivered at once; how many files come later."""
    left = 0
    for batch in batches(events):
        due = [event for event in batch if until is None or event.at <= until]
        left += sum(1 for event in batch[len(due) :] if isinstance(event, PlannedDelivery))
        _carry_out(due, receiver, recorder, tally, report)
    return left


def deliver_live(
    events: Iterable[Event],
    clock: PacedClock,
    receiver: Receiver,
    recorder: Recorder,
    tally: Tally,
    report: Report,
    past: Receiver | None = None,
) -> None:
    """Everything is delivered when it is due; what is due already, at once, to `past`."""
    for batch in batches(events):
        if batch[-1].at <= clock.now():
            _carry_out(batch, past or receiver, recorder, tally, report)
            continue
        for event in batch:
            clock.wait_until(event.at)
            _carry_out([event], receiver, recorder, tally, report)


def batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """The events, those of the same five minutes together."""
    batch: list[Event] = []
    end: datetime | None = None
    for event in events:
        if end is None or event.at >= end:
            if batch:
                yield batch
            batch = []
            past = event.at.timestamp() % TOGETHER.total_seconds()
            end = event.at - timedelta(seconds=past) + TOGETHER
        batch.append(event)
    if batch:
        yield batch


def _carry_out(
    events: list[Event], receiver: Receiver, recorder: Recorder, tally: Tally, report: Report
) -> None:
    deliveries = [event for event in events if isinstance(event, PlannedDelivery)]
    delivery_ids = iter(receiver.receive(deliveries) if deliveries else ())
    for event in events:
        if isinstance(event, PlannedDelivery):
            recorder.delivered(event, next(delivery_ids))
        else:
            recorder.missed(event)
        tally.count(event)
    recorder.flush()
    if events:
        report(f"Simulating {london_date(events[-1].at)}: {tally.deliveries.total():,} files")
