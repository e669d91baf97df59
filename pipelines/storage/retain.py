"""Deletes what is past its time, class by class (docs/adr/0025-retention.md)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.clock import now
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.kill_points import reached
from pipelines.base.settings import settings
from pipelines.base.state.documents import append_lines, make_way_for
from pipelines.storage.deleted import Deleted, Deleter
from pipelines.storage.old_files import (
    delete_answers,
    delete_briefs,
    delete_landing_notes,
    delete_letters,
    delete_publications,
    delete_raw_bytes,
    delete_replaced_warehouses,
)
from pipelines.storage.old_rows import OldRows
from pipelines.storage.retention_rules import RetentionRule, read_rules
from pipelines.storage.storage_locks import storage_lock
from warehouse.ledger.retention_log import REVISIONS

LOG = "retention.jsonl"
"""Every run, in the home: when it began, by which rules, and what it deleted."""

_ROWS = (
    OldRows("quarantine", ("ops.quarantine", "ops.quarantined_value"), "settled_at"),
    OldRows("ledger_lines", ("ops.issue",), "settled_at"),
    OldRows(REVISIONS, ("history",), "superseded_at"),
    OldRows("watch_findings", ("ops.watch",), "ended_at"),
)
DELETERS: Mapping[str, Deleter] = {
    "raw_bytes": delete_raw_bytes,
    "landing_notes": delete_landing_notes,
    "answers": delete_answers,
    **{rows.name: rows.delete for rows in _ROWS},
    "publications": delete_publications,
    "briefs": delete_briefs,
    "letters": delete_letters,
    "replaced_warehouses": delete_replaced_warehouses,
}


@dataclass(frozen=True)
class RetainedClass:
    """What one rule did, or would do."""

    name: str
    rule: RetentionRule
    cutoff: datetime
    deleted: Deleted


@disk_faults_told()
def retain(
    home: Path, report: Callable[[str], None] = lambda _: None, *, is_dry: bool = False
) -> list[RetainedClass]:
    """What is past its time is gone, or counted in a dry run; one entry for each rule with days.

    A run is short; what is left the next one deletes. Safe while everything else runs.
    """
    moment = now()
    wanted = [(name, rule, rule.cutoff(moment)) for name, rule in read_rules().each()]
    rules = [(name, rule, cutoff) for name, rule, cutoff in wanted if cutoff is not None]
    done: list[RetainedClass] = []
    with storage_lock(home):
        if not is_dry:
            told = {name: {"days": rule.days, "source": rule.source} for name, rule, _ in rules}
            _log(home, {"begun_at": moment, "rules": told})
        for name, rule, cutoff in rules:
            report(f"Looking for {name} from before {cutoff:%Y-%m-%d}")
            deleted = DELETERS[name](home, cutoff, is_dry)
            done.append(RetainedClass(name, rule, cutoff, deleted))
            if not is_dry:
                entry = {"ran_at": moment, "class": name, "cutoff": cutoff, **asdict(deleted)}
                _log(home, entry)
                reached("retain: told")
    return done


def retain_home() -> int:
    """`retain` on the configured home; how many items were deleted."""
    return sum(one.deleted.items for one in retain(settings().root))


def _log(home: Path, entry: dict[str, Any]) -> None:
    make_way_for(home, home / LOG, "Runs from now on are in a new file of that name.")
    append_lines(home, {home / LOG: msgspec.json.encode(entry)})
