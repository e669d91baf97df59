"""Compares the ledger with what the simulated providers sent.

Every file must be in the ledger with the status that its fault requires, its answer must name the
fault, a file without a fault must have no finding, and every slot must be in the state that its
files require.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.collect.collected_source import sources_at
from pipelines.findings.status import Status
from pipelines.landing.landing import Landing
from pipelines.registry.registry import Registry
from pipelines.simulate.faults import Fault
from pipelines.simulate.figures import MODELS
from pipelines.simulate.record import Record, RecordedDelivery, read_records
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_Key = tuple[str, str, str]
"""Feed, file name and hash of one file."""
_Slot = tuple[str, datetime]
"""Feed, and when the slot begins."""


@dataclass
class Comparison:
    """What was sent and what the ledger has, and every difference in plain words."""

    sent: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    on_their_way: int = 0
    """Files that wait in a source's folder or in the inbox: they cannot be judged yet."""


def compare(home: Path, registry: Registry) -> Comparison:
    """The ledger of the home beside the records of all simulations there."""
    from warehouse.marts.slot_grid import ensure_grid
    from warehouse.store.connection import open_warehouse

    records = read_records(home)
    comparison = Comparison()
    if not records:
        comparison.differences.append(f"There is no simulation in {home}.")
        return comparison
    # Before the ledger, so that a file which goes on meanwhile is seen somewhere.
    waiting = _waiting_files(home, registry)
    with open_warehouse(home) as connection:
        ensure_grid(connection, registry, now())
        unsettled = _compare_files(connection, records, waiting, comparison)
        _compare_slots(connection, registry, records, unsettled, comparison)
    return comparison


def _waiting_files(home: Path, registry: Registry) -> set[str]:
    """The names of files that providers have sent and that are not loaded."""
    endpoints = {
        endpoint for name in registry.collections for endpoint in registry.endpoints_of(name)
    }
    at_sources = {
        name
        for endpoint in endpoints
        for source in sources_at(registry, endpoint)
        for name in source.waiting_names(home)
    }
    return at_sources | {manifest.file_name for manifest in Landing(home).waiting()}


def _compare_files(
    connection: "duckdb.DuckDBPyConnection",
    records: Iterable[Record],
    waiting: set[str],
    comparison: Comparison,
) -> set[_Slot]:
    """The slots of files that are on their way, which cannot be judged yet."""
    unsettled: set[_Slot] = set()
    sent: dict[_Key, list[RecordedDelivery]] = defaultdict(list)
    for record in records:
        for one in record.deliveries:
            sent[one.feed_id, one.file_name, one.sha256].append(one)
    held = _read_ledger(connection)
    for key, deliveries in sent.items():
        missing = len(deliveries) - len(held.get(key, ()))
        if missing > 0 and key[1] in waiting:
            comparison.on_their_way += missing
            unsettled |= {(key[0], slot) for one in deliveries for slot in one.slots}
            held.pop(key, None)
            continue
        comparison.sent.update(one.expected_status for one in deliveries)
        comparison.faults.update(one.fault.value for one in deliveries if one.fault)
        entries = held.pop(key, [])
        comparison.found.update(status for status, _ in entries)
        comparison.differences += _differences(key, deliveries, entries)
    comparison.differences += [
        f"{feed_id}: {name}: in the ledger, but no provider sent it" for feed_id, name, _ in held
    ]
    return unsettled


def _read_ledger(
    connection: "duckdb.DuckDBPyConnection",
) -> dict[_Key, list[tuple[str, frozenset[str]]]]:
    """Status and codes (for information left out) of each submission of a simulated feed."""
    held: dict[_Key, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for feed_id, name, sha256, status, codes in connection.execute(
        render(Path(__file__).parent, "ledger", collections=MODELS)
    ).fetchall():
        told = frozenset(codes or ()) | ({"FILE-008"} if status == Status.DUPLICATE else set())
        held[feed_id, name, sha256].append((status, told))
    return held


def _differences(
    key: _Key, deliveries: list[RecordedDelivery], entries: list[tuple[str, frozenset[str]]]
) -> Iterator[str]:
    where = f"{key[0]}: {key[1]}"
    if len(entries) != len(deliveries):
        yield f"{where}: sent {len(deliveries)} times, in the ledger {len(entries)} times"
        return
    for one, (status, codes) in zip(deliveries, entries, strict=True):
        if status != one.expected_status:
            yield f"{where}: {one.fault or 'no fault'}: {status} and not {one.expected_status}"
        elif one.expected_codes and not one.expected_codes & codes:
            expected = " or ".join(sorted(one.expected_codes))
            yield f"{where}: {one.fault}: the answer does not name it with {expected}"
        elif not one.expected_codes and (wrong := codes - _allowed(one)):
            yield f"{where}: without a fault accused of {', '.join(sorted(wrong))}"


def _allowed(one: RecordedDelivery) -> frozenset[str]:
    """Codes that are right where they are told, and right where they are not.

    A file that a newer one overtook changed nothing if the newer one was loaded before it; if
    both were loaded together it gave the revision before.
    """
    return frozenset({"SLOT-003"}) if one.fault is Fault.OUT_OF_ORDER else frozenset()


def _compare_slots(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    records: list[Record],
    unsettled: set[_Slot],
    comparison: Comparison,
) -> None:
    """Slots that were sent late or never must be late or missing, and no others."""
    from warehouse.marts.slot_grid import expected_feeds, slot_status_sql
    from warehouse.store.stored_time import from_stored

    moment = now()
    first = min(record.note.start for record in records)
    feeds = [feed for feed in expected_feeds(registry) if feed.feed_id in _senders(records)]
    states: dict[tuple[str, datetime], str] = {
        (feed_id, from_stored(slot)): status
        for feed_id, slot, status in connection.execute(
            "SELECT feed_id, slot_start, status FROM "
            f"({slot_status_sql(feeds, first, moment, moment)})"
        ).fetchall()
    }
    given: dict[tuple[str, datetime], set[Fault | None]] = defaultdict(set)
    caught_up: set[tuple[str, datetime]] = set()
    for record in records:
        for one in record.deliveries:
            if one.expected_status in (Status.ACCEPTED, Status.ACCEPTED_WITH_REJECTIONS):
                keys = {(one.feed_id, slot) for slot in one.slots}
                for key in keys:
                    given[key].add(one.fault)
                # What was put into a folder when its time was over came later than planned.
                if one.delivery_id is None and one.at < record.note.started_at:
                    caught_up |= keys
    for key, status in states.items():
        faults = given.get(key, set())
        is_late = faults == {Fault.LATE} or (status == "late" and key in caught_up)
        expected = "missing" if not faults else "late" if is_late else "on_time"
        if status != expected and status != "awaited" and key not in unsettled:
            comparison.differences.append(
                f"{key[0]}: slot {key[1]:%Y-%m-%dT%H:%MZ} is {status} and not {expected}"
            )


def _senders(records: Iterable[Record]) -> set[str]:
    return {feed_id for record in records for feed_id in record.note.feeds}
