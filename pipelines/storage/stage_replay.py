"""Makes the changes of stage again, each between the loads that it was made between."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import clock_at
from pipelines.registry.registry import Registry
from pipelines.registry.stage_journal import StageJournal
from warehouse.ledger.stage_rows import held_numbers
from warehouse.load.stages import enter_changes

if TYPE_CHECKING:
    import duckdb


class StageReplay:
    """The changes that the journal of stages tells and the warehouse does not hold yet."""

    def __init__(
        self, connection: "duckdb.DuckDBPyConnection", home: Path, registry: Registry
    ) -> None:
        self._connection, self._registry = connection, registry
        held = held_numbers(connection)
        self._left = [one for one in StageJournal(home).read() if one.number not in held]

    def enter_until(self, moment: datetime | None) -> None:
        """Those that were made by the moment stand in the warehouse; without one, all of them."""
        while self._left and (moment is None or self._left[0].at <= moment):
            change = self._left.pop(0)
            with clock_at(change.at):
                enter_changes(self._connection, [change], self._registry)
