"""The floor: the same job as one script of plain SQL, for somebody who asks for nothing more.

Files are read in Python, because DuckDB's `read_csv` takes 0.3 ms for each and `read_blob` 0.1 ms;
all else is SQL, in `sql/`. Rules are predicates, what breaks one goes to a quarantine, the rest is
merged over the values of today. There is no history, no answer and no message in plain English.

    python -m tests.bench.rivals.plain_duckdb WORK      (JSON, see `harness`)
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from pipelines.base.settings import PROJECT
from tests.bench.national.harness import serve
from tests.bench.national.ticks import COLLECTIONS, Tick, collection_of
from tests.bench.rivals.counts import count

_SQL = Path(__file__).parent / "sql"
_KEYS = {
    "acute_realtime": "org_code, site_code, slot_start",
    "ambulance_sitrep": "org_code, report_date",
    "nhs111": "contract_code, slot_start",
}


class PlainDuckDB:
    """One connection for the whole time."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()

    def open(self, home: Path) -> None:
        """A new database in that folder."""
        self._connection.close()
        self._connection = duckdb.connect(str(home / "plain.duckdb"))
        reference = str(PROJECT / "pipelines" / "reference")
        self._connection.execute(_read("schema", reference=reference))

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """Nothing: the files are read where they stand."""

    def load(self, ticks: Sequence[Tick]) -> None:
        """The files are in the tables, all in one transaction for each collection."""
        paths = [path for tick in ticks for path in tick.files()]
        for collection in COLLECTIONS:
            own = [path for path in paths if collection_of(path) == collection]
            self._load(collection, own, ticks[-1].received_at)

    def _load(self, collection: str, paths: Sequence[str], moment: datetime) -> None:
        key = _KEYS[collection]
        words = {
            "collection": collection,
            "key": key,
            "first_heading": key.partition(",")[0],
            "now": f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'",
        }
        self._connection.register("incoming", _read_files(paths))
        self._connection.begin()
        for step in ("files", collection, "settle"):
            self._connection.execute(_read(step, **words))
        self._connection.commit()
        self._connection.unregister("incoming")

    def close(self) -> dict[str, int]:
        """The counts of the ledger."""
        return count(self._connection)


def _read_files(paths: Sequence[str]) -> pa.Table:
    contents = []
    for path in paths:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - half the time of `read_bytes`
            contents.append(stream.read())
    names = [path.rpartition("/")[2] for path in paths]
    return pa.table({"file_name": names, "content": pa.array(contents, pa.binary())})


def _read(step: str, **words: str) -> str:
    return _template(step).substitute(words)


@cache
def _template(step: str) -> Template:
    return Template((_SQL / f"{step}.sql").read_text(encoding="utf-8"))


if __name__ == "__main__":
    serve(PlainDuckDB)
