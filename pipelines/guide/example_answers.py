"""Answers as a provider gets them, made by the pipeline itself from an example and its mistakes.

Nothing of it touches a home or the real warehouse: landing is a folder that is gone afterwards, the
warehouse is in memory, and the clock stands shortly before the example is due.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import clock_at
from pipelines.guide.contract_years import contract_at
from pipelines.guide.example_files import SentForm
from pipelines.guide.example_rows import ExampleRow, example_row
from pipelines.guide.own_form import own_feed, registry_of
from pipelines.guide.slots_told import last_slot
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed

if TYPE_CHECKING:
    from pipelines.landing.landing import Landing, Manifest

EXAMPLE_MOMENT = datetime(2026, 11, 25, 12, 15, tzinfo=UTC)
"""Examples of pages are of the slot that had ended last then, so that pages stay as they are."""

_BEFORE_DUE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """A file that is sent, and why it is shown."""

    case: str
    told: str
    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ExampleAnswer:
    """What was sent and what was answered."""

    case: str
    told: str
    file_name: str
    sent: str
    answer: dict[str, Any]


def example_files(collection: Collection) -> list[ExampleFile]:
    """The example as it should be, with a row that is kept out, without its slot, and once more."""
    held = contract_at(collection, example_row(collection, EXAMPLE_MOMENT).slot.start)
    form = SentForm(own_feed(held), held)
    row = example_row(held, EXAMPLE_MOMENT)
    good = form.write([row])
    name = f"{collection.collection}_example"
    time = collection.time_column
    renamed = ["when" if heading == time else heading for heading in form.headings]
    return [
        ExampleFile("accepted", "The example row.", f"{name}.csv", good),
        ExampleFile(
            "accepted_with_rejections",
            "The example row, and a row of the slot before it with two mistakes.",
            f"{name}_with_mistakes.csv",
            _with_mistakes(form, row),
        ),
        ExampleFile(
            "rejected",
            f"The example row, but the column {time} has another heading.",
            f"{name}_without_slot.csv",
            form.writer.write(renamed, [form.cells(row)], None, row.slot.end),
        ),
        ExampleFile("duplicate", "The first file, once more.", f"{name}.csv", good),
    ]


def example_answers(collection: Collection) -> list[ExampleAnswer]:
    """The pipeline's answers to these files, in their order."""
    slot = example_row(collection, EXAMPLE_MOMENT).slot
    files = example_files(collection)
    with clock_at(max(slot.end, slot.due_at - _BEFORE_DUE)):
        answers = list(answers_to(files, own_feed(collection), collection))
    return [
        ExampleAnswer(one.case, one.told, one.file_name, one.content.decode(), answer)
        for one, answer in zip(files, answers, strict=True)
    ]


def answers_to(
    files: Sequence[ExampleFile], feed: Feed, collection: Collection
) -> Iterator[dict[str, Any]]:
    """The answer to each file: it lands, is read, judged and loaded, after those before it."""
    from pipelines.answer.answer import read_answer
    from pipelines.collection_run import CollectionRun
    from pipelines.landing.crash_guard import CrashGuard
    from pipelines.landing.landing import Landing
    from pipelines.trial import warehouse_in_memory
    from warehouse.ledger.ledger import settle_duplicates

    with (
        TemporaryDirectory(prefix="sitrep-example-") as folder,
        warehouse_in_memory() as connection,
    ):
        landing = Landing(Path(folder))
        name = collection.collection
        registry = registry_of(collection, feed)
        run = CollectionRun(
            landing, registry, name, CrashGuard(landing.home, name), {}, is_replay=True
        )
        for number, file in enumerate(files, start=1):
            manifest = _landed(landing, file, feed.feed_id, number)
            if not settle_duplicates(connection, [manifest], registry)[0]:
                for batch in run.check([manifest]):
                    run.load(connection, batch)
            found = connection.execute(
                "SELECT submission_id FROM warehouse.ops.submission WHERE delivery_id = ?",
                [manifest.delivery_id],
            ).fetchone()
            assert found is not None
            yield read_answer(connection, found[0], registry)


def _landed(landing: "Landing", file: ExampleFile, feed_id: str, number: int) -> "Manifest":
    """The file landed, under an id that is the same each time."""
    from pipelines.landing.landing import Delivery

    delivery = Delivery(file.content, file.file_name, feed_id, file.file_name)
    (manifest,) = landing.land_all([delivery])
    return replace(manifest, delivery_id=f"example-{number}")


def _with_mistakes(form: SentForm, row: ExampleRow) -> bytes:
    """The row, and the row of the slot before it whose first two numbers cannot be right."""
    collection = form.collection
    before = replace(row, slot=last_slot(collection.cadence, row.slot.start + timedelta(seconds=1)))
    cells = form.cells(before)
    numbers = [at for at, one in enumerate(form.columns) if one.column.is_number]
    for at, cell in zip(numbers, ("n/k", "-3"), strict=False):
        cells[at] = cell
    return form.writer.write(form.headings, [form.cells(row), cells], None, row.slot.end)
