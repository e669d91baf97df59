"""A rule of a contract: a Great Expectations expectation, its effect and its words."""

import re
from string import Formatter
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from pipelines.base.yamlfile import Words
from pipelines.registry.rule_columns import columns_named
from pipelines.registry.severity import COSTS_OF_RULES, Severity
from pipelines.registry.version import YEAR, InYears

WORDS_OF_A_CELL = frozenset({"value", "column", "cells"})
"""What a rule's message can name beside columns: the cell's text, its column, or all at fault."""

PARAMETER = "$PARAMETER"
"""Key of a kwarg that stands for a value of the run, as Great Expectations writes it."""
PARAMETERS = frozenset(
    {"now", "today", "last_month", "organisation_codes", "ambulance_codes", "contract_area_codes"}
)
"""The values that every run gives."""


def _read_cost(value: Any) -> Severity:
    if value not in COSTS_OF_RULES:
        raise ValueError(f"should be {', '.join(COSTS_OF_RULES[:-1])} or {COSTS_OF_RULES[-1]}")
    return Severity(value)


OnFailure = Annotated[
    Severity,
    BeforeValidator(_read_cost),
    WithJsonSchema({"type": "string", "enum": [cost.value for cost in COSTS_OF_RULES]}),
]


class RuleChange(InYears):
    """What a rule says otherwise from a financial year on; the rest stays."""

    since: str = Field(alias="from", pattern=YEAR)
    until: None = Field(default=None, exclude=True)
    kwargs: dict[str, Any] = Field(
        default_factory=dict,
        description="The kwargs that differ; of `limits` those of the columns that are named.",
    )
    on_failure: OnFailure | None = None
    message: Words | None = None
    fix: Words | None = None

    def told(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """What it puts in place of the rule's own, whose kwargs were these until then."""
        merged = dict(kwargs)
        for name, value in self.kwargs.items():
            both = isinstance(value, dict) and isinstance(merged.get(name), dict)
            merged[name] = {**merged[name], **value} if both else value
        others = {name: getattr(self, name) for name in ("on_failure", "message", "fix")}
        return {"kwargs": merged, **{name: one for name, one in others.items() if one is not None}}


class Rule(InYears):
    """One rule: a Great Expectations expectation, its effect on failure and its message."""

    code: str = Field(pattern=r"^[A-Z]{3}-\d{3}$")
    title: Words
    expectation: str = Field(pattern=r"^expect_[a-z0-9_]+$")
    kwargs: dict[str, Any]
    on_failure: OnFailure = Field(
        description="What a failure costs; a rule about the table as a whole rejects no row and no "
        "value. With reject_value the cells at fault count as not sent: the values held stay, and "
        "the row is loaded. Of a comparison all its cells are at fault."
    )
    message: Words = Field(
        description="May name {value}, {column}, {cells} (all cells at fault) and any column of "
        "the row. A rule about the table as a whole has no row; its {value} is what it observed."
    )
    fix: Words
    changes: tuple[RuleChange, ...] = Field(
        default=(), description="What it says otherwise in later versions, in their order."
    )

    @field_validator("kwargs")
    @classmethod
    def _names_columns(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        columns_named(kwargs)
        for name, value in kwargs.items():
            given = value.get(PARAMETER) if isinstance(value, dict) else None
            # Types of Great Expectations itself may calculate with one.
            if given is not None and PARAMETERS.isdisjoint(re.findall(r"\w+", str(given))):
                known = ", ".join(sorted(PARAMETERS))
                raise ValueError(f"{name}: there is no {PARAMETER} {given!r}; known: {known}")
        return kwargs

    @field_validator("message")
    @classmethod
    def _can_be_filled_in(cls, message: str) -> str:
        try:
            parts = list(Formatter().parse(message))
        except ValueError as error:
            raise ValueError(f"{error}; write {{{{ and }}}} for braces that name nothing") from None
        for _, word, form, conversion in parts:
            if word is not None and (form or conversion or not word.isidentifier()):
                raise ValueError(f"{{{word}}} is not a plain name: value, column or a column's")
        return message

    @property
    def words(self) -> frozenset[str]:
        """What the message names: {value} and {column}, and columns of the row."""
        return frozenset(word for _, word, *_ in Formatter().parse(self.message) if word)
