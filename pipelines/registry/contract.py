"""The data contract of a collection, as `expectations/<collection>.yaml` states it."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property

from pydantic import Field, field_validator, model_validator

from pipelines.base.yamlfile import Strict, Words, wrong_at
from pipelines.registry.cadence import MOST_DAYS, Cadence
from pipelines.registry.carried_words import MOST_MEASURES
from pipelines.registry.cohort import Coverage
from pipelines.registry.column import SLOT_TYPES, Column
from pipelines.registry.contract_example import ExampleValues
from pipelines.registry.promotion import Promotion
from pipelines.registry.ratio import Ratio
from pipelines.registry.reserved_names import why_no_collection
from pipelines.registry.rule import PARAMETER as PARAMETER
from pipelines.registry.rule import WORDS_OF_A_CELL
from pipelines.registry.rule import Rule as Rule
from pipelines.registry.rule_columns import columns_named
from pipelines.registry.rule_years import RuleInYears, rule_forms
from pipelines.registry.severity import Severity
from pipelines.registry.version import Version as Version
from pipelines.registry.version import check_versions, check_years

SUBMISSION_NUMBER = "submission_number"
"""Column of a validated batch that tells its submissions apart; rules may name it."""


class Collection(Strict):
    """One national data set with one canonical shape."""

    collection: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Words
    row: Words = Field(description="What a row is, for 'A row is …': 'one acute trust on one day'.")
    description: Words
    key: tuple[str, ...] = Field(min_length=1)
    cadence: Cadence
    coverage: Coverage | None = None
    promotion: Promotion | None = Field(
        default=None, description="What a feed in testing has to show before it goes live."
    )
    amendment_days: int | None = Field(
        default=None,
        ge=0,
        le=MOST_DAYS,
        description="How many days back a value is taken; a feed may state another number.",
    )
    publish_days: int | None = Field(
        default=None,
        gt=0,
        le=MOST_DAYS,
        description="How many days of slots a publication holds; without it, all of them.",
    )
    earliest: date = Field(
        default=date(2010, 4, 1),
        description="The first London day of which values are taken. National collections of this "
        "field began in 2010.",
    )
    versions: tuple[Version, ...]
    organisations: Words = Field(
        default="organisations",
        description="What those are called that its values belong to, in the plural: 'trusts'.",
    )
    columns: tuple[Column, ...]
    ratios: tuple[Ratio, ...] = ()
    rules: tuple[Rule, ...]
    example: ExampleValues = Field(default_factory=dict)

    @field_validator("collection")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if reason := why_no_collection(name):
            raise ValueError(reason)
        return name

    @field_validator("columns")
    @classmethod
    def _names_are_unique(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [column.name for column in columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"duplicate columns: {', '.join(repeated)}")
        return columns

    @model_validator(mode="after")
    def _has_versions_in_order(self) -> "Collection":
        check_versions(self.versions)
        for number, column in enumerate(self.columns):
            check_years(column, ("columns", number), self.versions)
            if column.names_years and column.name in self.key:
                told = "a column of the key is in every version"
                raise wrong_at(("columns", number, "from" if column.since else "until"), told)
        return self

    @model_validator(mode="after")
    def _has_earlier_names_of_its_own(self) -> "Collection":
        taken = {column.name: column.name for column in self.columns}
        for number, column in enumerate(self.columns):
            for name in column.was:
                if name in taken:
                    told = f"'{name}' is the name, or was the name, of column '{taken[name]}'"
                    raise wrong_at(("columns", number, "was"), told)
                taken[name] = column.name
        return self

    @model_validator(mode="after")
    def _has_a_key(self) -> "Collection":
        names = {column.name for column in self.columns}
        if missing := [name for name in self.key if name not in names]:
            raise wrong_at(("key",), f"names no column: {self._called_now(missing)}")
        if repeated := sorted({name for name in self.key if self.key.count(name) > 1}):
            raise wrong_at(("key",), f"names a column twice: {', '.join(repeated)}")
        times = [name for name in self.key if self.column(name).is_slot]
        if len(times) != 1:
            raise wrong_at(("key",), "needs exactly one column of type date, month or slot")
        if all(self.column(name).type != "code" for name in self.key):
            raise wrong_at(("key",), "needs a column of type code: who the values belong to")
        if self.column(times[0]).type != SLOT_TYPES[self.cadence.kind]:
            told = "of a daily collection has a date, of a monthly one a month, of any other a slot"
            raise wrong_at(("key",), told)
        for number, column in enumerate(self.columns):
            if column.optional and (column.name in self.key or not column.nullable):
                told = "only a measure that may be empty can be optional"
                raise wrong_at(("columns", number, "optional"), told)
            if column.costs_its_value and not self.can_lose(column):
                told = "reject_value is for a measure that may be empty; this row needs its value"
                raise wrong_at(("columns", number, "on_failure"), told)
        if len(self.measures) > MOST_MEASURES:
            raise wrong_at(("columns",), f"has more than {MOST_MEASURES} measures")
        return self

    @model_validator(mode="after")
    def _has_ratios_of_its_own_measures(self) -> "Collection":
        measures = {column.name for column in self.measures if column.is_number}
        taken = {column.name for column in self.columns}
        for number, ratio in enumerate(self.ratios):
            if unknown := [name for name in ratio.measures if name not in measures]:
                told = f"{ratio.name}: no measure that is a number: {self._called_now(unknown)}"
                raise wrong_at(("ratios", number), told)
            if ratio.name in taken:
                raise wrong_at(("ratios", number), f"{ratio.name}: the name is taken")
            taken.add(ratio.name)
        return self

    @model_validator(mode="after")
    def _has_rules_of_its_own_columns(self) -> "Collection":
        names = {column.name for column in self.columns}
        codes = [rule.code for rule in self.rules]
        if repeated := sorted({code for code in codes if codes.count(code) > 1}):
            raise wrong_at(("rules",), f"duplicate rule codes: {', '.join(repeated)}")
        for form in self.rule_forms:
            number, rule = form.number, form.rule
            named = set(columns_named(rule.kwargs))
            if unknown := sorted(named - names - {SUBMISSION_NUMBER}):
                told = f"rule {rule.code} names no column: {self._called_now(unknown)}"
                raise wrong_at(("rules", number, "kwargs"), told)
            if rule.on_failure is Severity.REJECT_VALUE:
                self._refuse_loss(number, rule, named)
            if unknown := sorted(rule.words - names - WORDS_OF_A_CELL):
                words = ", ".join(f"{{{word}}}" for word in unknown)
                told = f"the message of rule {rule.code} names no column: {words}"
                raise wrong_at(("rules", number, "message"), told)
        return self

    @model_validator(mode="after")
    def _promotes_by_its_own_measures(self) -> "Collection":
        measures = {column.name for column in self.measures if column.is_number}
        references = self.promotion.references if self.promotion else ()
        for number, one in enumerate(references):
            if unknown := sorted(set(one.measures) - measures):
                told = f"no measure that is a number: {self._called_now(unknown)}"
                raise wrong_at(("promotion", "references", number, "measures"), told)
        return self

    @cached_property
    def rule_forms(self) -> tuple[RuleInYears, ...]:
        """Each rule, or each of its forms where versions of the contract differ in it."""
        return rule_forms(self.rules, self.versions)

    @cached_property
    def differs_by_year(self) -> bool:
        """Whether versions differ in a column or a rule, and are no notes only."""
        changed = any(rule.names_years or rule.changes for rule in self.rules)
        return changed or any(column.names_years for column in self.columns)

    def versions_of(self, column: Column) -> range:
        """The positions of the versions that have the column."""
        return check_years(column, (), self.versions)

    @cached_property
    def earlier_names(self) -> dict[str, str]:
        """Each name that a column had before → the name that it has."""
        return {name: column.name for column in self.columns for name in column.was}

    def _called_now(self, names: Iterable[str]) -> str:
        """The names, with what they are called now where they are earlier ones."""
        now = self.earlier_names
        told = (f"{one} (it is called {now[one]} now)" if one in now else one for one in names)
        return ", ".join(told)

    def _refuse_loss(self, number: int, rule: Rule, named: set[str]) -> None:
        """Raises where a rule would reject a value that a row cannot be without."""
        needed = sorted(named - {one.name for one in self.columns if self.can_lose(one)})
        if needed or not named:
            told = (
                f"rule {rule.code} cannot be reject_value: it has to name measures that may be "
                f"empty, and nothing else; it names {', '.join(needed) or 'no column'}"
            )
            raise wrong_at(("rules", number, "on_failure"), told)

    def can_lose(self, column: Column) -> bool:
        """Whether a row can be loaded without its value in that column."""
        return column.nullable and column.name not in self.key

    @property
    def measures(self) -> tuple[Column, ...]:
        """Every column that is not part of the key."""
        return tuple(column for column in self.columns if column.name not in self.key)

    @property
    def site_column(self) -> str | None:
        """The column of the key that names the organisation's site, where its rows are sites."""
        codes = [name for name in self.key if self.column(name).type == "code"]
        return codes[1] if len(codes) > 1 else None

    @property
    def time_column(self) -> str:
        """The column of the key that names the slot: a day, a month or a slot's start."""
        return next(name for name in self.key if self.column(name).is_slot)

    @property
    def organisation_column(self) -> str:
        """The column of the key that names who the values belong to."""
        return next(name for name in self.key if self.column(name).type == "code")

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in its order."""
        return tuple(self.column(name) for name in self.key)

    def column(self, name: str) -> Column:
        """The column of that name; raises `KeyError` where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
