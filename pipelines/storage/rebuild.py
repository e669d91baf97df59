"""Makes the warehouse again from landing alone (docs/adr/0024-rebuild-and-backup.md).

    rebuild/warehouse.duckdb            the new warehouse, until it takes the place of the old one
    rebuild/configuration               by which contracts and feed files it is being made
    warehouse.duckdb.before-<time>      the warehouse before, where there was one

Loads and publications go on meanwhile. What they settle is taken over before the swap.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.durable import write_durably
from pipelines.base.errors import ConfigurationError, SitrepError, UsageError
from pipelines.base.kill_points import reached
from pipelines.landing.landing import UNMATCHED, Landing
from pipelines.registry.registry import Registry
from pipelines.storage.beyond_landing import carry_over, make_anew
from pipelines.storage.landed import back_to_inbox, missing_from_ledger
from pipelines.storage.replay import Replayed, replay
from pipelines.storage.storage_locks import storage_lock
from pipelines.storage.swap import put_in_place
from warehouse.store.connection import attached_warehouse, warehouse_lock
from warehouse.store.engine_note import refuse_another_engine
from warehouse.store.engines import DuckDBFile, chosen_engine
from warehouse.store.histories import ensure_history
from warehouse.store.migrate import migrate

if TYPE_CHECKING:
    import duckdb

Report = Callable[[str], None]

_ODD_ENTRIES = """
SELECT count(*) FROM warehouse.ops.submission
WHERE rows_read != rows_accepted + rows_quarantined + rows_skipped
   OR rows_accepted != rows_new + rows_revised + rows_unchanged + rows_outdated
"""


class RebuildFault(SitrepError):
    """The warehouse that was made does not hold what it should; it was not put in place."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild made."""

    deliveries: int
    other_contract: int
    unknown: int
    waiting_again: int
    """Deliveries that landing calls settled and that could not be loaded again; they wait."""
    kept: Path | None
    """The file of the warehouse before."""
    is_carried: bool
    """Whether the watch's findings and the publications' names came from the warehouse before."""


def rebuild(home: Path, registry: Registry, report: Report, *, force: bool = False) -> Rebuilt:
    """The warehouse holds what landing tells; the one before is kept beside it.

    Interrupted, it goes on where it was at the next call. Raises `UsageError` where landing lacks
    what the warehouse holds, or a feed has no usable file, unless `force`.
    """
    landing = Landing(home)
    with storage_lock(home):
        if not force:
            _refuse_loss(home, landing, registry)
        made = _make(home, landing, registry, report)
        report("Comparing and putting it in place")
        return made


def _make(home: Path, landing: Landing, registry: Registry, report: Report) -> Rebuilt:
    """The new warehouse is made without the lock, and put in place under it."""
    target = chosen_engine(home)
    folder = home / "rebuild"
    if target.file is None:
        # A lake is filled where it stands; `_refuse_loss` has made sure that it is empty.
        _begin(folder, registry)
        with warehouse_lock(home), attached_warehouse(home) as connection:
            done = _fill(connection, landing, registry, report)
            make_anew(connection, home, registry)
            missing = _verify(connection, landing)
        waiting = _let_wait(landing, missing)
        shutil.rmtree(folder)
        return Rebuilt(done.deliveries, done.other_contract, done.unknown, waiting, None, False)
    beside = DuckDBFile(folder / target.file.name)
    goes_on = _begin(folder, registry)
    try:
        return _make_beside(home, landing, registry, report, beside, target.file)
    except ConfigurationError as error:
        if not goes_on:
            raise
        # A full disk, or a fault of it, can leave a file that is no database or lacks a part.
        report(f"What an interrupted rebuild made cannot be used, and is made anew: {error}")
        shutil.rmtree(folder)
        _begin(folder, registry)
        return _make_beside(home, landing, registry, report, beside, target.file)


def _make_beside(
    home: Path,
    landing: Landing,
    registry: Registry,
    report: Report,
    beside: DuckDBFile,
    target: Path,
) -> Rebuilt:
    """The new warehouse is made in a file of its own, which takes the target's place."""
    with attached_warehouse(home, engine=beside) as connection:
        done = _fill(connection, landing, registry, report)
        reached("rebuild: filled")
    with warehouse_lock(home):
        with attached_warehouse(home, engine=beside) as connection:
            # What was settled while the rest was loaded.
            late = _fill(connection, Landing(home), registry, report)
            is_carried = carry_over(connection, target, registry)
            if not is_carried:
                make_anew(connection, home, registry)
            missing = _verify(connection, landing)
            connection.execute("CHECKPOINT warehouse")
        reached("rebuild: verified")
        waiting = _let_wait(landing, missing)
        kept = put_in_place(beside.path, target)
    shutil.rmtree(beside.path.parent)
    return Rebuilt(
        done.deliveries + late.deliveries,
        done.other_contract + late.other_contract,
        late.unknown,
        waiting,
        kept,
        is_carried,
    )


