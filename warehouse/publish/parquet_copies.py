"""The same tables as Parquet, beside a publication's file.

A table that did not change is not written again: its file is that of the publication before, under
a second name, as long as it is what was written then. Of a large table the row groups that did not
change are taken over.
"""

import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.marts.now.now import CHANGE
from warehouse.publish import row_groups
from warehouse.publish.empty_tables import table_path
from warehouse.publish.fill import second_thread
from warehouse.publish.parquet_footer import UnreadableFooter
from warehouse.publish.parted_tables import PartedTable
from warehouse.publish.patching import Patching
from warehouse.publish.publications import Earlier, copy_path
from warehouse.publish.published_tables import SCHEMAS
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


def write_copies(
    connection: "duckdb.DuckDBPyConnection",
    rows: Mapping[str, int],
    folder: Path,
    parted: Mapping[str, PartedTable],
    earlier: Earlier | None = None,
    patching: Patching | None = None,
) -> dict[str, str]:
    """Each table stands in the folder as Parquet; the SHA-256 of each file.

    With `patching` what did not change is taken from the earlier publication. Two threads share
    the other tables.
    """
    for schema in SCHEMAS:
        (folder / schema).mkdir(parents=True)
    copies = _Copies(folder, rows, parted, earlier, patching)
    linked = copies.link()
    by_size = sorted(rows.keys() - linked.keys(), key=rows.__getitem__)
    with second_thread(connection) as (other, thread):
        copied = thread.submit(copies.write, other, by_size[::2])
        written = copies.write(connection, by_size[1::2])
        return {**linked, **written, **copied.result()}


@dataclass(frozen=True)
class _Copies:
    """The Parquet files of a publication, and what may be taken from those of the one before."""

    folder: Path
    rows: Mapping[str, int]
    parted: Mapping[str, PartedTable]
    earlier: Earlier | None
    patching: Patching | None

    def link(self) -> dict[str, str]:
        """The files of unchanged tables are in the folder too."""
        linked: dict[str, str] = {}
        for table in sorted(self.patching.unchanged if self.patching else ()):
            source = self._sound_file_before(table)
            if source is None:
                continue
            # A disk without such names: the table is written as any other.
            target = copy_path(self.folder, table)
            with suppress(OSError):
                os.link(source, target)
                linked[table] = _digest(target)
        return linked

    def write(
        self, connection: "duckdb.DuckDBPyConnection", tables: Sequence[str]
    ) -> dict[str, str]:
        """The files of these tables are written."""
        written: dict[str, str] = {}
        for table in tables:
            target = copy_path(self.folder, table)
            if not self._is_written_in_groups(connection, table, target):
                _write_parquet(connection, f"publication.{table_path(table)}", target)
            written[table] = _digest(target)
        return written

    def _is_written_in_groups(
        self, connection: "duckdb.DuckDBPyConnection", table: str, target: Path
    ) -> bool:
        told, kept = self._part_of(table), None
        if told is None or self.rows[table] < row_groups.LEAST_ROWS:
            return False
        part, kind = told
        if self.patching is not None and table in self.patching.differing:
            file = self._sound_file_before(table)
            if file is not None:
                kept = row_groups.KeptGroups(file, kind, self.patching.differing[table])
        path = f"publication.{table_path(table)}"
        try:
            row_groups.write_in_groups(connection, path, part, target, kept)
        except UnreadableFooter as error:
            logging.getLogger(__name__).warning("%s is written as a whole: %s", table, error)
            return False
        return True

    def _part_of(self, table: str) -> tuple[str, str] | None:
        """The column of the table's parts and its type; None where it has no parts."""
        if table == CHANGE:
            return "changed_at", "TIMESTAMP"
        one = self.parted.get(table)
        return None if one is None else (one.part, one.kind)

    def _sound_file_before(self, table: str) -> Path | None:
        """The file of the publication before, where it is what was written then."""
        if self.earlier is None or self.earlier.build is None:
            return None
        file = copy_path(self.earlier.path.with_suffix(""), table)
        digest = self.earlier.build.copies.get(table)
        try:
            is_sound = not file.is_symlink() and _digest(file) == digest
        except OSError:
            return None
        return file if is_sound else None


def _write_parquet(connection: "duckdb.DuckDBPyConnection", table: str, target: Path) -> None:
    connection.execute(f"COPY {table} TO {literals.text(str(target))} (FORMAT parquet)")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
