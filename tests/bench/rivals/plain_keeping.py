"""The plain script with the duties around it: files are taken from a folder, kept, and answered.

As `plain_duckdb`, but the files come from the providers' folder, stand in the folder `kept`
afterwards, and each has an answer: a line of JSON in the file of its provider.

    python -m tests.bench.rivals.plain_keeping WORK      (JSON, see `harness`)
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.bench.national.harness import serve
from tests.bench.national.ticks import COLLECTIONS, Tick, lay_files
from tests.bench.rivals.plain_duckdb import PlainDuckDB


class PlainKeeping(PlainDuckDB):
    """One connection for the whole time, and a home with folders."""

    def __init__(self) -> None:
        super().__init__()
        self._home = Path()

    def open(self, home: Path) -> None:
        """A new database in that folder, and nothing else."""
        super().open(home)
        self._home = home

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """The files lie in the providers' folders."""
        for tick in ticks:
            lay_files(self._home, tick)

    def load(self, ticks: Sequence[Tick]) -> None:
        """Everything that lies there is in the tables, kept and answered."""
        moment = ticks[-1].received_at
        for collection in COLLECTIONS:
            paths = sorted(one.path for one in os.scandir(self._home / "incoming" / collection))
            self._load(collection, paths, moment)
            self._answer(collection, moment)
            self._keep(paths)

    def _answer(self, collection: str, moment: datetime) -> None:
        """Each file's answer is in the file of its provider, on the disk."""
        answers: dict[str, list[str]] = {}
        for code, *told in self._connection.execute(
            "SELECT code, file_name, status, rows_read, rows_accepted, rows_quarantined, issues "
            "FROM ledger LEFT JOIN (SELECT file_name, list((row_number, code)) AS issues "
            "FROM issue GROUP BY file_name) USING (file_name) "
            "WHERE collection = ? AND settled_at = ?",
            [collection, moment.replace(tzinfo=None)],
        ).fetchall():
            names = ("file", "status", "read", "accepted", "quarantined", "issues")
            answers.setdefault(code, []).append(json.dumps(dict(zip(names, told, strict=True))))
        folder = self._home / "answers"
        folder.mkdir(exist_ok=True)
        for code, lines in answers.items():
            with (folder / f"{code}.jsonl").open("a", encoding="utf-8") as stream:
                stream.write("\n".join([*lines, ""]))
        os.sync()

    def _keep(self, paths: Sequence[str]) -> None:
        """The files stand in a folder of their own, and would after a power cut."""
        kept = self._home / "kept"
        kept.mkdir(exist_ok=True)
        for path in paths:
            os.replace(path, f"{kept}/{path.rpartition('/')[2]}")
        os.sync()


if __name__ == "__main__":
    serve(PlainKeeping)
