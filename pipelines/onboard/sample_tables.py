"""The tables that a sample may hold, read by the pipeline's own readers.

A text is tried with each delimiter, a workbook sheet by sheet, JSON at each list of objects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipelines.base.errors import UsageError
from pipelines.base.plain_files import LargeFile, NotPlainFile, read_plain
from pipelines.base.settings import settings
from pipelines.parse.files.encodings import decode
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Workbook
from pipelines.parse.formats.tables.delimited import DELIMITERS, read_rows
from pipelines.parse.formats.tables.objects import EVERYTHING, find_lists, read_objects
from pipelines.parse.formats.tables.records import Objects
from pipelines.parse.formats.tables.sheet import read_sheet
from pipelines.parse.patient_data import find_nhs_numbers

Kind = Literal["csv", "xlsx", "json"]

_DEEPEST = 3
"""Lists within lists that are looked into."""
_WORKBOOKS = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table before its header is known: a sheet, a text with one delimiter, a list of JSON."""

    kind: Kind
    place: str
    """The sheet, the delimiter, or the path of the objects; empty for a whole JSON file."""
    rows: Sequence[Sequence[str | None]]
    """Of JSON the first row has the keys."""
    outside: frozenset[str] = frozenset()
    """Keys of JSON that stand outside of the objects; each row has their values, too."""


@dataclass(frozen=True)
class Sample:
    """A sample file: what it is, and the tables that it may hold."""

    path: Path
    kind: Kind
    tables: tuple[RawTable, ...]
    told: tuple[str, ...] = field(default=())
    """What its bytes tell: the encoding, sheets that are hidden."""


def read_sample(path: Path) -> Sample:
    """The file by its content, whatever its name ends with.

    Raises `UsageError` where it cannot be read, or where it has data of patients.
    """
    try:
        content = read_plain(path, settings().max_file_bytes)
    except FileNotFoundError:
        raise UsageError(f"No such file: {path}.") from None
    except LargeFile:
        most = settings().max_file_bytes
        raise UsageError(f"{path} is larger than {most:,} bytes. Take a smaller sample.") from None
    except NotPlainFile as error:
        raise UsageError(f"{path} {error}. Name the file itself.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    if told := find_nhs_numbers(content, path.name):
        raise UsageError(f"{path.name}: {told.message} {told.fix}")
    try:
        if content.startswith(_WORKBOOKS):
            return _read_workbook(path, content)
        text = decode(content, path.name)
        if text.lstrip()[:1] in ("{", "["):
            tables = tuple(_tables_of_objects(text))
            if tables:
                return Sample(path, "json", tables, (f"{path.name} is JSON.",))
        return _read_text(path, content, text)
    except Refusal as refusal:
        raise UsageError(f"{path.name}: {refusal.finding.message} {refusal.finding.fix}") from None


def _read_workbook(path: Path, content: bytes) -> Sample:
    with Workbook(content, path.name) as workbook:
        visible = dict(workbook.visible)
    shown = [name for name, is_shown in visible.items() if is_shown]
    hidden = [name for name, is_shown in visible.items() if not is_shown]
    told = [f"{path.name} is a workbook with {_listed('sheet', shown)}."]
    if hidden:
        told.append(f"Hidden and not read: {_listed('sheet', hidden)}.")
    tables = tuple(
        RawTable("xlsx", name, read_sheet(content, path.name, name).rows) for name in shown
    )
    return Sample(path, "xlsx", tables, tuple(told))


def _read_text(path: Path, content: bytes, text: str) -> Sample:
    tables = []
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        try:
            tables.append(RawTable("csv", delimiter, read_rows(text, delimiter).rows))
        except Refusal:
            continue
    if not tables:
        tables.append(RawTable("csv", ",", read_rows(text, ",").rows))
    told = f"{path.name} is delimited text in {_encoding_of(content, text)}."
    return Sample(path, "csv", tuple(tables), (told,))


def _encoding_of(content: bytes, text: str) -> str:
    """What the reader took the bytes for, for people."""
    for name, told in (
        ("ascii", "plain ASCII"),
        ("utf-8-sig", "UTF-8"),
        ("cp1252", "Windows-1252"),
    ):
        try:
            if content.decode(name).removeprefix("\ufeff") == text:
                return told
        except UnicodeDecodeError:
            continue
    return "UTF-16" if b"\0" in content else "another encoding"


def _tables_of_objects(text: str) -> Iterator[RawTable]:
    """The whole file as objects, and each list of objects that stands inside of them."""
    try:
        whole = read_objects(text, None)
    except Refusal:
        return
    yield RawTable("json", "", [list(whole.keys), *whole.rows])
    if len(whole.rows) == 1:
        yield from _tables_within(text, "", whole, _DEEPEST)


def _tables_within(text: str, path: str, outer: Objects, levels: int) -> Iterator[RawTable]:
    for key in find_lists(outer) if levels else ():
        inner = f"{path}.{key}" if path else key
        try:
            own = read_objects(text, inner)
            whole = read_objects(text, inner, EVERYTHING)
        except Refusal:
            continue
        if not own.rows:
            continue
        kept = [at for at, key in enumerate(whole.keys) if _is_told(whole, at, own.keys)]
        cells: list[Sequence[str | None]] = [whole.keys, *whole.rows]
        rows = [[row[at] for at in kept] for row in cells]
        outside = frozenset(whole.keys[at] for at in kept) - frozenset(own.keys)
        yield RawTable("json", inner, rows, outside)
        yield from _tables_within(text, inner, own, levels - 1)


def _is_told(objects: Objects, at: int, own: Sequence[str]) -> bool:
    """Whether that key is the objects' own, or has plain values outside of them."""
    values = (row[at] or "" for row in objects.rows)
    return objects.keys[at] in own or not any(text.startswith(("[", "{")) for text in values)


def _listed(what: str, names: Sequence[str]) -> str:
    told = ", ".join(f"'{name}'" for name in names)
    return f"the {what} {told}" if len(names) == 1 else f"the {what}s {told}"
