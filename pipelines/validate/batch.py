"""A validated batch: what `validate` hands to `load`, on disk between the two.

    staging/<collection>/<batch>/submissions.json
    staging/<collection>/<batch>/{rows,issues,quarantine,totals}.parquet

The folder appears under its name only when it is whole, and goes when the ledger holds it.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import now
from pipelines.base.durable import sync_file, sync_folder
from pipelines.base.kill_points import reached
from pipelines.landing.landing import Manifest

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = ("rows", "issues", "quarantine", "totals")


@dataclass(frozen=True, slots=True)
class Checked:
    """One submission after validation, before the ledger knows it."""

    manifest: Manifest
    number: int
    collection: str | None
    stage: str | None
    status: str
    said_at: datetime
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    skipped_by: dict[str, int] = field(default_factory=dict)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    contract_version: str | None = None
    reprocess_of: str | None = None
    is_withheld: bool = False
    """Whether its bytes must not be kept."""


@dataclass(frozen=True)
class Batch:
    """Checked submissions of one collection, and their tables.

    `rows`: submission_number, the collection's columns, carried. `issues` and `quarantine`:
    submission_number and the columns of their ledger tables. `totals`: submission_number,
    report_date, measure, value.
    """

    batch_id: str
    collection: str
    submissions: list[Checked]
    tables: dict[str, "pa.Table"]


def new_batch_id() -> str:
    """A name that sorts by time and is not used twice."""
    return f"{now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def write_batch(home: Path, batch: Batch) -> Path:
    """The batch stands whole in the staging folder."""
    import pyarrow.parquet as pq

    target = home / "staging" / batch.collection / batch.batch_id
    temporary = target.with_name(f".{batch.batch_id}.tmp")
    temporary.mkdir(parents=True)
    for name in TABLES:
        pq.write_table(batch.tables[name], temporary / f"{name}.parquet")
        sync_file(temporary / f"{name}.parquet")
    content = [asdict(checked) for checked in batch.submissions]
    (temporary / "submissions.json").write_text(json.dumps(content, default=_to_text), "utf-8")
    sync_file(temporary / "submissions.json")
    reached("validate: written")
    os.replace(temporary, target)
    sync_folder(target.parent)
    reached("validate: staged")
    return target


def staged_batches(home: Path, collection: str) -> list[str]:
    """The ids of the staged batches of a collection, oldest first."""
    folder = home / "staging" / collection
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in os.scandir(folder) if entry.name[0] != ".")


def has_staged(home: Path, collection: str) -> bool:
    """Whether a batch is staged, or a process that died left a part of one."""
    folder = home / "staging" / collection
    return folder.is_dir() and any(entry.is_dir() for entry in os.scandir(folder))


def read_batch(home: Path, collection: str, batch_id: str) -> Batch:
    """The staged batch of that id."""
    import pyarrow.parquet as pq

    folder = home / "staging" / collection / batch_id
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}
    return Batch(batch_id, collection, list(_read_submissions(folder)), tables)


def staged_deliveries(home: Path, collection: str) -> set[str]:
    """The deliveries that wait in staged batches to be loaded."""
    return {
        checked.manifest.delivery_id
        for batch_id in staged_batches(home, collection)
        for checked in _read_submissions(home / "staging" / collection / batch_id)
        if checked.reprocess_of is None
    }


def drop_unfit(home: Path, collection: str, columns: Sequence[str]) -> None:
    """Batches whose rows have other columns than the contract has now are gone.

    They were staged before the contract changed; their deliveries are validated anew.
    """
    if not staged_batches(home, collection):
        return
    import pyarrow.parquet as pq

    expected = [*columns, "submission_number", "carried"]
    for batch_id in staged_batches(home, collection):
        rows = home / "staging" / collection / batch_id / "rows.parquet"
        if pq.read_schema(rows).names != expected:
            drop_batch(home, collection, batch_id)


def drop_batch(home: Path, collection: str, batch_id: str) -> None:
    """The batch is gone from the staging folder, at once and not file by file."""
    folder = home / "staging" / collection / batch_id
    gone = folder.with_name(f".{batch_id}.tmp")
    os.replace(folder, gone)
    reached("load: batch set aside")
    shutil.rmtree(gone, ignore_errors=True)


def drop_unfinished(home: Path, collection: str) -> None:
    """What a process that died left half written or half removed is gone.

    Only whoever holds the collection's lock may call it: nobody else is writing then.
    """
    for path in (home / "staging" / collection).glob(".*.tmp"):
        shutil.rmtree(path, ignore_errors=True)


def _read_submissions(folder: Path) -> Iterator[Checked]:
    for entry in json.loads((folder / "submissions.json").read_text("utf-8")):
        manifest = dict(entry.pop("manifest"))
        for fields, name in (
            (manifest, "received_at"),
            (manifest, "first_seen_at"),
            (entry, "said_at"),
        ):
            fields[name] = fields[name] and datetime.fromisoformat(fields[name])
        yield Checked(manifest=Manifest(**manifest), **entry)


def _to_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a batch")
