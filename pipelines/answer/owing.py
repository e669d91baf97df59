"""Owes answers to the sources that take them back."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.registry.registry import Registry
from pipelines.registry.ways_back import WayBack, ways_back, without_way_back
from warehouse.ledger.answers_owed import Due, OwedTo, enter_owed, forget_owed_to, owed_to_all

if TYPE_CHECKING:
    import duckdb

_log = logging.getLogger(__name__)


def owe_back(
    connection: "duckdb.DuckDBPyConnection",
    answered: Sequence[Due],
    registry: Registry,
    moment: datetime,
) -> None:
    """The answers are owed to the sources that take them back; earlier ones to the same are not.

    `moment` as the warehouse keeps it. A transaction is open.
    """
    ways = ways_back(registry)
    owed = forget_lost(connection, registry, ways)
    if ways or owed:
        feed_ids = [feed_id for way in ways for feed_id in way.feed_ids]
        endpoints = [way.endpoint for way in ways if way.takes_unmatched]
        enter_owed(connection, answered, feed_ids, endpoints, moment)


def forget_lost(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, ways: Sequence[WayBack]
) -> list[OwedTo]:
    """Nothing is owed where no way leads back any more, and the log tells what was.

    What else is owed.
    """
    owed = {(one.feed_id, one.endpoint): one for one in owed_to_all(connection)}
    for owner in without_way_back(registry, ways, owed):
        lost = owed.pop(owner)
        forget_owed_to(connection, lost.feed_id, lost.endpoint)
        _log.warning(
            "%s: %d answers are not given back, because its feed file says no way back any more. "
            "They stand in the folder answers.",
            lost.endpoint or lost.feed_id,
            lost.count,
        )
    return list(owed.values())
