"""Makes a feed from samples, and tries it on them by the whole road of the pipeline."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipelines.base.errors import UsageError
from pipelines.base.likely import did_you_mean
from pipelines.onboard.column_draft import FeedDraft
from pipelines.onboard.feed_draft import draft_feed
from pipelines.onboard.feed_writing import FeedHead, write_feed
from pipelines.onboard.heading_match import HeadingMatcher
from pipelines.onboard.name_forms import read_names
from pipelines.onboard.open_questions import Answers, OpenQuestion
from pipelines.onboard.other_shapes import told_other_shape
from pipelines.onboard.sample_tables import Sample, read_sample
from pipelines.onboard.table_choice import ChosenTable, choose_table
from pipelines.onboard.time_readings import days_of
from pipelines.parse.formats.tables.header import Headings
from pipelines.parse.patient_data import find_forbidden_heading
from pipelines.reference.codes import FOLDER
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry, read_feed
from pipelines.registry.table_map import TableMap

if TYPE_CHECKING:
    from pipelines.trial import Trial

_NAMES = (
    ("organisation", "org_code", "org_name"),
    ("contract_area", "contract_code", "contract_name"),
)


@dataclass(frozen=True)
class NewFeed:
    """A feed file made from samples, and what it makes of them."""

    feed: Feed
    text: str
    """The feed file."""
    draft: FeedDraft
    questions: tuple[OpenQuestion, ...]
    notes: tuple[str, ...]


def make_feed(
    registry: Registry,
    collection: str,
    provider: str,
    paths: Sequence[Path],
    given: Mapping[str, str],
) -> NewFeed:
    """The feed of that provider, as far as its samples tell it.

    Raises `UsageError` where the samples cannot be read, or provider or collection are unknown.
    """
    contract = registry.collection(collection)
    code = provider.strip().upper()
    name = provider_name(code, registry)
    answers = Answers(given)
    matcher = HeadingMatcher(contract, registry.feeds_of(collection))
    samples = [read_sample(path) for path in paths]
    notes = [told for sample in samples for told in sample.told]
    tables = [choose_table(sample, matcher, contract, answers) for sample in samples]
    table = _together(samples, tables, notes)
    draft = draft_feed(contract, code, table, matcher, answers)
    if told := find_forbidden_heading(draft.unknown):
        raise UsageError(f"{paths[0].name}: {told.message} {told.fix}")
    if lists := [one.heading for one in table.headings if _holds_lists(table, one.at)]:
        notes.append(
            f"Lists stand within the rows at {', '.join(map(repr, lists))}. A feed reads one list "
            "of objects: ask for the rows as one list, each with its day and code."
        )
    notes += _told_outside(table, contract)
    notes += told_other_shape(table, matcher, contract)
    names = read_names([path.name for path in paths], answers, days_of(draft))
    if names.is_by_rows:
        notes.append("The day in the file's name is read as the one near the days of its rows.")
    answers.refuse_unused()
    others = [
        feed.feed_id
        for feed in registry.feeds_of(collection)
        if feed.provider.code != code and any(feed.matches(path.name) for path in paths)
    ]
    if others:
        notes.append(
            f"Files of such a name are taken for {', '.join(others)} too: give the pattern what "
            "only this provider's names have."
        )
    own_name = code.casefold() in names.pattern.casefold()
    endpoint = f"incoming/{collection}" + ("" if own_name else f"/{code}")
    title = f"{name}, {contract.title[:1].lower()}{contract.title[1:]}"
    head = FeedHead(title, code, name, endpoint, names)
    questions = _each_once(answers.asked)
    feed, text = _settled(head, draft, questions, contract)
    return NewFeed(feed, text, draft, questions, tuple(dict.fromkeys(notes)))


def _holds_lists(table: ChosenTable, at: int) -> bool:
    """Whether JSON cells there are lists."""
    return table.raw.kind == "json" and any(text.startswith("[") for text in table.texts(at))


def _told_outside(table: ChosenTable, contract: Collection) -> list[str]:
    """A note on figures that stand outside of the rows of JSON, where there are any."""
    figures = [
        one.heading
        for one in table.headings
        if one.heading in table.raw.outside
        and one.taken is not None
        and contract.column(one.taken.column).is_number
    ]
    told = ", ".join(map(repr, figures))
    text = f"{told} stands once, outside of the rows: it is of all rows together, and is not read."
    return [text] if figures else []


def _each_once(questions: Sequence[OpenQuestion]) -> tuple[OpenQuestion, ...]:
    return tuple({one.key: one for one in questions}.values())


def provider_name(code: str, registry: Registry) -> str:
    """The name of that code, in the reference data or in another feed of the provider.

    Raises `UsageError` for a code that is not known.
    """
    codes: list[str] = []
    for table, key, named in _NAMES:
        with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row[key] == code:
                    return row[named]
                codes.append(row[key])
    for feed in registry.feeds.values():
        if feed.provider.code == code:
            return feed.provider.name
    raise UsageError(f"There is no organisation '{code}'.{did_you_mean(code, codes)}")


def _together(
    samples: Sequence[Sample], tables: Sequence[ChosenTable], notes: list[str]
) -> ChosenTable:
    """The first table with the rows of the others below its own, under the same headings."""
    first = tables[0]
    rows, totals = list(first.rows), list(first.totals)
    if first.raw.kind == "csv":
        signs = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
        notes.append(f"Its cells are parted by a {signs[first.raw.place]}.")
    for sample, table in zip(samples[1:], tables[1:], strict=True):
        if table.raw.kind != first.raw.kind or table.header_rows != first.header_rows:
            raise UsageError(
                f"{sample.path.name} has another form than {samples[0].path.name}: "
                f"{table.raw.kind} with {table.header_rows} row(s) of headings. One feed reads one "
                "form; give the samples of one form."
            )
        stand_at = {one.heading: one.at for one in table.headings}
        wanted = {one.at: stand_at.get(one.heading) for one in first.headings}
        lacking = [one.heading for one in first.headings if one.heading not in stand_at]
        more = [
            heading for heading in stand_at if heading not in {h.heading for h in first.headings}
        ]
        if lacking or more:
            notes.append(
                f"{sample.path.name} has other headings: without {lacking or 'none'}, "
                f"and with {more or 'none'}, which are not mapped."
            )
        width = max(wanted) + 1
        for row in table.rows:
            moved = [wanted.get(at) for at in range(width)]
            rows.append([row[at] if at is not None and at < len(row) else None for at in moved])
        totals += table.totals
    sure = all(table.is_sure for table in tables)
    return replace(first, rows=tuple(rows), totals=tuple(dict.fromkeys(totals)), is_sure=sure)


def _settled(
    head: FeedHead,
    draft: FeedDraft,
    questions: Sequence[OpenQuestion],
    contract: Collection,
) -> tuple[Feed, str]:
    """The feed as the registry reads it, when its reader sees the headings as the draft does.

    A heading that the reader would take for a column that is left out is ignored by name.
    """
    cells = [""] * (max(one.at for one in draft.table.headings) + 1)
    for one in draft.table.headings:
        if one.heading not in draft.table.raw.outside or _is_used(one.heading, draft):
            cells[one.at] = one.heading
    planned = {
        name: own.heading.at
        for name, own in draft.columns.items()
        if own.is_written and own.heading is not None
    }
    for _ in range(2 * len(cells)):
        text = write_feed(head, draft, questions)
        feed = read_text(text, contract, head.code)
        assert isinstance(feed.format, TableMap)
        found, _, _ = Headings(feed, feed.format, contract).match(cells)
        strays = [
            cells[at]
            for name, at in found.items()
            if not name.endswith("(time of day)") and planned.get(name) != at
        ]
        lost = [name for name in planned if name not in found and not strays]
        for name in lost:
            draft.columns[name].leave_out("the reader cannot tell its heading from another one")
            del planned[name]
        if not strays and not lost:
            break
        for heading in strays:
            if heading not in draft.ignored:
                draft.ignored.append(heading)
            draft.unknown = [one for one in draft.unknown if one != heading]
    return feed, text


def _is_used(heading: str, draft: FeedDraft) -> bool:
    return any(
        own.heading is not None
        and heading in (own.heading.heading, *own.settings.get("time_headings", ()))
        for own in draft.columns.values()
    )


def read_text(text: str, contract: Collection, code: str) -> Feed:
    """The text of a feed file as the registry reads it; raises `ConfigurationError`."""
    with TemporaryDirectory(prefix="sitrep-new-") as scratch:
        path = Path(scratch) / contract.collection / f"{code.lower()}.yaml"
        path.parent.mkdir()
        path.write_text(text, "utf-8")
        return read_feed(path, contract)


def try_feed(home: Path, registry: Registry, feed: Feed, path: Path, rows: int) -> "Trial":
    """What the sample becomes on that feed, as `sitrep try` would tell it."""
    from pipelines.trial import try_file

    with_it = replace(registry, feeds={**registry.feeds, feed.feed_id: feed})
    return try_file(home, with_it, feed.feed_id, path, rows)
