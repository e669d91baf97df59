"""The two sides of a comparison: contracts in use, files, folders, or one version of a contract."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.base.errors import UsageError
from pipelines.base.yamlfile import read_model
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection, Rule
from pipelines.registry.registry import Registry

_BEFORE_ALL, _AFTER_ALL = 1800, 9000
"""Years between which every slot is."""
ANY_DAY = date(2020, 4, 1)
"""A day on which a contract of one version is as on every other."""


@dataclass(frozen=True)
class ContractView:
    """A contract as it holds on one day."""

    contract: Collection
    position: int

    @property
    def columns(self) -> dict[str, Column]:
        """The columns of its version, by name."""
        own = self.contract.columns
        if not self.contract.versions:
            return {one.name: one for one in own}
        return {one.name: one for one in own if self.position in self.contract.versions_of(one)}

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules of its version as they are there, by code."""
        forms = self.contract.rule_forms
        if not self.contract.versions:
            return {form.rule.code: form.rule for form in forms}
        return {form.rule.code: form.rule for form in forms if self.position in form.versions}


def view_on(contract: Collection, day: date) -> ContractView:
    """The contract as it holds on that London day."""
    later = [one for one in contract.versions[1:] if one.start <= day]
    return ContractView(contract, len(later))


def read_side(named: str, registry: Registry) -> dict[str, Collection]:
    """The contracts that an argument names, by collection.

    It is a contract file, a folder of them, the name of a collection in use, or one of these but a
    folder with `@` and a financial year. Raises `UsageError` where it is none of them, and
    `ConfigurationError` for a broken file.
    """
    path = Path(named)
    if path.is_dir():
        files = sorted(one for one in path.glob("*.yaml") if not one.name.startswith("."))
        if not files:
            raise UsageError(f"No contract (*.yaml) in the folder {named}.")
        return {one.stem: read_model(one, Collection) for one in files}
    name, at, year = named.rpartition("@") if "@" in named else (named, "", "")
    path = Path(name)
    if path.is_file():
        contract = read_model(path, Collection)
    elif path.suffix == ".yaml" or "/" in name:
        raise UsageError(f"There is no contract file or folder '{name}'.")
    else:
        contract = registry.collection(name)
    if at:
        contract = pinned(contract, year)
    return {contract.collection: contract}


def pinned(contract: Collection, year: str) -> Collection:
    """The contract as if its version of that financial year held on every day.

    Raises `UsageError` where it has no such version.
    """
    years = [one.financial_year for one in contract.versions]
    if year not in years:
        known = ", ".join(years) or "none"
        raise UsageError(
            f"The contract of '{contract.collection}' has no version '{year}'. Known: {known}."
        )
    at = years.index(year)
    starts = [
        (_BEFORE_ALL if number <= at else _AFTER_ALL) + number for number in range(len(years))
    ]
    versions = tuple(
        one.model_copy(update={"start": date(start, 4, 1), "end": None})
        for one, start in zip(contract.versions, starts, strict=True)
    )
    # What the copy has computed already tells of positions, and these stay.
    return contract.model_copy(update={"versions": versions})


def is_pinned(contract: Collection) -> bool:
    """Whether one version of the contract holds on every day, because `pinned` said so."""
    return bool(contract.versions) and contract.versions[0].start.year == _BEFORE_ALL
