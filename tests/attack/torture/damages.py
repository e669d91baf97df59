"""Files of state are damaged one by one: the rest has to go on."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.attack.torture.result import Result
from tests.attack.torture.twin import last_words, run_stage
from tests.support.ledger_questions import ask_ledger


def _as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: Mapping[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 4),
    "another type": lambda path: path.write_bytes(b'["x", 5]'),
    "null": lambda path: path.write_bytes(b"null"),
    "gone": lambda path: path.unlink(),
    "a folder": _as_folder,
}
_GOES_ON = ("simulate --folder", "bring_in", "publish", "watch", "status")
_WAREHOUSE = ("warehouse.duckdb", "warehouse.duckdb.wal")
"""Without it nothing can be loaded: that is said plainly, and after a rebuild all goes on."""


def kinds_of_files(home: Path) -> dict[str, Path]:
    """One file of each kind under the home; a kind is a name without what differs each time."""
    found: dict[str, Path] = {}
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink():
            kind = re.sub(r"[0-9a-f]{8,}|\d+", "#", str(path.relative_to(home)))
            kind = re.sub(r"(answers|incoming|collected)/[^/]+", r"\1/*", kind)
            kind = re.sub(r"objects/.*?(\.withheld)?$", r"objects/*\1", kind)
            found.setdefault(kind, path)
    # What the pipeline keeps in mind comes first: there is least of it, and it matters most.
    return dict(sorted(found.items(), key=lambda one: "*" in one[0]))


def damage(folder: Path, before: Path, kind: str, path: Path, how: str, number: int) -> Result:
    """What the usual journeys do on a home in which that file is damaged."""
    home = Path(shutil.copytree(before, folder / "home", symlinks=True))
    DAMAGES[how](home / path.relative_to(before))
    faults: list[str] = []
    if path.name in _WAREHOUSE:
        faults += _go_on(home, number, may_be_red=True)
        faults += _rebuilt(home, number)
    faults += _go_on(home, number)
    if not faults:
        faults += _not_loaded(home)
    shutil.rmtree(home)
    return Result("damage", kind, number, how, faults)


def _go_on(home: Path, number: int, *, may_be_red: bool = False) -> Iterator[str]:
    """What is wrong with how the usual journeys end; they may be red where that is allowed."""
    for name in _GOES_ON:
        ended = run_stage(home, name, number)
        last = last_words(ended.said)
        if ended.given is None:
            yield f"{name} died ({ended.exit_code}): {last}"
        elif "unexpected" in ended.said:
            yield f"{name} did not know what happened: {last}"
        elif ended.given[0] not in (0, 1) and not may_be_red:
            yield f"{name} ended with {ended.given[0]}: {last}"


def _rebuilt(home: Path, number: int) -> Iterator[str]:
    """The warehouse is made again from landing, or what went wrong."""
    ended = run_stage(home, "rebuild", number)
    if ended.given is None or ended.given[0] != 0:
        yield f"rebuild ended with {ended.given}: {last_words(ended.said)}"


def _not_loaded(home: Path) -> Iterator[str]:
    (count,) = ask_ledger(
        home,
        "SELECT count(*) AS n FROM ops.submission WHERE file_name LIKE '%20261125T0%' "
        "AND received_at >= TIMESTAMP '2026-11-25 13:00:00'",
    )
    if count["n"] < 10:
        yield f"only {count['n']} of the files that came afterwards are in the ledger"
