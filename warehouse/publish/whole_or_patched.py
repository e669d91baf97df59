"""Whether a publication may be made from a copy of the one before, and that copy.

A copy is brought up to date by what differs. What that rests on is checked here: the same
contracts, code, reference data and warehouse, an undamaged file, and a clock that was not set back.
All is made anew once a day too, so that nothing that went unseen lasts longer.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.disk_faults import writing
from warehouse.publish.publications import Earlier
from warehouse.store import literals
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

WHOLE_EVERY = timedelta(days=1)
"""How long publications are patched before one is made anew as a whole."""
_CODE = ("marts", "publish", "store")
"""Folders of `warehouse` whose code says what a publication holds."""
_AT_ONCE = 1 << 20


def find_basis(connection: "duckdb.DuckDBPyConnection") -> str:
    """What a publication rests on besides its contracts; where it is another, none is patched."""
    rows = connection.execute(render(Path(__file__).parent, "basis")).fetchall()
    return hashlib.sha256(f"{_code()} {rows}".encode()).hexdigest()


def why_whole(
    connection: "duckdb.DuckDBPyConnection",
    earlier: Earlier | None,
    contract: str,
    basis: str,
    made_at: datetime,
) -> str | None:
    """Why the publication must be made as a whole; None where a copy of the earlier one will do."""
    if earlier is None:
        return "there is none before it"
    if earlier.contract != contract:
        return "contracts changed, or the one before has faults"
    build, before = earlier.build, earlier.made_at
    if build is None or before is None or build.basis != basis:
        return "code, reference data or the warehouse changed"
    if not build.whole_at <= before <= made_at < build.whole_at + WHOLE_EVERY:
        return "a day has passed, or the clock was set back"
    name, sha256 = literals.text(earlier.path.stem), literals.text(earlier.sha256)
    since = literals.instant(before)
    ((is_known, is_retained),) = connection.execute(
        f"SELECT (SELECT count(*) FROM warehouse.ops.publication WHERE name = {name} "
        f"AND sha256 = {sha256}), "
        f"(SELECT count(*) FROM warehouse.ops.retention WHERE ran_at >= {since})"
    ).fetchall()
    if not is_known:
        return "the warehouse does not know the one before"
    return "old rows were deleted" if is_retained else None


def copy_undamaged(earlier: Earlier, path: Path) -> bool:
    """The path has a copy of the earlier publication's file; False where that is damaged."""
    digest = hashlib.sha256()
    try:
        source = earlier.path.open("rb")
    except OSError:
        logging.getLogger(__name__).exception("%s cannot be read", earlier.path)
        return False
    with source, writing(path), path.open("wb") as target:
        while part := source.read(_AT_ONCE):
            digest.update(part)
            target.write(part)
    if digest.hexdigest() == earlier.sha256:
        return True
    logging.getLogger(__name__).warning(
        "%s is not what was published, so the next publication is made as a whole", earlier.path
    )
    path.unlink()
    return False


@cache
def _code() -> str:
    """A digest of the code that makes publications, and of DuckDB's version."""
    import duckdb

    digest = hashlib.sha256(duckdb.__version__.encode())
    folder = Path(__file__).parents[1]
    for name in _CODE:
        for path in sorted((folder / name).rglob("*")):
            if path.suffix in (".py", ".sql", ".yaml"):
                digest.update(path.read_bytes())
    return digest.hexdigest()
