"""Great Expectations as people write it: one core expectation for each column and each rule.

Files of a collection have the same header, so they are read by pandas in one go and validated
together. What fails goes to a quarantine, the rest is merged over the values of today. There is
no history, no answer and no message in plain English.

    python -m tests.bench.rivals.gx_per_column WORK      (JSON, see `harness`)
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from expectations.engine import define_batch
from pipelines.registry.column import SQL_TYPES
from pipelines.registry.contract import Collection
from pipelines.registry.registry import load_registry
from tests.bench.national.harness import serve
from tests.bench.national.ticks import COLLECTIONS, Tick, code_of, collection_of
from tests.bench.rivals.counts import count
from tests.bench.rivals.gx_suites import (
    CODE,
    FILE,
    Check,
    add_helpers,
    build_checks,
    type_columns,
)

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

_TABLES = """
CREATE TABLE ledger (file_name VARCHAR, collection VARCHAR, code VARCHAR, sha256 VARCHAR,
                     status VARCHAR, rows_read BIGINT, rows_accepted BIGINT,
                     rows_quarantined BIGINT, settled_at TIMESTAMP);
CREATE TABLE issue (file_name VARCHAR, row_number BIGINT, code VARCHAR);
CREATE TABLE quarantine (file_name VARCHAR, row_number BIGINT);
"""
_RENAMED = {"slot_start_utc": "slot_start"}


class GxPerColumn:
    """One connection and one context for the whole time."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._collections = load_registry().collections
        self._batch_definition = define_batch()
        self._suites = {name: _build_suite(self._collections[name]) for name in COLLECTIONS}

    def open(self, home: Path) -> None:
        """A new database in that folder."""
        self._connection.close()
        self._connection = duckdb.connect(str(home / "gx.duckdb"))
        self._connection.execute(_TABLES)
        for name in COLLECTIONS:
            columns = [f"{one.name} {SQL_TYPES[one.type]}" for one in self._columns(name)]
            self._connection.execute(
                f"CREATE TABLE {name} ({', '.join(columns)}, file_name VARCHAR)"
            )

    def _columns(self, name: str) -> Sequence[Any]:
        return self._collections[name].columns

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """Nothing: the files are read where they stand."""

    def load(self, ticks: Sequence[Tick]) -> None:
        """The files are in the tables, in one transaction for each collection."""
        paths = [path for tick in ticks for path in tick.files()]
        for name in COLLECTIONS:
            own = [path for path in paths if collection_of(path) == name]
            self._load(self._collections[name], own, ticks[-1].received_at)

    def _load(self, collection: Collection, paths: Sequence[str], now: datetime) -> None:
        files = self._read_files(collection, paths)
        frame = _read_rows(files, collection)
        rejected = self._validate(frame, collection, now)
        self._connection.begin()
        self._settle(files, frame, rejected, collection, now)
        self._connection.commit()

    def _read_files(self, collection: Collection, paths: Sequence[str]) -> pd.DataFrame:
        """A row for each file, its text where it can be read and is new."""
        seen = {
            tuple(row)
            for row in self._connection.execute(
                "SELECT code, sha256 FROM ledger WHERE collection = ?", [collection.collection]
            ).fetchall()
        }
        rows = []
        for path in paths:
            content = Path(path).read_bytes()
            code, sha256 = code_of(path), hashlib.sha256(content).hexdigest()
            is_new = (code, sha256) not in seen
            seen.add((code, sha256))
            text = _decode(content, collection.key[0]) if is_new else None
            rows.append((path.rpartition("/")[2], code, sha256, is_new, text))
        return pd.DataFrame(rows, columns=[FILE, CODE, "sha256", "is_new", "text"])

    def _validate(
        self, frame: pd.DataFrame, collection: Collection, now: datetime
    ) -> "pd.Series[bool]":
        """Which rows a rule rejects; every failure stands in `issue`."""
        checks, suite = self._suites[collection.collection]
        add_helpers(frame, collection, _is_restricted(collection))
        batch = self._batch_definition.get_batch(batch_parameters={"dataframe": frame})
        result = batch.validate(
            suite,
            result_format={"result_format": "COMPLETE"},
            expectation_parameters={"now": pd.Timestamp(now)},
        )
        rejected = pd.Series(False, index=frame.index)
        failures = []
        for one in result.results:
            assert not one.exception_info.get("raised_exception"), one.exception_info
            assert one.expectation_config is not None
            check = checks[one.expectation_config.meta["number"]]
            failing = one.result.get("unexpected_index_list") or []
            if check.rejects:
                rejected[failing] = True
            failures += [(frame.at[row, FILE], row, check.code) for row in failing]
        if failures:
            self._connection.executemany("INSERT INTO issue VALUES (?, ?, ?)", failures)
        return rejected

    def _settle(
        self,
        files: pd.DataFrame,
        frame: pd.DataFrame,
        rejected: "pd.Series[bool]",
        collection: Collection,
        now: datetime,
    ) -> None:
        """The ledger, the quarantine and the values of today are up to date."""
        name, key = collection.collection, ", ".join(collection.key)
        columns = ", ".join(
            f"{one.name}::{SQL_TYPES[one.type]} AS {one.name}" for one in collection.columns
        )
        frame = frame.assign(is_rejected=rejected)
        frame[collection.time_column] = frame[collection.time_column].dt.tz_localize(None)
        listed = files[[FILE, CODE, "sha256", "is_new"]]
        for view, data in (("given", frame), ("listed", listed)):
            self._connection.register(view, data)
        self._connection.execute(
            f"""
            INSERT INTO quarantine SELECT file_name, row FROM given WHERE is_rejected;
            INSERT INTO ledger
            SELECT file_name, '{name}', code, sha256,
                   CASE WHEN NOT is_new THEN 'duplicate'
                        WHEN coalesce(accepted, 0) = 0 THEN 'rejected'
                        WHEN quarantined > 0 THEN 'accepted_with_rejections'
                        ELSE 'accepted' END,
                   coalesce(accepted + quarantined, 0), coalesce(accepted, 0),
                   coalesce(quarantined, 0), TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}'
            FROM listed LEFT JOIN (
                SELECT file_name, count_if(NOT is_rejected) AS accepted,
                       count_if(is_rejected) AS quarantined
                FROM given GROUP BY file_name) USING (file_name);
            MERGE INTO {name} AS held
            USING (
                SELECT {columns}, file_name FROM given WHERE NOT is_rejected
                QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY file_name DESC) = 1
            ) AS given USING ({key})
            WHEN MATCHED AND given.file_name >= held.file_name THEN UPDATE
            WHEN NOT MATCHED THEN INSERT BY NAME
            """
        )
        for view in ("given", "listed"):
            self._connection.unregister(view)

    def close(self) -> dict[str, int]:
        """The counts of the ledger."""
        return count(self._connection)


