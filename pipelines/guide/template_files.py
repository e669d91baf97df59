"""Templates to fill in: a file with the headings that a collection, or a feed, is read by."""

import json
from typing import Any

from pipelines.base.clock import now
from pipelines.base.errors import UsageError
from pipelines.guide.contract_years import contract_at
from pipelines.guide.example_files import SentForm, json_values
from pipelines.guide.example_rows import example_row
from pipelines.guide.own_form import Kind, own_feed
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed

KINDS: tuple[Kind, ...] = ("csv", "xlsx", "json")


def sent_form(collection: Collection, feed: Feed | None, kind: str | None) -> SentForm:
    """How the files look: by the feed, or by the contract's own names and units.

    Raises `UsageError` where the feed is of another collection, or does not read such files.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"There is no template as '{kind}'; choose one of: {', '.join(KINDS)}.")
    held = contract_at(collection, example_row(collection, now()).slot.start)
    if feed is None:
        return SentForm(own_feed(held, kind or "csv"), held)
    if feed.collection != collection.collection:
        raise UsageError(f"{feed.feed_id} is a feed of {feed.collection}: write that collection.")
    form = SentForm(feed, held)
    if kind is not None and kind != form.kind:
        raise UsageError(
            f"{feed.feed_id} reads {form.kind} and no {kind}: leave --format out, or --feed."
        )
    return form


def make_template(form: SentForm, feed: Feed | None, *, with_example: bool) -> bytes:
    """The file to fill in; with an example row of the slot that ended last, where one is wanted.

    `feed` is the one that the form is of, None for the contract's own.
    """
    if form.kind == "xlsx":
        from pipelines.guide.template_workbook import make_workbook

        return make_workbook(form, feed, with_example=with_example)
    row = example_row(form.collection, now(), feed)
    if form.kind == "json":
        shown: dict[str, Any] = dict(json_values(form, row))
        if not with_example:
            shown = dict.fromkeys(shown)
        nested = _nested([shown], getattr(form.form, "records", None))
        return (json.dumps(nested, indent=1, ensure_ascii=False) + "\n").encode()
    rows = [form.cells(row)] if with_example else []
    return form.writer.write(form.headings, rows, None, row.slot.end)


def _nested(rows: list[dict[str, Any]], path: str | None) -> Any:
    """The objects at that path, like 'data.rows'."""
    told: Any = rows
    for step in reversed(path.split(".") if path else []):
        told = {step: told}
    return told
