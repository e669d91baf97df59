"""One feed's day: its slots' files, made in one go, and the faults of some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipelines.findings.status import Status
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.simulate import damage
from pipelines.simulate.days import london_midnight, slots_of_day
from pipelines.simulate.draws import uniforms
from pipelines.simulate.events import Event, MissingSlot, PlannedDelivery
from pipelines.simulate.faults import RATED, Fault, Rates, choose_faults
from pipelines.simulate.figures import CORRECTABLE, Figures
from pipelines.simulate.keys import Key
from pipelines.simulate.render import FeedPlan, Table, Values
from pipelines.simulate.timing import FileNames, Sending, Timing

_MOST_SLOTS = 100
_CHANCES = 5
_LARGEST_CORRECTION = 3

NO_FILE_CODES = frozenset(f"FILE-{number:03d}" for number in (1, 2, 3, 12, 13, 14, 15))
"""Codes of files that are not text, a workbook or JSON, or have no header."""
REPEATED_CODES = frozenset({"FILE-008"})
PATIENT_CODES = frozenset({"DATA-001"})
NO_NUMBER_CODES = frozenset({"CELL-001"})
AMBIGUOUS_CODES = frozenset({"CELL-008"})
OTHERS_CODE = "ROW-002"
_CODE_RULES = ("expect_column_values_to_be_in_reference_set", "expect_texts_to_match")


@dataclass(frozen=True, slots=True)
class SimulatedSlot:
    """One slot of the day, the file that says what happened in it, and its chances."""

    number: int
    start: datetime
    table: Table
    chance: Sequence[float]


class FeedSimulation:
    """What one feed sends."""

    def __init__(
        self,
        feed: Feed,
        collection: Collection,
        keys: Sequence[Key],
        figures: Figures,
        timing: Timing,
        seed: int,
        rates: Rates,
    ) -> None:
        self.feed = feed
        self.slot_minutes = collection.cadence.slot_minutes
        self._collection = collection
        self._figures = figures
        self._seed = seed
        self._rates = rates
        self._places = [figures.place[key] for key in keys]
        self._plan = FeedPlan(feed, collection, keys)
        self._timing = timing
        self._names = FileNames(feed)
        self._corrected = [
            name
            for name in CORRECTABLE[collection.collection]
            if self._plan.place(name) is not None
        ]
        self._possible = self._possible_faults()
        self._total_lines = 1 if self._plan.has_total else 0

    def of_day(self, day: date, wanted: Sequence[int]) -> list[Event]:
        """The events of the slots of that London day with these numbers, in no set order."""
        starts = slots_of_day(day, self.slot_minutes)
        values = {
            name: numbers[self._places] for name, numbers in self._figures.of_day(day).items()
        }
        own = {name: numbers[:, wanted] for name, numbers in values.items()}
        tables = self._plan.tables(own, [starts[number] for number in wanted])
        ambiguous = self._plan.ambiguous(starts)
        feed_id = self.feed.feed_id
        faults = choose_faults(self._seed, feed_id, day, ambiguous, self._rates, self._possible)
        chance = uniforms(_MOST_SLOTS * _CHANCES, self._seed, "send", feed_id, day)
        chances = chance.reshape(_MOST_SLOTS, _CHANCES).tolist()
        events: list[Event] = []
        for number, table in zip(wanted, tables, strict=True):
            slot = SimulatedSlot(number, starts[number], table, chances[number])
            fault = faults.kinds[number]
            if fault is None:
                events.append(self._deliver(slot, self._on_time(slot)))
            elif fault is Fault.STUCK:
                since = faults.stuck_since[number]
                repeated = self._table(slot, _only(values, since))
                stuck = self._deliver(replace(slot, table=repeated), self._on_time(slot), fault)
                events.append(replace(stuck, stuck_since=starts[since]))
            else:
                events += self._go_wrong(slot, fault, values)
        return events

    def _possible_faults(self) -> frozenset[Fault]:
        """The faults that this feed can have."""
        impossible: set[Fault] = set()
        if self._collection.cadence.is_daily:
            impossible.add(Fault.STUCK)
        if not self._corrected:
            impossible |= {Fault.CORRECTED, Fault.OUT_OF_ORDER}
        if self.feed.file_time is None:
            # Without times in the names, the file that comes last is the newest.
            impossible.add(Fault.OUT_OF_ORDER)
        if not damage.codes_at_risk(self._plan, self._collection):
            impossible.add(Fault.WRONG_CODE)
        if not damage.plain_counts(self._plan):
            impossible.add(Fault.TEXT_IN_NUMBER)
        return frozenset(RATED) - impossible

    def _go_wrong(self, slot: SimulatedSlot, fault: Fault, values: Values) -> list[Event]:
        """The events of a slot with that fault."""
        on_time = self._on_time(slot)
        match fault:
            case Fault.LATE:
                sending = self._timing.late(slot.start, slot.chance[0])
                return [self._deliver(slot, sending, fault)]
            case Fault.MISSING:
                return [self._miss(slot, on_time)]
            case Fault.DUPLICATE:
                return self._repeat(slot, on_time)
            case Fault.CORRECTED:
                later = self._timing.correction(slot.start, slot.number, slot.chance[1])
                first = replace(self._deliver(slot, on_time), is_superseded=True)
                return [first, self._deliver(self._correct(slot, values), later, fault)]
            case Fault.OUT_OF_ORDER:
                held_up = self._timing.held_up(slot.start, slot.chance[0])
                older = replace(self._deliver(slot, held_up, fault), is_superseded=True)
                return [self._deliver(self._correct(slot, values), on_time), older]
            case Fault.AMBIGUOUS_TIME:
                plain = self._deliver(slot, on_time, fault)
                return [self._keep_out(plain, plain.rows, AMBIGUOUS_CODES)]
            case _:
                return [self._spoil(slot, on_time, fault)]

    def _spoil(self, slot: SimulatedSlot, sending: Sending, fault: Fault) -> PlannedDelivery:
        """A file whose content is wrong."""
        details = slot.chance[1:]
        if fault is Fault.WRONG_CODE:
            table, column = damage.put_wrong_code(slot.table, self._plan, self._collection, details)
            spoilt = self._deliver(replace(slot, table=table), sending, fault)
            return self._keep_out(spoilt, 1, self._codes_of_wrong(column))
        if fault is Fault.TEXT_IN_NUMBER:
            table = damage.put_text_in_number(slot.table, self._plan, details)
            spoilt = self._deliver(replace(slot, table=table), sending, fault)
            return self._keep_out(spoilt, 1, NO_NUMBER_CODES)
        if fault is Fault.NHS_NUMBER:
            table = damage.put_nhs_number(slot.table, self._plan, details)
            refused = self._deliver(replace(slot, table=table), sending, fault)
            return _refuse(refused, refused.content, PATIENT_CODES)
        whole = self._deliver(slot, sending, fault)
        content = damage.break_bytes(whole.content, self._plan, sending.made_at, details[0])
        return _refuse(whole, content, NO_FILE_CODES)

    def _repeat(self, slot: SimulatedSlot, on_time: Sending) -> list[Event]:
        """The file, and the same bytes under a later name."""
        first = self._deliver(slot, on_time)
        sending = self._timing.repeat(slot.start, slot.number, slot.chance[1])
        second = replace(
            first,
            at=sending.arrives_at,
            file_name=self._names.name(sending.made_at),
            fault=Fault.DUPLICATE,
            expected_status=Status.DUPLICATE,
            expected_codes=REPEATED_CODES,
        )
        return [first, second]

    def _correct(self, slot: SimulatedSlot, values: Values) -> SimulatedSlot:
        """The slot with one figure a little higher."""
        column = self._corrected[int(slot.chance[2] * len(self._corrected))]
        raised = {name: numbers.copy() for name, numbers in _only(values, slot.number).items()}
        row = int(slot.chance[3] * len(self._places))
        raised[column][row] += 1 + int(slot.chance[4] * _LARGEST_CORRECTION)
        return replace(slot, table=self._table(slot, raised))

    def _table(self, slot: SimulatedSlot, values: Values) -> Table:
        """The slot's file with these values."""
        return self._plan.tables(values, [slot.start])[0]

    def _on_time(self, slot: SimulatedSlot) -> Sending:
        return self._timing.ordinary(slot.start, slot.chance[0])

    def _deliver(
        self, slot: SimulatedSlot, sending: Sending, fault: Fault | None = None
    ) -> PlannedDelivery:
        """The slot's file, which should be accepted."""
        return PlannedDelivery(
            at=sending.arrives_at,
            feed_id=self.feed.feed_id,
            collection=self.feed.collection,
            file_name=self._names.name(sending.made_at),
            content=self._plan.write(slot.table, sending.made_at),
            slots=(slot.start,),
            rows=len(slot.table.rows),
            total_lines=self._total_lines,
            fault=fault,
            expected_status=Status.ACCEPTED,
            expected_codes=frozenset(),
            rows_kept_out=0,
            is_superseded=False,
        )

    def _keep_out(
        self, delivery: PlannedDelivery, rows: int, codes: frozenset[str]
    ) -> PlannedDelivery:
        """The delivery, with so many of its rows not to be loaded; rejected if none is left."""
        return replace(
            delivery,
            expected_status=(
                Status.REJECTED if rows == delivery.rows else Status.ACCEPTED_WITH_REJECTIONS
            ),
            expected_codes=codes,
            rows_kept_out=rows,
        )

    def _miss(self, slot: SimulatedSlot, on_time: Sending) -> MissingSlot:
        begins = self.feed.slots_from
        return MissingSlot(
            at=on_time.arrives_at,
            feed_id=self.feed.feed_id,
            collection=self.feed.collection,
            slot=slot.start,
            is_expected=begins is not None and slot.start >= london_midnight(begins),
        )

    def _codes_of_wrong(self, column: str) -> frozenset[str]:
        """The codes of findings that report a wrong code in that column."""
        rules = {
            rule.code
            for rule in self._collection.rules
            if rule.expectation in _CODE_RULES and rule.kwargs.get("column") == column
        }
        is_restricted = self.feed.may_report is not None
        if column == self._collection.organisation_column and is_restricted:
            rules.add(OTHERS_CODE)
        return frozenset(rules)


def _refuse(delivery: PlannedDelivery, content: bytes, codes: frozenset[str]) -> PlannedDelivery:
    """The delivery with that content, which is refused before a row of it is read."""
    return replace(
        delivery,
        content=content,
        rows=0,
        total_lines=0,
        expected_status=Status.REJECTED,
        expected_codes=codes,
    )


def _only(values: Values, number: int) -> Values:
    """The values of the slot with that number alone."""
    return {name: numbers[:, number : number + 1] for name, numbers in values.items()}
