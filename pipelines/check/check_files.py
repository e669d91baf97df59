"""Checks files of one feed as they would come, one after the other, and keeps nothing of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.answer.answer import read_answer
from pipelines.check.checked import CheckedFile
from pipelines.check.levels import Recent, compare_levels
from pipelines.collect.handed_in import give_file
from pipelines.findings.finding import finding
from pipelines.findings.status import Status
from pipelines.landing.landing import Delivery, NotTaken
from pipelines.registry.registry import Registry
from pipelines.trial import JudgedFile, judge_given, warehouse_in_memory
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


def check_files(
    registry: Registry,
    feed_id: str,
    paths: Sequence[Path],
    rows: int,
    recent: Recent,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[CheckedFile]:
    """Each file as it would be answered after those before it; its first rows cell by cell.

    `recent` is what its figures are compared with. Raises `UsageError` for an unknown feed and for
    what is no plain file, and `ConfigurationError` for a broken one.
    """
    registry.feed(feed_id)
    given = (one for path in paths for one in give_file(path, [feed_id]))
    yield from check_given(registry, given, rows, recent, report)


def check_given(
    registry: Registry,
    given: Iterable[Delivery | NotTaken],
    rows: int,
    recent: Recent,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[CheckedFile]:
    """As `check_files`, of bytes that were handed in for feeds of one collection."""
    seen: dict[str, str] = {}
    with warehouse_in_memory() as connection:
        for number, one in enumerate(given, start=1):
            report(f"Checking {one.file_name}")
            judged = judge_given(registry, one, number)
            checked = CheckedFile(
                judged.feed,
                _answer(connection, judged, registry, seen),
                judged.feed.matches(one.file_name) if judged.feed.pattern else True,
                judged.headings(),
                judged.cells(rows),
            )
            checked.levels, checked.compared_with = compare_levels(judged, recent)
            yield checked


def _answer(
    connection: "duckdb.DuckDBPyConnection",
    judged: JudgedFile,
    registry: Registry,
    seen: dict[str, str],
) -> dict[str, Any]:
    """The answer after what was loaded before; the same bytes again are told as a duplicate."""
    from warehouse.load.load import load_batch

    sha256, name = judged.submission.manifest.sha256, judged.submission.manifest.file_name
    is_again = sha256 in seen
    if not is_again:
        seen[sha256] = name
        load_batch(connection, judged.batch, judged.contract)
    found = connection.execute(
        f"SELECT submission_id FROM warehouse.ops.submission WHERE sha256 = {literals.text(sha256)}"
    ).fetchone()
    assert found is not None
    answer = read_answer(connection, found[0], registry)
    return _as_duplicate(answer, name, seen[sha256]) if is_again else answer


def _as_duplicate(answer: dict[str, Any], name: str, first: str) -> dict[str, Any]:
    """The answer to a file whose bytes came before under the first name."""
    told = finding("FILE-008", value=first)
    line = {
        "line": 1,
        "code": told.code,
        "severity": told.severity.value,
        "message": told.message,
        "fix": told.fix,
    }
    nothing = dict.fromkeys(answer["accepted_rows"], 0)
    return {
        **answer,
        "file_name": name,
        "status": Status.DUPLICATE.value,
        "accepted_rows": nothing,
        "lines": [line],
    }
