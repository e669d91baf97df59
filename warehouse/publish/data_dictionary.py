"""The data dictionary, made from the contracts; docs/data-dictionary.md is this text."""

from collections.abc import Iterator

from pipelines.findings.finding_kinds import KINDS
from pipelines.registry.contract import SQL_TYPES, Cadence, Collection, Column, Rule
from pipelines.registry.registry import Registry
from pipelines.registry.severity import Severity

_EFFECTS = {
    Severity.REJECT_SUBMISSION: "the submission is refused",
    Severity.REJECT_ROW: "the row is kept out",
    Severity.WARN: "a warning, the row is loaded",
    Severity.INFO: "for information",
}


def data_dictionary(registry: Registry) -> str:
    """The dictionary of every collection and of the codes that an answer can hold, in Markdown."""
    lines = [
        "# Data dictionary",
        "",
        "Made from the contracts in `expectations/` by `sitrep dictionary`; do not edit by hand.",
        "",
        "Every table of a collection in a publication also carries `org_name`, `region_code` (as",
        "of the report date), `submission_id` and `recorded_at` (UTC).",
        "",
    ]
    for collection in registry.collections.values():
        lines += _collection(collection, registry)
    lines += _codes()
    return "\n".join(lines)


def _collection(collection: Collection, registry: Registry) -> Iterator[str]:
    yield f"## `{collection.collection}`: {collection.title}"
    yield ""
    yield collection.description
    yield ""
    yield f"- Key: {', '.join(f'`{name}`' for name in collection.key)}"
    cadence = collection.cadence
    yield (
        f"- Collected: `{cadence.cron}` ({cadence.time_zone}), due {_due(cadence)}, "
        f"{cadence.grace_minutes} minutes of grace, slots of {cadence.slot_minutes} minutes"
    )
    if collection.amendment_days is not None:
        yield f"- Amendments: {collection.amendment_days} days back, unless a feed says otherwise"
    if collection.publish_days is not None:
        yield f"- A publication holds the last {collection.publish_days} days"
    for version in collection.versions:
        yield f"- From {version.financial_year} ({version.start}): {version.note}"
    yield ""
    yield "| column | type | unit | may be missing | England | description |"
    yield "|---|---|---|---|---|---|"
    for column in collection.columns:
        yield _column(column)
    yield ""
    yield "| rule | what holds | on failure | message | how to fix |"
    yield "|---|---|---|---|---|"
    for rule in collection.rules:
        yield _rule(rule)
    yield ""
    for feed in registry.feeds_of(collection.collection):
        for code, why in feed.warn_only.items():
            yield f"- `{code}` only warns on the feed `{feed.feed_id}`: {why}"
    yield ""


def _due(cadence: Cadence) -> str:
    if cadence.due is not None:
        return f"{cadence.due:%H:%M} on the next day"
    return f"{cadence.due_minutes} minutes after the slot"


def _column(column: Column) -> str:
    item = f" Source item {column.source_item}." if column.source_item else ""
    england = {"sum": "sum", "count_reporting": "organisations above 0", "none": ""}
    return (
        f"| `{column.name}` | {SQL_TYPES[column.type]} | {column.unit} "
        f"| {'yes' if column.nullable else 'no'} | {england[column.national]} "
        f"| {column.description}{item} |"
    )


def _rule(rule: Rule) -> str:
    return (
        f"| `{rule.code}` | {rule.title} | {_EFFECTS[rule.on_failure]} "
        f"| {_escape(rule.message)} | {_escape(rule.fix)} |"
    )


def _codes() -> Iterator[str]:
    yield "## Codes of files, sheets, headings and cells"
    yield ""
    yield "| code | what | effect | how to fix |"
    yield "|---|---|---|---|"
    for kind in KINDS.values():
        effect = _EFFECTS[kind.severity]
        yield f"| `{kind.code}` | {kind.title} | {effect} | {_escape(kind.fix)} |"
    yield ""


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