def _is_restricted(collection: Collection) -> bool:
    """Whether a feed may report for its own provider only."""
    return collection.organisation_column == "org_code"


def _build_suite(collection: Collection) -> "tuple[list[Check], ExpectationSuite]":
    """The checks of a collection, and the suite whose results name them by number."""
    from great_expectations.core import ExpectationSuite

    checks = build_checks(collection, _is_restricted(collection))
    for number, check in enumerate(checks):
        check.expectation.meta = {"number": number}
    return checks, ExpectationSuite("rules", expectations=[one.expectation for one in checks])


def _decode(content: bytes, first_heading: str) -> str | None:
    """The text of a file with its header and no quotes, which no sound file has; else None."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return text if text.startswith(f"{first_heading},") and '"' not in text else None


def _read_rows(files: pd.DataFrame, collection: Collection) -> pd.DataFrame:
    """The rows of all files that could be read, typed, with the name and code of their file."""
    sound = files[files["text"].notna()]
    lines = [text.splitlines() for text in sound["text"]]
    joined = "\n".join([lines[0][0], *(line for own in lines for line in own[1:])])
    frame = pd.read_csv(StringIO(joined), dtype=str, keep_default_na=False)
    frame = frame.rename(columns=_RENAMED)
    lengths = [len(own) - 1 for own in lines]
    for name in (FILE, CODE):
        frame[name] = sound[name].repeat(lengths).to_numpy()
    frame["row"] = range(len(frame))
    type_columns(frame, collection)
    return frame


if __name__ == "__main__":
    serve(GxPerColumn)
