"""Which form of each rule of a contract holds in which of its versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipelines.base.yamlfile import wrong_at
from pipelines.registry.rule import Rule
from pipelines.registry.version import Version, check_years


@dataclass(frozen=True)
class RuleInYears:
    """A rule as it is in some versions, which stand one after the other."""

    number: int
    """Place of the rule in the contract."""
    rule: Rule
    versions: range
    """Positions of the versions in which it is so."""
    run_code: str
    """Its code, with the year of the change where it is not the rule's first form."""

    @property
    def code(self) -> str:
        """What the engine calls it: no other form has the same."""
        return self.run_code

    @property
    def expectation(self) -> str:
        """The type of the rule."""
        return self.rule.expectation

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The kwargs in these versions."""
        return self.rule.kwargs


def rule_forms(rules: Sequence[Rule], versions: Sequence[Version]) -> tuple[RuleInYears, ...]:
    """All forms of all rules, in their order; raises `ValidationError` where years do not fit."""
    found: list[RuleInYears] = []
    for number, rule in enumerate(rules):
        held = check_years(rule, ("rules", number), versions)
        start, code, current = held.start, rule.code, rule
        for at, change in enumerate(rule.changes):
            place = ("rules", number, "changes", at)
            since = check_years(change, place, versions).start
            if not start < since < held.stop:
                told = f"{change.since} should be after the rule's first year and the change above"
                raise wrong_at((*place, "from"), f"{told}, and within its years")
            found.append(RuleInYears(number, current, range(start, since), code))
            current = _changed(current, change.told(current.kwargs), place)
            start, code = since, f"{rule.code} from {change.since}"
        found.append(RuleInYears(number, current, range(start, held.stop), code))
    return tuple(found)


def _changed(rule: Rule, other: dict[str, Any], place: tuple[str | int, ...]) -> Rule:
    content = {name: getattr(rule, name) for name in type(rule).model_fields}
    content |= {"changes": (), **other}
    content["from"] = content.pop("since")
    try:
        return type(rule).model_validate(content)
    except ValidationError as error:
        raise wrong_at(place, str(error.errors()[0]["msg"])) from None
