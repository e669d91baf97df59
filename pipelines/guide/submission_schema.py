"""A JSON Schema of what a provider sends as JSON: draft 2020-12.

What the schema takes, the pipeline reads without a remark on headings and cells. The other way
round does not hold: the pipeline also reads numbers in quotes, and rules look at more than a cell.
"""

from typing import Any

from pipelines.guide.code_choices import known_codes
from pipelines.guide.column_bounds import bounds_of, code_list_of, levels_of, pattern_of
from pipelines.guide.columns_told import tell_column
from pipelines.guide.example_files import SentColumn, SentForm
from pipelines.registry.column import TIME_TYPES, Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.slots import slot_at
from pipelines.registry.units import factor
from pipelines.registry.written_forms import COUNTED

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MOST_CODES = 100
"""A longer list of codes is told in words."""
_OFFSET = r"(Z|[+-]\d{2}:\d{2})"

Schema = dict[str, Any]


def submission_schema(form: SentForm, feed: Feed | None) -> Schema:
    """The schema of a file of that form; `feed` is the one that it is of, None for the contract's.

    An array of objects, at the path where the feed's files have them.
    """
    collection = form.collection
    schema: Schema = {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/row"},
        "description": f"A row is {collection.row}. There is one for each key: "
        f"{', '.join(collection.key)}.",
    }
    path = getattr(form.form, "records", None)
    for step in reversed(path.split(".") if path else []):
        schema = {"type": "object", "required": [step], "properties": {step: schema}}
    of_feed = f", as {form.feed.feed_id} sends it" if feed else ""
    return {
        "$schema": DRAFT,
        "title": f"{collection.title} ({collection.collection}){of_feed}",
        "$comment": "What this schema takes is read without a remark on headings and cells. Rules "
        "that compare figures stand in the collection's page. Of JSON Lines each line is "
        "one '#/$defs/row'.",
        **schema,
        "$defs": {"row": _row(form, feed)},
    }


def _row(form: SentForm, feed: Feed | None) -> Schema:
    properties = {one.heading: _cell(form, one, feed) for one in form.columns}
    properties |= {name: {} for name in form.form.ignored_headings}
    needed = [one.heading for one in form.columns if not one.column.optional]
    return {
        "type": "object",
        "description": form.collection.description,
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def _cell(form: SentForm, one: SentColumn, feed: Feed | None) -> Schema:
    collection, column = form.collection, one.column
    told = tell_column(collection, column)
    unit = one.reading.given_in or column.unit
    schema = _of_type(form, one, feed)
    described = f"{column.description} Unit: {unit}."
    if told.takes and "enum" not in schema and one.reading.given_in is None:
        described += f" Values: {told.takes}."
    if column.nullable and column.name not in collection.key:
        schema = _or_null(schema)
    return {"description": described, **schema}


def _or_null(schema: Schema) -> Schema:
    """The same, or null: no figure."""
    told = dict(schema)
    if "enum" in told:
        told["enum"] = [*told["enum"], None]
    if "type" in told:
        types = told["type"] if isinstance(told["type"], list) else [told["type"]]
        told["type"] = [*types, "null"]
    return told


def _of_type(form: SentForm, one: SentColumn, feed: Feed | None) -> Schema:
    column = one.column
    if column.is_number:
        return _number(form, one)
    if column.type in TIME_TYPES:
        return _time(form.collection, one)
    return _code(form.collection, column, feed)


def _number(form: SentForm, one: SentColumn) -> Schema:
    column, reading = one.column, one.reading
    if levels := levels_of(form.collection, column):
        # Words before a level, like OPEL, may be sent or left out.
        words = [f"{word} {level}" for word in reading.prefixes for level in levels]
        return {"enum": [*levels, *words]}
    if reading.given_in == "clock":
        parts = r"\d{1,9}:[0-5]\d" + ("" if reading.clock else r":[0-5]\d(\.\d+)?")
        return {"type": "string", "pattern": f"^{parts}$"}
    if reading.prefixes or reading.suffixes:
        return {"type": ["number", "string"]}
    bounds, scale = bounds_of(form.collection, column), factor(reading.given_in, column.unit)
    is_whole = column.type != "decimal" and scale == 1
    least, most = (
        (bounds.least, bounds.most) if scale == 1 else (bounds.least / scale, bounds.most / scale)
    )
    return {"type": "integer" if is_whole else "number", "minimum": least, "maximum": most}


def _time(collection: Collection, one: SentColumn) -> Schema:
    reading = one.reading
    if one.part != "whole":
        return {"type": "string", "minLength": 1}
    if reading.format in COUNTED:
        return {"type": ["number", "string"], "$comment": f"Written as {reading.format}."}
    if reading.format is not None:
        return {"type": "string", "minLength": 1, "$comment": f"Written as {reading.format}."}
    if one.column.type == "date":
        return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    if one.column.type == "month":
        return {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])(-01)?$"}
    minutes = _minutes_of_slots(collection) if reading.labelled_by == "start" else r"\d{2}"
    offset = _OFFSET if reading.zone == "offset" else f"{_OFFSET}?"
    pattern = rf"^\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:{minutes}(:00(\.0+)?)?{offset}$"
    has_offset = {"format": "date-time"} if reading.zone == "offset" else {}
    return {"type": "string", **has_offset, "pattern": pattern}


def _minutes_of_slots(collection: Collection) -> str:
    """The minutes at which slots begin, as a pattern."""
    from pipelines.guide.example_answers import EXAMPLE_MOMENT

    slot = slot_at(collection.cadence, EXAMPLE_MOMENT)
    minutes = int((slot.end - slot.start).total_seconds() // 60)
    if minutes >= 60:
        return "00"
    return f"({'|'.join(f'{minute:02d}' for minute in range(0, 60, minutes))})"


def _code(collection: Collection, column: Column, feed: Feed | None) -> Schema:
    is_organisation = column.name == collection.organisation_column
    if is_organisation and feed is not None and feed.may_report is not None:
        return {"type": "string", "enum": sorted(feed.may_report)}
    known = known_codes(code_list_of(collection, column))
    if known and len(known) <= _MOST_CODES:
        return {"type": "string", "enum": list(known)}
    if pattern := pattern_of(collection, column):
        return {"type": "string", "pattern": pattern}
    return {"type": "string", "minLength": 1}
