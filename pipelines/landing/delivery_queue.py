"""The queue of deliveries: what has landed and is not settled, and what was settled.

It is only a fast list: the ledger decides what is settled. A delivery that a crash left in it may
be read and judged again; it is loaded once, and settled.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pipelines.landing.manifest_lines import Manifest

FileKey = tuple[str, str, str]
"""Feed, hash and name: a file that waits under the same three is the same delivery."""


class DeliveryQueue(Protocol):
    """Manifests of deliveries, waiting or settled; what a call changed is durable when it ends."""

    def waiting(self) -> list[Manifest]:
        """The deliveries that wait, in the order in which they came."""
        ...

    def in_order(self, since: datetime | None = None) -> Iterator[Manifest]:
        """The same, read as they are asked for: of a long backlog only a little is held at once.

        `since` leaves out what was received before, without reading it. Those that are settled
        before their turn may be left out, and those that come meanwhile.
        """
        ...

    def number_by_feed(self) -> Counter[str]:
        """Feed → its deliveries that wait."""
        ...

    def waiting_as(self, files: Collection[FileKey]) -> Mapping[FileKey, Manifest]:
        """Those of the files that wait already."""
        ...

    def enter(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait, together."""
        ...

    def enter_again(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait, whatever became of them before."""
        ...

    def settle(self, delivery_ids: Collection[str]) -> None:
        """Those of them that wait are settled; those that are settled stay so."""
        ...

    def settled_days(self) -> list[str]:
        """The days (UTC) of receipt of the settled ones, in order."""
        ...

    def settled_on(self, day: str) -> dict[str, Manifest]:
        """The settled ones that were received on that day, in order."""
        ...

    def back(self, day: str, delivery_ids: Collection[str]) -> int:
        """Those of the day that are settled wait again, each once; how many."""
        ...

    def forget(self, day: str) -> None:
        """Nothing is known any more of the settled ones that were received on that day."""
        ...

    def find(self, delivery_id: str) -> Manifest | None:
        """The delivery, waiting or settled; None where there is none."""
        ...
