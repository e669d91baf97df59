"""dlt with a schema contract: types and columns are enforced, rows that break them are discarded.

dlt merges rows by key, keeps a ledger that is given to it as one more table, and knows no rules
over values: an unknown code or a part above its whole is loaded. It keeps no quarantine, no
revisions and writes no answers, so it does less than the others.

It has an environment of its own, `.bench-venv`; its packages are in `requirements-dlt.lock`.

    .bench-venv/bin/python -m tests.bench.rivals.dlt_contract WORK      (JSON, see `harness`)
"""

import csv
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found, unused-ignore] # in .bench-venv only
import duckdb
import yaml

from tests.bench.national.harness import serve
from tests.bench.national.ticks import COLLECTIONS, Tick, code_of, collection_of
from tests.bench.rivals.counts import count_held

_CONTRACTS = Path(__file__).resolve().parents[3] / "expectations"
_TYPES = {
    "count": "bigint",
    "level": "bigint",
    "decimal": "double",
    "date": "date",
    "slot": "timestamp",
    "code": "text",
    "text": "text",
}
_RENAMED = {"slot_start_utc": "slot_start"}
_CONTRACT = {"tables": "evolve", "columns": "freeze", "data_type": "discard_row"}
_DATASET = "uec"


@dataclass(frozen=True)
class _Table:
    """A collection as dlt takes it."""

    name: str
    columns: Mapping[str, Mapping[str, Any]]
    key: Sequence[str]


@dataclass
class _Ledger:
    """What has been read."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    entries: list[dict[str, Any]] = field(default_factory=list)


class DltContract:
    """One pipeline for the whole time."""

    def __init__(self) -> None:
        # Nothing is told to anybody, and nothing is kept in the user's own folder.
        os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
        os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
        self._tables = [_read_contract(name) for name in COLLECTIONS]
        self._home = Path()
        self._pipeline: Any = None
        self._ledger = _Ledger()
        self._accepted = 0

    def open(self, home: Path) -> None:
        """A new database, and a new pipeline, in that folder."""
        (home / "dlt").mkdir(parents=True)
        self._home, self._ledger, self._accepted = home, _Ledger(), 0
        self._pipeline = dlt.pipeline(
            "national",
            pipelines_dir=str(home / "dlt"),
            destination=dlt.destinations.duckdb(str(home / "dlt" / "dlt.duckdb")),
            dataset_name=_DATASET,
        )

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """Nothing: the files are read where they stand."""

    def load(self, ticks: Sequence[Tick]) -> None:
        """The files are in the tables."""
        paths = [path for tick in ticks for path in tick.files()]
        ledger = self._ledger
        ledger.entries = []
        resources = []
        for table in self._tables:
            own = [path for path in paths if collection_of(path) == table.name]
            # Read beforehand, so that the ledger is whole when the one run begins.
            resources.append(_resource(table, list(_read_rows(own, table, ledger))))
        entries = dlt.resource(ledger.entries, name="ledger", write_disposition="append")
        self._pipeline.run([*resources, entries], loader_file_format="parquet")
        counts = self._pipeline.last_trace.last_normalize_info.row_counts
        self._accepted += sum(counts.get(name, 0) for name in COLLECTIONS)

    def close(self) -> dict[str, int]:
        """The counts of what was loaded."""
        with duckdb.connect(str(self._home / "dlt" / "dlt.duckdb")) as connection:
            connection.execute(f"USE {_DATASET}")
            held = count_held(connection)
            row = connection.execute("SELECT count(*) FROM ledger").fetchone()
            assert row is not None
        return {"files": int(row[0]), "accepted": self._accepted, **held}


def _resource(table: _Table, files: list[list[dict[str, Any]]]) -> Any:
    return dlt.resource(
        [row for rows in files for row in rows],
        name=table.name,
        columns=table.columns,
        primary_key=list(table.key),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        schema_contract=_CONTRACT,
    )


def _read_contract(name: str) -> _Table:
    contract = yaml.safe_load((_CONTRACTS / f"{name}.yaml").read_text("utf-8"))
    columns: dict[str, dict[str, Any]] = {
        column["name"]: {
            "data_type": _TYPES[column["type"]],
            "nullable": column.get("nullable", True),
        }
        for column in contract["columns"]
    }
    # Of several values for a key the one that was made last stays.
    columns["file_name"] = {"data_type": "text", "dedup_sort": "desc"}
    return _Table(name, columns, contract["key"])


def _read_rows(
    paths: Sequence[str], table: _Table, ledger: _Ledger
) -> Iterator[list[dict[str, Any]]]:
    """The rows of each file that can be read and is new; every file is entered in the ledger."""
    for path in paths:
        content = Path(path).read_bytes()
        name, code = path.rpartition("/")[2], code_of(path)
        sha256 = hashlib.sha256(content).hexdigest()
        rows: list[dict[str, Any]] = []
        status = "duplicate"
        if (code, sha256) not in ledger.seen:
            rows = _parse(content, name, table.key[0])
            status = "read" if rows else "rejected"
        ledger.seen.add((code, sha256))
        ledger.entries.append(
            {"file_name": name, "code": code, "sha256": sha256, "status": status, "rows": len(rows)}
        )
        if rows:
            yield rows


def _parse(content: bytes, name: str, first_heading: str) -> list[dict[str, Any]]:
    """The rows of a file with its header and sound quotes; none of any other."""
    try:
        reader = csv.DictReader(StringIO(content.decode(), newline=""), strict=True)
        rows = [
            {_RENAMED.get(heading, heading): cell or None for heading, cell in row.items()}
            for row in reader
        ]
    except (UnicodeDecodeError, csv.Error):
        return []
    if first_heading not in (reader.fieldnames or ()):
        return []
    for row in rows:
        row["file_name"] = name
    return rows


if __name__ == "__main__":
    serve(DltContract)
