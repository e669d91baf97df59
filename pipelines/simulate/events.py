"""What happens in a simulation: a file is delivered, or a slot's file never comes."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from pipelines.findings.status import Status
from pipelines.simulate.faults import Fault


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One file: its bytes, when it arrives, what is wrong with it and the expected answer."""

    at: datetime
    """When it arrives."""
    feed_id: str
    collection: str
    file_name: str
    content: bytes
    slots: tuple[datetime, ...]
    rows: int
    """Rows that are read, apart from a total line; none of a file that is refused unread."""
    total_lines: int
    fault: Fault | None
    expected_status: Status
    expected_codes: frozenset[str]
    """Codes of which the answer has at least one; empty where the answer need not have any."""
    rows_kept_out: int
    is_superseded: bool
    """Whether another delivery's values replace this one's in the end."""
    stuck_since: datetime | None = None
    """For a stuck feed, the slot whose values it repeats."""


class MissingSlot(msgspec.Struct, frozen=True, tag="missing_slot", tag_field="event"):
    """A slot whose file is never sent."""

    at: datetime
    """When it would have arrived."""
    feed_id: str
    collection: str
    slot: datetime
    is_expected: bool
    """Whether the feed's slots are expected, so that the gap must be reported."""


Event = PlannedDelivery | MissingSlot
