"""What every monitor looks at.

A collection that cannot be looked at is left out and named: the others are looked at all the same.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.errors import told_in_a_line
from pipelines.base.settings import settings
from pipelines.landing.landing import Manifest
from pipelines.registry.feed import Stage
from pipelines.registry.registry import Registry
from pipelines.watch.state import Watched

if TYPE_CHECKING:
    import duckdb

_IN_USE = (Stage.LIVE, Stage.TESTING)
"""Stages in which somebody reads a feed's values."""
_log = logging.getLogger("sitrep.watch")


@dataclass(frozen=True)
class Scene:
    """The warehouse, the registry, the files that wait, and the moment of the look."""

    connection: "duckdb.DuckDBPyConnection"
    registry: Registry
    waiting: tuple[Manifest, ...]
    moment: datetime
    open_before: tuple[Watched, ...] = ()
    """The findings that were open after the look before."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The collections that cannot be looked at, and why."""

    @property
    def home(self) -> Path:
        """Where all state is."""
        return settings().root

    def is_in_use(self, feed_id: str | None) -> bool:
        """Whether somebody reads the feed's values."""
        feed = self.registry.feeds.get(feed_id or "")
        return feed is not None and feed.stage in _IN_USE


def set_scene(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    waiting: tuple[Manifest, ...],
    moment: datetime,
    open_before: tuple[Watched, ...] = (),
) -> Scene:
    """The warehouse has every table and slot that the monitors look at, but of those left out."""
    from warehouse.marts.slot_grid import ensure_grid, held_once
    from warehouse.store.histories import ensure_history

    scene = Scene(connection, registry, waiting, moment, open_before)
    left_out, held = _broken_contracts(registry), held_once(connection)
    for name, collection in registry.collections.items():
        try:
            ensure_history(connection, collection)
            ensure_grid(connection, registry.of_collection(name), moment, held)
        except Exception as error:
            raise_disk_fault(error)
            _log.exception("The tables of %s cannot be looked at", name)
            left_out[name] = told_in_a_line(error)
    return replace(scene, left_out=left_out)


def _broken_contracts(registry: Registry) -> dict[str, str]:
    """The collections whose contract cannot be used, and why; their feeds are not known either."""
    folder = settings().expectations_dir
    return {
        problem.collection or problem.path.stem: problem.message
        for problem in registry.problems
        if folder in (problem.path, problem.path.parent)
    }
