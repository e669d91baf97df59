"""The words of an answer about one row that breaks a rule, and the keys that tell a row or cell."""

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.findings.finding import Finding, shortened
from pipelines.parse.rows import ParsedRows
from pipelines.registry.contract import Collection, Rule
from pipelines.registry.severity import Severity


def tell_row(
    rule: Rule,
    severity: Severity,
    values: Mapping[str, Any],
    parsed: ParsedRows,
    row: int,
    collection: Collection,
    find_columns: Callable[[Mapping[str, Any]], list[str]],
) -> list[Finding]:
    """What is told of one failing row, whose typed `values` are given.

    `find_columns` says which of its columns are at fault.

    One finding for each offending cell where the message names {value}, else one for the row.
    """
    named = find_columns(values)
    shown = {name: _shown(value) for name, value in values.items()}
    shown["cells"] = ", ".join(f"{name} {shown[name]}" for name in named if name in shown)
    keys = keys_of(parsed, row, collection)
    found = []
    for name in _columns_to_tell(rule, named, parsed, collection):
        text = parsed.text(row, name)
        text = text if text is None else shortened(text)
        found.append(
            Finding(
                code=rule.code,
                severity=severity,
                message=rule.message.format_map({**shown, "column": name, "value": text}),
                fix=rule.fix,
                place=parsed.place(row, name),
                column_name=name,
                value=text,
                org_code=keys["org_code"],
                slot=keys["slot"],
            )
        )
    return found


def _columns_to_tell(
    rule: Rule, named: list[str], parsed: ParsedRows, collection: Collection
) -> list[str]:
    """The columns at fault that get a finding each, or the one that stands for the row."""
    if "pairs" in rule.kwargs:
        # Of 'more occupied than open' the occupied side is told, and not each side by itself.
        smaller = {pair[0] for pair in rule.kwargs["pairs"]}
        named = [name for name in named if name in smaller]
    present = [name for name in named if name in parsed.texts]
    columns = present or [name for name in collection.key if name in parsed.texts]
    return columns if present and "{value}" in rule.message else columns[:1]


def keys_of(parsed: ParsedRows, row: int, collection: Collection) -> dict[str, str | None]:
    """The row's organisation and slot as the file has them."""
    texts = (
        parsed.text(row, name) for name in (collection.organisation_column, collection.time_column)
    )
    org_code, slot = (None if text is None else shortened(text) for text in texts)
    return {"org_code": org_code, "slot": slot}


def _shown(value: Any) -> Any:
    """A value as a message shows it."""
    if value is None:
        return "nothing"
    return shortened(value) if isinstance(value, str) else value
