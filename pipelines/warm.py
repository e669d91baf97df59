"""Imports all that a task needs, and takes the road once, in a process that tasks are forked from.

A task that is forked afterwards finds modules, templates, contracts and Great Expectations as they
were left, and shares their memory. Nothing is left open: a fork would share a file's lock and lose
the threads.
"""

import gc
import importlib
import logging
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.registry.registry import Registry

_NEEDED = ("pandas", "pyarrow.parquet", "duckdb", "pipelines.steps")
_NEEDED_WHOLE = (
    "pipelines.answer",
    "pipelines.base",
    "pipelines.collect",
    "pipelines.conform",
    "pipelines.findings",
    "pipelines.landing",
    "pipelines.parse",
    "pipelines.reference",
    "pipelines.registry",
    "pipelines.validate",
    "pipelines.watch",
    "pipelines.withheld",
    "warehouse",
)
"""Packages of which a task may need any module."""

_FORK_WORKERS = (("scheduler",), ("celery", "worker"))
"""Commands of Airflow whose process forks workers."""


def forks_workers(arguments: Sequence[str]) -> bool:
    """Whether the process that was started with these arguments is the parent of workers.

    The scheduler forks those of a LocalExecutor, Celery's parent its own.
    """
    return any(tuple(arguments[1 : 1 + len(one)]) == one for one in _FORK_WORKERS)


@cache
def warm_up() -> None:
    """What tasks need is in memory, and no garbage collection looks at it again.

    Once for a process and all that are forked from it: a task loads Airflow's plugins again, and
    with them whoever calls this.
    A rehearsal that fails costs nothing but time: the task that meets the same fault tells it.
    """
    from pipelines.registry.format import formats
    from pipelines.registry.registry import load_registry
    from pipelines.registry.source import sources

    import_all((*_NEEDED, *_modules_of(_NEEDED_WHOLE)))
    sources.all()
    formats.all()
    registry = load_registry()
    with TemporaryDirectory(prefix="sitrep-warm-") as scratch:
        try:
            _rehearse(Path(scratch), registry)
        except Exception:
            logging.getLogger(__name__).warning("The rehearsal failed", exc_info=True)
    gc.collect()
    gc.freeze()


def import_all(names: Iterable[str]) -> None:
    """The modules are in memory; one that cannot be imported is told by whoever needs it."""
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        except Exception:
            logging.getLogger(__name__).warning("%s is not warm", name, exc_info=True)


def _modules_of(packages: Sequence[str]) -> Iterator[str]:
    for name in packages:
        package = importlib.import_module(name)
        yield from (one.name for one in pkgutil.walk_packages(package.__path__, f"{name}."))


def _rehearse(scratch: Path, registry: Registry) -> None:
    """A sound row of each collection is judged and loaded into a warehouse that is thrown away.

    That is a file in the folder, whatever holds the real one; and it is published there.
    """
    from pipelines.base.clock import now
    from pipelines.probe import probe_batch
    from warehouse.load.load import load_batch
    from warehouse.publish.snapshot import build_snapshot
    from warehouse.store.connection import attached_warehouse, close_duckdb
    from warehouse.store.engines import DuckDBFile
    from warehouse.store.migrate import migrate

    engine = DuckDBFile(scratch / "warehouse.duckdb")
    try:
        with attached_warehouse(scratch, engine=engine) as connection:
            migrate(connection)
            for name, contract in registry.collections.items():
                if feeds := registry.feeds_of(name):
                    load_batch(connection, probe_batch(contract, feeds[0]), contract)
            build_snapshot(connection, registry, scratch / "rehearsal.duckdb", now())
    finally:
        close_duckdb()
