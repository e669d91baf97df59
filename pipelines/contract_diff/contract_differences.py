"""What differs between two contracts of a collection for those who send, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from pipelines.contract_diff.contract_sides import ANY_DAY, ContractView, is_pinned, view_on
from pipelines.contract_diff.rule_strictness import Strictness, compare_rules
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection, Rule
from pipelines.registry.severity import COSTS_OF_RULES, Severity

_WIDENED = {("count", "decimal"), ("level", "decimal")}
"""Changes of type after which every value is still taken."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs, and whether files that were right before can be wrong by it."""

    kind: str
    """As 'column gone', 'rule stricter' or 'due time changed'."""
    subject: str
    """The column, the rule's code, or what else is changed."""
    told: str
    is_breaking: bool
    since: str | None = None
    """The financial year from which on it differs; None where it does at all times."""


def differences(before: Collection, after: Collection) -> list[Difference]:
    """What differs, those of the whole contract first; year by year where versions differ."""
    found = list(_of_times(before, after))
    if not (before.differs_by_year or after.differs_by_year):
        return [*found, *_between(_last(before), _last(after))]
    told: dict[tuple[str, str, str], None] = {}
    for start, year in _days_that_differ(before, after):
        for one in _between(view_on(before, start), view_on(after, start)):
            if (key := (one.kind, one.subject, one.told)) not in told:
                told[key] = None
                found.append(replace(one, since=year))
    return found


def _days_that_differ(before: Collection, after: Collection) -> list[tuple[date, str | None]]:
    """The days on which a version of either begins, with its year; where both are pinned, any."""
    starts = {
        one.start: one.financial_year
        for contract in (before, after)
        if not is_pinned(contract)
        for one in contract.versions
    }
    return [*sorted(starts.items())] or [(ANY_DAY, None)]


def _last(contract: Collection) -> ContractView:
    return ContractView(contract, max(len(contract.versions) - 1, 0))


def _between(before: ContractView, after: ContractView) -> Iterator[Difference]:
    yield from _of_columns(before, after)
    was = {name: one.name for one in after.columns.values() for name in one.was}
    old = {
        code: rule.model_copy(update={"kwargs": _renamed(rule.kwargs, was)})
        for code, rule in before.rules.items()
    }
    yield from _of_rules(old, after.rules)


def _renamed(kwargs: Any, was: dict[str, str]) -> Any:
    """The kwargs with columns as they are called now: a new name makes a rule no other."""
    if isinstance(kwargs, dict):
        return {was.get(name, name): _renamed(value, was) for name, value in kwargs.items()}
    if isinstance(kwargs, list):
        return [_renamed(one, was) for one in kwargs]
    return was.get(kwargs, kwargs) if isinstance(kwargs, str) else kwargs


def _of_columns(before: ContractView, after: ContractView) -> Iterator[Difference]:
    old, new = before.columns, after.columns
    was = {name: one.name for one in new.values() for name in one.was if name not in new}
    for name, column in old.items():
        if name in new:
            yield from _of_column(column, new[name])
        elif name in was:
            told = f"{name} is called {was[name]}; files with the earlier heading are still read."
            yield Difference("column renamed", name, told, False)
            yield from _of_column(column, new[was[name]])
        else:
            told = f"{name} is gone: the files' values are no longer taken."
            yield Difference("column gone", name, told, True)
    earlier = {was_name for was_name in was if was_name in old}
    renamed = {was[name] for name in earlier}
    for name, column in new.items():
        if name in old or name in renamed:
            continue
        asked = (
            "files without it are taken without a remark"
            if column.optional
            else ("files without it are told so" if column.nullable else "every row needs a value")
        )
        told = f"{name} ({column.type}, {column.unit}) is new: {asked}."
        yield Difference("column added", name, told, not column.nullable)


