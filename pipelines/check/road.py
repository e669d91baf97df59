"""The road of files that are only looked at: read, conformed and judged, of which nothing is kept.

`sitrep try` and `sitrep feeds check` both go it, and so does the upload page of the dashboard.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.base.disk_faults import raise_disk_fault
from pipelines.check.checked import CellChecked
from pipelines.collect.handed_in import give_file, too_large_to_read
from pipelines.collection_run import CollectionRun
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Delivery, Landing, Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from pipelines.conform.conformed_rows import ConformedRows
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.parse.rows import ParsedRows
    from pipelines.validate.batch import Batch


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was handed in; without content where it is larger than files may be."""

    name: str
    origin: str
    content: bytes | None
    size_bytes: int


@dataclass(frozen=True)
class JudgedFile:
    """One file at the end of the road, in the batch of all that were judged together."""

    given: GivenFile
    submission: Submission
    batch: "Batch"
    parsed: "ParsedRows | None"
    conformed: "ConformedRows | None"


class _OnlyLookedAt(Landing):
    """Landing as far as the road needs it: it has the bytes of the files, and keeps nothing."""

    def __init__(self, scratch: Path, contents: dict[str, bytes]) -> None:
        super().__init__(scratch)
        self._contents = contents

    def content(self, manifest: Manifest) -> bytes:
        return self._contents[manifest.delivery_id]

    def withhold(self, manifest: Manifest, why: str) -> None:
        """Nothing was kept."""


def give_path(path: Path, feed_id: str) -> GivenFile:
    """The file at that path; raises `UsageError` where it is no plain file or cannot be read."""
    (given,) = give_file(path, [feed_id])
    if isinstance(given, Delivery):
        return GivenFile(path.name, str(path), given.content, len(given.content))
    return GivenFile(path.name, str(path), None, given.size_bytes)


def judge_files(
    registry: Registry, feed: Feed, files: Sequence[GivenFile], prefix: str = "trial"
) -> list[JudgedFile]:
    """The files as submissions of the feed, judged together; in the order in which they count.

    A file that makes the whole fail is judged apart. Raises what is no file's fault.
    """
    contract = registry.collection(feed.collection)
    moment = now()
    manifests = {
        _name(prefix, number, len(files)): Manifest(
            _name(prefix, number, len(files)),
            feed.feed_id,
            hashlib.sha256(one.content or f"{one.name} {one.size_bytes}".encode()).hexdigest(),
            one.size_bytes,
            one.name,
            one.origin,
            moment,
        )
        for number, one in enumerate(files)
    }
    given = dict(zip(manifests, files, strict=True))
    # The same order in which a load lets values count.
    ordered = sorted(
        manifests.values(), key=lambda one: (Submission(one, feed, 0).said_at, one.delivery_id)
    )
    contents = {name: one.content for name, one in given.items() if one.content is not None}
    with TemporaryDirectory(prefix="sitrep-check-") as scratch:
        landing = _OnlyLookedAt(Path(scratch), contents)
        guard = CrashGuard(landing.home, contract.collection)
        run = CollectionRun(landing, registry, contract.collection, guard, {}, is_replay=True)
        try:
            return list(_together(run, ordered, given, feed, contract))
        except Exception as error:
            raise_disk_fault(error)
            if len(ordered) == 1:
                return [_refused(run, ordered[0], given)]
        return [one for each in ordered for one in _alone(run, each, given, feed, contract)]


def _name(prefix: str, number: int, of: int) -> str:
    return prefix if of == 1 else f"{prefix}-{number + 1:04}"


def _alone(
    run: CollectionRun,
    manifest: Manifest,
    given: dict[str, GivenFile],
    feed: Feed,
    contract: Collection,
) -> list[JudgedFile]:
    try:
        return list(_together(run, [manifest], given, feed, contract))
    except Exception as error:
        raise_disk_fault(error)
        return [_refused(run, manifest, given)]


def _refused(run: CollectionRun, manifest: Manifest, given: dict[str, GivenFile]) -> JudgedFile:
    """A fault of our reader is the finding that it is; raises what is no file's fault."""
    (batch,) = run.check([manifest])
    return JudgedFile(given[manifest.delivery_id], batch.submissions[0], batch, None, None)


def _together(
    run: CollectionRun,
    ordered: Sequence[Manifest],
    given: dict[str, GivenFile],
    feed: Feed,
    contract: Collection,
) -> Iterator[JudgedFile]:
    from pipelines.conform.conform import conform_submissions
    from pipelines.parse.parse import parse_all
    from pipelines.validate.suite import rules_run_directly
    from pipelines.validate.validate import validate_submissions

    submissions = [Submission(one, feed, number) for number, one in enumerate(ordered)]
    read = []
    for one in submissions:
        file = given[one.manifest.delivery_id]
        if file.content is None:
            one.refuse(too_large_to_read(file.size_bytes))
        else:
            read.append(one)
    parse_all(run.landing, read, contract, run.guard)
    parsed = [one.parsed for one in submissions]
    conformed = conform_submissions(submissions, contract)
    with rules_run_directly():
        batch = validate_submissions(contract.collection, submissions, conformed, contract)
    for one, own in zip(submissions, parsed, strict=True):
        yield JudgedFile(given[one.manifest.delivery_id], one, batch, own, conformed)


def headings_of(judged: JudgedFile, contract: Collection) -> "list[HeadingTold]":
    """The headings expected and found; none of a file that was not read at all."""
    from pipelines.parse.formats.file_format import file_format

    feed = judged.submission.feed
    if judged.given.content is None or feed is None:
        return []
    return file_format(feed).headings_read(feed, contract, judged.parsed)


def cells_of(judged: JudgedFile, contract: Collection, rows: int) -> Iterator[CellChecked]:
    """The cells of the first rows, in the order of the contract's columns."""
    parsed, conformed = judged.parsed, judged.conformed
    if parsed is None or conformed is None:
        return
    start = conformed.starts.get(judged.submission.number)
    if start is None:
        return
    columns = [column.name for column in contract.columns if column.name in parsed.texts]
    for row in range(min(rows, len(parsed))):
        for name in columns:
            place = parsed.place(row, name)
            cell = f"{place.column_letter or ''}{place.row or ''}" if place.column else ""
            at = cell or (f"row {place.row}" if place.row else "")
            told = f"{place.sheet}, {at}" if place.sheet and at else at
            value = conformed.table[name][start + row].as_py()
            yield CellChecked(row + 1, name, parsed.text(row, name), value, told)
