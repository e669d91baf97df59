"""A contract's rules in words: what each compares, what a failure costs, and how to fix it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.registry.contract import SUBMISSION_NUMBER, Rule
from pipelines.registry.rule_columns import columns_named
from pipelines.registry.severity import Severity

COSTS: Mapping[Severity, str] = {
    Severity.REJECT_SUBMISSION: "The whole file is refused.",
    Severity.REJECT_ROW: "The row is kept out. The other rows are loaded.",
    Severity.REJECT_VALUE: "The value is kept out. Its row is loaded, and the value held stays.",
    Severity.WARN: "Nothing is kept out. The answer has a warning.",
}
"""What a failure costs, for those who send."""

LISTS = {
    "now": "the time when the file came",
    "today": "the day when the file came",
    "last_month": "the last month that was over when the file came",
    "organisation_codes": "the list of NHS organisations that we know",
    "ambulance_codes": "the list of ambulance services that we know",
    "contract_area_codes": "the list of contract areas that we know",
}
"""What a value that rules get from the run is to a reader."""


@dataclass(frozen=True, slots=True)
class RuleTold:
    """One rule for those who send."""

    code: str
    title: str
    columns: tuple[str, ...]
    """The columns that it is about; empty where `compares` names them all."""
    compares: tuple[str, ...]
    """What it compares, one thing each; empty where its title says all."""
    severity: str
    cost: str
    message: str
    fix: str
    years: str
    """In which financial years it is so; empty for all."""


def tell_rule(rule: Rule, years: str = "") -> RuleTold:
    """The rule in words; `years` says in which financial years it is so, empty for all."""
    compares = tuple(_compares(rule.kwargs, rule.expectation))
    words = {word.strip(",:") for told in compares for word in told.split()}
    named = [name for name in columns_named(rule.kwargs) if name != SUBMISSION_NUMBER]
    return RuleTold(
        rule.code,
        rule.title,
        () if words.issuperset(named) else tuple(named),
        compares,
        rule.on_failure.value,
        COSTS[rule.on_failure],
        rule.message,
        rule.fix,
        years,
    )


def _compares(kwargs: Mapping[str, Any], expectation: str) -> Iterator[str]:
    """What the rule's arguments say; told by their shape, whichever type of rule it is."""
    slack = _slack(kwargs)
    for part, whole in kwargs.get("pairs", ()):
        yield f"{part} is at most {whole}{slack}"
    if "parts" in kwargs and "total" in kwargs:
        sign = "equals" if "equal" in expectation else "is at most"
        yield f"{' + '.join(kwargs['parts'])} {sign} {kwargs['total']}{slack}"
    if "descend" in expectation:
        yield f"each is at most the one before it: {', '.join(kwargs['column_list'])}"
    if "at_most" in expectation:
        for name, limit in kwargs.get("limits", {}).items():
            yield f"{name} is at most {limit:,}" if _is_number(limit) else f"{name}: {limit}"
    elif "limits" in kwargs and "column" in kwargs:
        for name, limit in kwargs["limits"].items():
            yield (
                f"{kwargs['column']} is at least {limit} where {name} is above 0, and at most "
                f"{limit} where it is 0{slack}"
            )
    yield from _edges(kwargs)
    if isinstance(given := kwargs.get("value_set"), dict):
        yield f"{kwargs.get('column')} is in {_word(given)}"
    if isinstance(kwargs.get("pattern"), str):
        yield f"the whole text of {kwargs.get('column')} matches {kwargs['pattern']}"
    if isinstance(kwargs.get("regex"), str):
        yield f"the text of {kwargs.get('column')} matches {kwargs['regex']}"


def _edges(kwargs: Mapping[str, Any]) -> Iterator[str]:
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    names = kwargs.get("column_list") or [kwargs.get("column")]
    what = names[0] if len(names) == 1 else "each of the columns"
    if least is not None and most is not None:
        yield f"{what} is from {_word(least)} to {_word(most)}"
    elif least is not None:
        yield f"{what} is {_word(least)} or more"
    elif most is not None:
        yield (
            f"{what} is not after {_word(most)}"
            if isinstance(most, dict)
            else (f"{what} is at most {_word(most)}")
        )


def _slack(kwargs: Mapping[str, Any]) -> str:
    told = []
    if kwargs.get("tolerance"):
        told.append(f"{kwargs['tolerance']}")
    if kwargs.get("tolerance_pct"):
        told.append(f"{kwargs['tolerance_pct']}%")
    larger = ", whichever is larger" if len(told) > 1 else ""
    return f", within {' or '.join(told)}{larger}" if told else ""


def _word(value: Any) -> str:
    if isinstance(value, dict):
        name = str(next(iter(value.values()), ""))
        return LISTS.get(name, name)
    return f"{value:,}" if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