def _of_column(old: Column, new: Column) -> Iterator[Difference]:
    name = new.name
    if old.type != new.type:
        told = f"{name} is {new.type} and was {old.type}."
        is_breaking = (old.type, new.type) not in _WIDENED
        yield Difference("type changed", name, told, is_breaking)
    if old.unit != new.unit:
        told = f"{name} is in {new.unit} and was in {old.unit}."
        yield Difference("unit changed", name, told, True)
    if old.nullable != new.nullable:
        told = "may be empty now" if new.nullable else "may not be empty any more"
        yield Difference("may be empty", name, f"{name} {told}.", not new.nullable)
    if old.optional != new.optional:
        told = "is optional now" if new.optional else "is asked for now: files without are told so"
        yield Difference("optional", name, f"{name} {told}.", False)
    if old.is_number and new.is_number and old.most != new.most:
        told = f"{name} takes numbers up to {new.most:,}; it was {old.most:,}."
        yield Difference("largest value changed", name, told, new.most < old.most)
    if old.on_failure != new.on_failure:
        told = f"A cell of {name} that cannot be read costs {_cost(new.on_failure)}; "
        told += f"it was {_cost(old.on_failure)}."
        yield Difference("cost changed", name, told, new.on_failure == "reject_row")


def _of_rules(old: dict[str, Rule], new: dict[str, Rule]) -> Iterator[Difference]:
    for code, rule in old.items():
        if code not in new:
            yield Difference("rule gone", code, f"{code} ({rule.title}) is gone.", False)
    for code, rule in new.items():
        costs = rule.on_failure is not Severity.WARN
        if code not in old:
            told = f"{code} ({rule.title}) is new; a failure costs {_cost(rule.on_failure)}."
            yield Difference("rule added", code, told, costs)
            continue
        before = old[code]
        strictness, details = compare_rules(before, rule)
        if strictness is not Strictness.SAME:
            told = f"{code} ({rule.title}) is {strictness}: {details}."
            is_breaking = costs and strictness is not Strictness.LOOSER
            yield Difference(f"rule {strictness}", code, told, is_breaking)
        if before.on_failure is not rule.on_failure:
            told = f"A failure of {code} costs {_cost(rule.on_failure)}; "
            told += f"it was {_cost(before.on_failure)}."
            costs_more = COSTS_OF_RULES.index(rule.on_failure) < COSTS_OF_RULES.index(
                before.on_failure
            )
            yield Difference("cost changed", code, told, costs_more)


def _of_times(old: Collection, new: Collection) -> Iterator[Difference]:
    """Differences of the key, and of when values are due and are taken."""
    if old.key != new.key:
        told = f"The key is {', '.join(new.key)}; it was {', '.join(old.key)}."
        yield Difference("key changed", "key", told, True)
    if old.cadence.slot_minutes != new.cadence.slot_minutes:
        told = f"A slot is {new.cadence.slot_minutes} minutes; "
        told += f"it was {old.cadence.slot_minutes}."
        yield Difference("slot changed", "slot_minutes", told, True)
    before, after = _due(old), _due(new)
    if before != after:
        told = f"Data is due {_told_due(new)}; it was {_told_due(old)}."
        is_later = type(before[0]) is type(after[0]) and after >= before
        yield Difference("due time changed", "due", told, not is_later)
    if old.amendment_days != new.amendment_days:
        told = f"Values are taken {_days(new.amendment_days)} back; "
        told += f"it was {_days(old.amendment_days)}."
        now = new.amendment_days
        fewer = now is not None and (old.amendment_days is None or now < old.amendment_days)
        yield Difference("amendments changed", "amendment_days", told, fewer)
    if old.earliest != new.earliest:
        told = f"Values are taken from {new.earliest:%Y-%m-%d} on; it was {old.earliest:%Y-%m-%d}."
        yield Difference("first day changed", "earliest", told, new.earliest > old.earliest)


def _due(contract: Collection) -> tuple[Any, int]:
    cadence = contract.cadence
    return (cadence.due if cadence.due is not None else cadence.due_minutes), cadence.grace_minutes


def _told_due(contract: Collection) -> str:
    due, grace = _due(contract)
    at = f"at {due:%H:%M} on the next day" if isinstance(due, time) else f"{due} minutes after"
    return f"{at}, with {grace} minutes of grace"


def _days(days: int | None) -> str:
    return "without a limit" if days is None else f"{days} days"


def _cost(severity: str) -> str:
    return {
        "reject_submission": "the whole file",
        "reject_row": "the row",
        "reject_value": "the value",
        "warn": "nothing but a warning",
    }[severity]