def _fill(
    connection: "duckdb.DuckDBPyConnection", landing: Landing, registry: Registry, report: Report
) -> Replayed:
    migrate(connection)
    done = replay(connection, landing, registry, report)
    for collection in registry.collections.values():
        ensure_history(connection, collection)
    return done


def _begin(folder: Path, registry: Registry) -> bool:
    """What an interrupted rebuild made by the same contracts and feed files stays, else it goes.

    Whether anything stays.
    """
    mark, told = folder / "configuration", _fingerprint(registry)
    if mark.exists() and mark.read_bytes() == told:
        return True
    if folder.exists():
        shutil.rmtree(folder)
    write_durably(mark, told)
    return False


def _fingerprint(registry: Registry) -> bytes:
    """A text that changes when a contract or a feed file does."""
    digest = hashlib.sha256()
    for one in (*registry.collections.values(), *registry.feeds.values()):
        digest.update(one.model_dump_json().encode())
    return digest.hexdigest().encode()


def _refuse_loss(home: Path, landing: Landing, registry: Registry) -> None:
    """Raises `UsageError` where the new warehouse would hold less than it could."""
    insist = "`sitrep rebuild --force` goes on all the same."
    landed = landing.objects.feeds()
    file = chosen_engine(home).file
    if not landed and file is not None and file.exists():
        raise UsageError(
            "Landing holds no file, and there is a warehouse: a rebuild would lose all that it "
            f"holds. Restore landing from a backup. {insist}"
        )
    if lost := sorted(landed - registry.feeds.keys() - {UNMATCHED}):
        raise UsageError(
            f"There are files of feeds that have no usable feed file: {', '.join(lost)}. Put "
            f"their feed files back. {insist} Their values would be left out."
        )
    expired = landing.objects.expired_feed()
    if expired is not None:
        raise UsageError(
            f"Retention has deleted raw files, {expired} among them, so their "
            f"values cannot be made again. Restore a backup. {insist}"
        )
    held, lacking = _held_before(home, landing)
    if lacking:
        raise UsageError(
            f"The warehouse holds {held:,} deliveries, of which landing lacks {lacking:,}: a "
            f"rebuild would lose them. Restore landing from a backup. {insist}"
        )


def _held_before(home: Path, landing: Landing) -> tuple[int, int]:
    """How many deliveries the warehouse holds, and how many of them landing lacks."""
    import duckdb

    from pipelines.storage.landed import LandedManifests

    target = chosen_engine(home)
    if target.file is not None and not target.file.exists():
        return 0, 0
    refuse_another_engine(home, target)
    known = LandedManifests(landing)
    try:
        with warehouse_lock(home), attached_warehouse(home) as connection:
            rows = connection.execute(
                "SELECT delivery_id FROM warehouse.ops.submission ORDER BY delivery_id"
            ).fetchall()
    except (duckdb.Error, ConfigurationError):
        # It is damaged or has no ledger: that is why it is made again.
        return 0, 0
    if target.file is None and rows and not (home / "rebuild").exists():
        raise UsageError(
            "A lake is made again in an empty one: set SITREP_WAREHOUSE to a new catalogue and "
            "SITREP_WAREHOUSE_DATA to a new folder, and run `sitrep rebuild` again."
        )
    return len(rows), sum(1 for (name,) in rows if known.find(name) is None)


def _verify(
    connection: "duckdb.DuckDBPyConnection", landing: Landing
) -> list[tuple[str, set[str]]]:
    """What landing calls settled and the new ledger lacks, by day.

    Raises `RebuildFault` where the rows of a submission do not add up.
    """
    ((odd,),) = connection.execute(_ODD_ENTRIES).fetchall()
    if odd:
        raise RebuildFault(
            f"The rows of {odd:,} submissions of the new warehouse do not add up, which is our "
            "fault. It was not put in place; it stands in the folder rebuild."
        )
    return list(missing_from_ledger(connection, landing))


def _let_wait(landing: Landing, missing: list[tuple[str, set[str]]]) -> int:
    """The deliveries that could not be loaded again wait in the inbox; their number."""
    return sum(back_to_inbox(landing, day, deliveries) for day, deliveries in missing)
