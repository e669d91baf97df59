"""Asks every monitor what it finds; one that fails in any way costs its own findings only."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.watch.monitor import Check, Monitor
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind

if TYPE_CHECKING:
    import duckdb

_log = logging.getLogger("sitrep.watch")


def evaluate(
    scene: Scene, monitors: Iterable[Monitor]
) -> tuple[list[WatchFinding], list[Check], list[str]]:
    """What the monitors find, the checks that failed or were left out, and why they failed."""
    found: list[WatchFinding] = []
    failed: list[Check] = []
    faults: list[str] = []
    for monitor in monitors:
        whole = Check(monitor.kinds, None, list)
        for check in _checks(monitor, scene, whole, failed, faults):
            if check.collection is not None and check.collection in scene.left_out:
                failed.append(check)
                continue
            with _kept_apart(check, scene.connection, failed, faults):
                findings = list(check.run())
                for one in findings:
                    _refuse_mistake(one)
                found += findings
    return found, failed, faults


def _checks(
    monitor: Monitor, scene: Scene, whole: Check, failed: list[Check], faults: list[str]
) -> Sequence[Check]:
    """What the monitor asks; nothing where it fails to say so."""
    with _kept_apart(whole, scene.connection, failed, faults):
        checks = list(monitor.checks(scene))
        if wrong := [one for one in checks if not isinstance(one, Check)]:
            raise TypeError(f"checks() has to give Checks, and gave {wrong[0]!r}")
        return checks
    return ()


@contextmanager
def _kept_apart(
    check: Check,
    connection: "duckdb.DuckDBPyConnection",
    failed: list[Check],
    faults: list[str],
) -> Iterator[None]:
    """Whatever fails inside costs this check only: a refusal for patient data is told all the same.

    No transaction is left open behind it, which would fail all that follows.
    """
    import duckdb

    try:
        yield
    except (Exception, SystemExit) as error:
        raise_disk_fault(error)
        _log.exception("The check %s failed", check.name)
        failed.append(check)
        faults.append(f"The check {check.name} failed: {type(error).__name__}: {error}")
    finally:
        with suppress(duckdb.TransactionException):
            connection.execute("ROLLBACK")


def _refuse_mistake(finding: object) -> None:
    """Raises `TypeError` or `ValueError` where that is no finding that can be remembered."""
    if not isinstance(finding, WatchFinding) or not isinstance(finding.kind, WatchKind):
        raise TypeError(f"a monitor has to give WatchFindings, and gave {finding!r}")
    for text in (finding.collection, finding.subject, finding.message, finding.fix):
        text.encode()
    if finding.feed_id is not None:
        finding.feed_id.encode()
    if not isinstance(finding.since, datetime) or finding.since.tzinfo is None:
        raise TypeError(f"since has to be a time with its zone, and is {finding.since!r}")
