"""What is told of a collection to those who send it: one model for Markdown and for HTML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.answer.answer_page import place_told, verdict_of
from pipelines.base.settings import settings
from pipelines.guide.columns_told import ColumnTold, tell_column
from pipelines.guide.contract_years import contract_at, years_told
from pipelines.guide.example_answers import EXAMPLE_MOMENT, ExampleAnswer
from pipelines.guide.example_files import SentForm, json_values
from pipelines.guide.example_rows import example_row
from pipelines.guide.own_form import own_feed
from pipelines.guide.rules_told import RuleTold, tell_rule
from pipelines.guide.slots_told import SlotsTold, tell_slots
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class ExampleCell:
    """One value of the example, in words."""

    column: str
    written: str
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class AnswerTold:
    """An answer of the pipeline to a file that is shown."""

    told: str
    file_name: str
    sent: str
    status: str
    verdict: str
    received_at: str
    rows: Mapping[str, int]
    lines: Sequence[Mapping[str, str]]
    """Code, place, message and fix of each thing that was found."""


@dataclass(frozen=True, slots=True)
class VersionTold:
    """What changed from a financial year on."""

    financial_year: str
    start: date
    note: str


@dataclass(frozen=True, slots=True)
class CollectionGuide:
    """A collection, told to those who send it."""

    name: str
    title: str
    row: str
    description: str
    senders: str
    cohort: Sequence[tuple[str, str]]
    """Code and name of those who are expected to send it; empty where the contract names none."""
    key: tuple[str, ...]
    columns: Sequence[ColumnTold]
    ratios: Sequence[tuple[str, str, str]]
    """Name, unit and description of figures that follow from the columns."""
    rules: Sequence[RuleTold]
    slots: SlotsTold
    amendments: str
    earliest: date
    versions: Sequence[VersionTold]
    example: Sequence[ExampleCell]
    example_csv: str
    example_json: str
    answers: Sequence[AnswerTold]

    @property
    def has_earlier_names(self) -> bool:
        """Whether any column had another name before."""
        return any(column.earlier_names for column in self.columns)

    @property
    def has_source_items(self) -> bool:
        """Whether any column is an item of a publication."""
        return any(column.source_item for column in self.columns)


def tell_collection(
    collection: Collection, registry: Registry, answers: Sequence[ExampleAnswer]
) -> CollectionGuide:
    """All that is told of the collection, with these answers of the pipeline."""
    held = contract_at(collection, example_row(collection, EXAMPLE_MOMENT).slot.start)
    form = SentForm(own_feed(held), held)
    as_json = SentForm(own_feed(held, "json"), held)
    row = example_row(held, EXAMPLE_MOMENT)
    written = zip(form.columns, form.cells(row), strict=True)
    cohort = collection.coverage.cohort if collection.coverage else ()
    return CollectionGuide(
        name=collection.collection,
        title=collection.title,
        row=collection.row,
        description=collection.description,
        senders=_senders(collection, registry),
        cohort=[(code, _name_of(code, collection, registry)) for code in cohort],
        key=collection.key,
        columns=[tell_column(collection, column) for column in collection.columns],
        ratios=[(one.name, one.unit, one.description) for one in collection.ratios],
        rules=[
            tell_rule(form.rule, years_told(collection, form.versions))
            for form in collection.rule_forms
        ],
        slots=tell_slots(collection.cadence, row.slot.start),
        amendments=_amendments(collection),
        earliest=collection.earliest,
        versions=[
            VersionTold(one.financial_year, one.start, one.note) for one in collection.versions
        ],
        example=[
            ExampleCell(one.column.name, str(cell), one.column.unit, one.column.description)
            for one, cell in written
        ],
        example_csv=form.write([row]).decode().replace("\r\n", "\n"),
        example_json=json.dumps([json_values(as_json, row)], indent=1, ensure_ascii=False),
        answers=[_tell_answer(one) for one in answers],
    )


def tell_collections(registry: Registry) -> dict[str, CollectionGuide]:
    """Each collection, with the answers that are kept beside its contract."""
    return {
        name: tell_collection(collection, registry, kept_answers(name))
        for name, collection in registry.collections.items()
    }


def answers_path(collection: str) -> Path:
    """Where the example answers of a collection are kept, beside its contract."""
    return settings().expectations_dir / "answers" / f"{collection}.json"


def answers_text(answers: Sequence[ExampleAnswer]) -> str:
    """The answers as they are kept."""
    return json.dumps([asdict(one) for one in answers], indent=1, ensure_ascii=False) + "\n"


def kept_answers(collection: str) -> list[ExampleAnswer]:
    """The example answers that are kept; none where they were not made, or cannot be read."""
    try:
        found: list[dict[str, Any]] = json.loads(answers_path(collection).read_text("utf-8"))
        return [ExampleAnswer(**one) for one in found]
    except (OSError, ValueError, TypeError):
        return []


def _tell_answer(example: ExampleAnswer) -> AnswerTold:
    answer = example.answer
    lines = [
        {
            "code": line["code"],
            "place": place_told(line).removesuffix(": "),
            "message": line["message"],
            "fix": line["fix"],
        }
        for line in answer["lines"]
    ]
    counted = ("read", "accepted", "quarantined", "values_rejected")
    return AnswerTold(
        example.told,
        example.file_name,
        example.sent.replace("\r\n", "\n"),
        answer["status"],
        verdict_of(answer["status"], (line["code"] for line in lines)),
        answer["received_at"],
        {name: answer["rows"][name] for name in counted},
        lines,
    )


def _senders(collection: Collection, registry: Registry) -> str:
    if collection.coverage is not None:
        coverage = collection.coverage
        return f"{coverage.what[0].upper()}{coverage.what[1:]}, {coverage.members} in all."
    feeds = registry.feeds_of(collection.collection)
    names = dict.fromkeys(f"{one.provider.name} ({one.provider.code})" for one in feeds)
    return f"{', '.join(names) or 'No feed is set up yet'}."


def _name_of(code: str, collection: Collection, registry: Registry) -> str:
    """The provider's name, as its feed has it; else as the code lists do."""
    from pipelines.reference.codes import organisation_names

    for feed in registry.feeds_of(collection.collection):
        if feed.provider.code == code:
            return feed.provider.name
    return organisation_names().get(code, "")


def _amendments(collection: Collection) -> str:
    days = collection.amendment_days
    if days is None:
        return "A slot may be sent again at any time: the file made last counts."
    return (
        f"A slot may be sent again for {days} days: the file made last counts. Rows of earlier "
        "slots are kept out, unless another number of days was agreed with you."
    )
