"""What a submission is told of a rule about its table as a whole, such as its number of rows."""

from collections.abc import Mapping
from datetime import datetime
from math import isnan
from typing import Any

from pipelines.base.errors import ContractFault
from pipelines.findings.finding import Finding, Place
from pipelines.parse.rows import ParsedRows
from pipelines.registry.contract import Collection, Rule
from pipelines.registry.severity import Severity

NOTHING = "nothing"
"""What stands for a missing value in a message."""

WORDS = frozenset({"value", "column"})
"""What the message of such a rule can name: what was observed, and the column, if it names one."""

_MOST_VALUES = 10
"""Observed values that are told by name: a column may have thousands of distinct ones."""


def check_table_rule(rule: Rule) -> None:
    """Raises `ContractFault` where a rule about the table says what only one about rows can say."""
    about = f"Rule {rule.code} ({rule.expectation}) is about all rows of a submission together"
    if rule.on_failure in (Severity.REJECT_ROW, Severity.REJECT_VALUE):
        raise ContractFault(
            f"{about} and names none of them: its on_failure can be reject_submission or warn, "
            f"not {rule.on_failure}",
            rule.code,
        )
    if unknown := sorted(rule.words - WORDS):
        told = ", ".join(f"{{{word}}}" for word in unknown)
        raise ContractFault(
            f"{about}: its message can name {{value}} and {{column}}, and nothing of a row: {told}",
            rule.code,
        )


def tell_of_table(
    rule: Rule, severity: Severity, observed: Any, parsed: ParsedRows, collection: Collection
) -> Finding:
    """The one finding of a submission that fails the rule; its place is the sheet at most."""
    column = rule.kwargs.get("column")
    value = as_text(
        observed, column is not None and collection.column(column).type in ("date", "month")
    )
    if column is not None and column in parsed.texts:
        place = parsed.place(0, column)
    else:
        place = parsed.place(0, collection.time_column)
    return Finding(
        code=rule.code,
        severity=severity,
        message=rule.message.format(value=value, column=column or "the table"),
        fix=rule.fix,
        place=Place(sheet=place.sheet),
        column_name=column,
        value=value,
    )


def as_text(observed: Any, is_day: bool = False) -> str:
    """What a rule observed, as people write it; a day is held as its midnight in UTC."""
    if isinstance(observed, list):
        shown = [as_text(value, is_day) for value in observed[:_MOST_VALUES]]
        more = len(observed) - len(shown)
        return ", ".join([*shown, f"and {more} more"] if more else shown) or NOTHING
    if isinstance(observed, Mapping):
        parts = (f"{name} {as_text(value, is_day)}" for name, value in observed.items())
        return "; ".join(parts) or NOTHING
    if isinstance(observed, datetime):
        return f"{observed:%Y-%m-%d}" if is_day else f"{observed:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(observed, float) and not isnan(observed):
        if observed.is_integer():
            return f"{observed:.0f}"
        # Six digits tell a mean; from a million on, all digits before the point.
        return f"{observed:.6g}" if abs(observed) < 1_000_000 else f"{observed:.0f}"
    return str(observed) if observed == observed and observed is not None else NOTHING
