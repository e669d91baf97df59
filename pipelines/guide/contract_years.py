"""Which columns and rules of a contract hold when: in its versions by financial year."""

from datetime import datetime

from pipelines.base.clock import london_date
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection


def contract_at(collection: Collection, moment: datetime) -> Collection:
    """The contract with what holds on that London day, as if it had never been otherwise."""
    day = london_date(moment)
    begun = [at for at, one in enumerate(collection.versions) if one.start <= day]
    return _of_version(collection, begun[-1] if begun else 0)


def newest_contract(collection: Collection) -> Collection:
    """The contract with what holds in its last version."""
    return _of_version(collection, len(collection.versions) - 1)


def years_told(collection: Collection, held: range) -> str:
    """In which financial years something holds, in words; empty where it does in all."""
    years = [one.financial_year for one in collection.versions]
    if not years or held == range(len(years)):
        return ""
    if held.stop == len(years):
        return f"from {years[held.start]} on"
    if held.start == 0:
        return f"until the version of {years[held.stop - 1]}"
    return f"from {years[held.start]} until the version of {years[held.stop - 1]}"


def years_of_column(collection: Collection, column: Column) -> str:
    """In which financial years the contract has the column, in words; empty for all."""
    return years_told(collection, collection.versions_of(column))


def _of_version(collection: Collection, position: int) -> Collection:
    if not collection.differs_by_year:
        return collection
    columns = [one for one in collection.columns if position in collection.versions_of(one)]
    rules = [form.rule for form in collection.rule_forms if position in form.versions]
    names = {column.name for column in columns}
    content = {name: getattr(collection, name) for name in type(collection).model_fields}
    # Not validated: a rule may name a column that this version has no more.
    return Collection.model_construct(
        **content
        | {
            "columns": tuple(
                one.model_copy(update={"since": None, "until": None}) for one in columns
            ),
            "rules": tuple(
                one.model_copy(update={"since": None, "until": None, "changes": ()})
                for one in rules
            ),
            "versions": collection.versions[position : position + 1],
            "example": {name: value for name, value in collection.example.items() if name in names},
        }
    )
